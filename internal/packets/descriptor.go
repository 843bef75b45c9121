// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package packets

// DescriptorURI names the header extension for dependency descriptors (RTP Payload Format For AV1,
// appendix A). It works for any codec.
const DescriptorURI = "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"

const (
	// history is how many frames are remembered, including the current one. It divides the range of
	// a uint.
	history = maxDistance + 1
	// maxDescriptor is the maximum size of a descriptor, in bytes: with the structure of three
	// spatial and four temporal layers, it is less than that.
	maxDescriptor = 112
	// laterDescriptor is the maximum size of a descriptor without the structure.
	laterDescriptor = 24
	// maxChain is the maximum distance between frames of a chain.
	maxChain = 255
)

// Indications of what a frame means to a decode target.
const (
	notPresent = 0
	canSwitch  = 2
	required   = 3
)

// descriptor makes dependency descriptors. There is a decode target for each combination of a
// spatial and a temporal layer, and a chain for each spatial layer: its frames of temporal layer 0,
// and those of lower layers that they need. A template for each layer declares the frame a
// switching point for all targets above; the frame itself declares differences.
type descriptor struct {
	id     uint8 // of the header extension; 0 if it is not sent
	begun  bool  // with a key frame
	number uint16
	picked [history][maxSpatial]uint16 // the numbers of the last pictures' frames
	coded  [history][maxSpatial]bool   // which of them were encoded
	n      uint                        // pictures so far
	chains [maxSpatial]chain

	spatial, temporal int // of the stream
	sizes             [maxSpatial][2]int
	offset            int // of the structure's template IDs

	layers *Layers // of the current frame; nil if it is not described
	frame  int     // the current one of its parts
	bits   bitWriter
}

// chain is the last frame of a chain.
type chain struct {
	begun bool
	last  uint16
}

// whole describes a frame without layers.
var whole = Frame{}

// at returns a frame of the current picture.
func (d *descriptor) at(i int) *Frame {
	if len(d.layers.Frames) == 0 {
		return &whole
	}
	return &d.layers.Frames[i]
}

func (d *descriptor) frames() int { return max(len(d.layers.Frames), 1) }

// begin begins the next frame. Nothing is described before the first key frame.
func (d *descriptor) begin(l *Layers) {
	d.layers = nil
	if d.id == 0 || l == nil || !d.begun && !l.Key {
		d.begun = false
		return
	}
	d.layers, d.frame, d.begun = l, 0, true
	d.n++
	d.coded[d.n%history] = [maxSpatial]bool{}
	if l.Key {
		d.restructure(l)
		d.coded = [history][maxSpatial]bool{}
		d.chains = [maxSpatial]chain{}
	}
	for i := range d.frames() {
		if f := d.at(i); len(d.layers.Frames) > 0 && len(f.References) == 0 && l.Temporal == 0 {
			// It restarts, like a layer that was not encoded for a while.
			d.chains[f.Spatial].begun = false
		}
	}
	d.open()
}

// restructure takes the structure of a key frame. A new structure's templates have other IDs.
func (d *descriptor) restructure(l *Layers) {
	spatial, temporal, sizes := max(l.SpatialLayers, 1), max(l.TemporalLayers, 1), d.sizes
	if spatial != d.spatial {
		sizes = [maxSpatial][2]int{}
	}
	for _, f := range l.Frames {
		sizes[f.Spatial] = [2]int{f.Width, f.Height}
	}
	if spatial != d.spatial || temporal != d.temporal || sizes != d.sizes {
		d.offset = (d.offset + d.spatial*d.temporal) % maxTemplates
	}
	d.spatial, d.temporal, d.sizes = spatial, temporal, sizes
}

// open begins the current frame.
func (d *descriptor) open() {
	d.number++
	f := d.at(d.frame)
	d.picked[d.n%history][f.Spatial], d.coded[d.n%history][f.Spatial] = d.number, true
}

// next returns the descriptor of the next packet, which is the first of its frame or not.
func (d *descriptor) next(first bool) []byte {
	if d.layers == nil {
		return nil
	}
	f := d.at(d.frame)
	d.bits.reset()
	d.bits.flag(first)
	d.bits.flag(false) // the last packet, see end
	d.bits.put((d.offset+f.Spatial*d.temporal+d.layers.Temporal)%maxTemplates, 6)
	d.bits.put(int(d.number), 16)
	structure := first && d.frame == 0 && d.layers.Key
	custom := d.custom(f)
	d.bits.flag(structure)
	d.bits.flag(false) // all decode targets are active
	d.bits.flag(custom)
	d.bits.flag(true) // differences of frames, and of chains
	d.bits.flag(true)
	if structure {
		d.structure()
	}
	if custom {
		d.indications(f)
	}
	d.differences(f)
	d.links()
	return d.bits.bytes()
}

// lastPacket is the flag of a frame's last packet, in the first byte.
const lastPacket = 1 << 6

// end continues with the next frame. From here on it is known which layers belong to a chain.
func (d *descriptor) end() {
	if d.layers.Temporal == 0 {
		for c := range d.spatial {
			if d.needed(d.at(d.frame), c) {
				d.chains[c] = chain{true, d.number}
			}
		}
	}
	if d.frame++; d.frame < d.frames() {
		d.open()
	}
}

// needed reports whether the current frame is needed for the frames of a spatial layer. Layers that
// are not encoded now get those below.
func (d *descriptor) needed(f *Frame, spatial int) bool {
	if f.Spatial > spatial {
		return false
	}
	for i := d.frame + 1; i < d.frames() && d.at(i).Spatial <= spatial; i++ {
		if !d.at(i).InterLayer {
			return false
		}
	}
	return true
}

// indication returns what the current frame means to a decode target.
func (d *descriptor) indication(f *Frame, spatial, temporal int) int {
	switch {
	case temporal < d.layers.Temporal || !d.needed(f, spatial):
		return notPresent
	case d.layers.Key || d.layers.SwitchUp:
		return canSwitch
	}
	return required
}

// custom reports whether the current frame differs for any target from its template.
func (d *descriptor) custom(f *Frame) bool {
	for s := range d.spatial {
		for t := range d.temporal {
			if d.indication(f, s, t) != templated(f.Spatial, d.layers.Temporal, s, t) {
				return true
			}
		}
	}
	return false
}

// templated returns what the template of a layer means to a target.
func templated(spatial, temporal, targetSpatial, targetTemporal int) int {
	if spatial > targetSpatial || temporal > targetTemporal {
		return notPresent
	}
	return canSwitch
}

func (d *descriptor) indications(f *Frame) {
	for s := range d.spatial {
		for t := range d.temporal {
			d.bits.put(d.indication(f, s, t), 2)
		}
	}
}

// differences declares which frames the current one is predicted from.
func (d *descriptor) differences(f *Frame) {
	if f.InterLayer {
		d.difference(1) // the frame before it in the picture
	}
	if f == &whole && !d.layers.Key {
		d.refer(f, 1)
	}
	for _, back := range f.References {
		d.refer(f, back)
	}
	d.bits.put(0, 2)
}

// refer declares an earlier frame. Frames unknown since a key frame are omitted.
func (d *descriptor) refer(f *Frame, back int) {
	if i := (d.n - uint(back)) % history; d.coded[i][f.Spatial] {
		d.difference(int(d.number - d.picked[i][f.Spatial]))
	}
}

// difference writes a difference, in as many groups of four bits as needed.
func (d *descriptor) difference(n int) {
	size := 1
	for (n-1)>>(4*size) > 0 {
		size++
	}
	d.bits.put(size, 2)
	d.bits.put(n-1, 4*size)
}

// links writes how far back the chains' last frames are.
func (d *descriptor) links() {
	for _, c := range d.chains[:d.spatial] {
		back := 0
		if c.begun {
			back = min(int(d.number-c.last), maxChain)
		}
		d.bits.put(back, 8)
	}
}
