// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package packets

import "fmt"

const (
	// maxSpatial and maxTemporal are how many layers LiveKit's server knows
	// (DefaultMaxLayerSpatial and -Temporal, pkg/sfu/buffer/videolayer.go). It drops
	// what is above.
	maxSpatial  = 3
	maxTemporal = 4
	// maxReferences and maxDistance are the payload descriptor's (RFC 9628, 4.2).
	maxReferences = 3
	maxDistance   = 127
)

// Layers says of a sample what its packets have to say of it, so that a server can
// leave layers out. It describes one picture with the frames of all its spatial
// layers. The zero value is one frame without layers.
type Layers struct {
	// Key says that nothing before is needed to decode the picture.
	Key bool
	// Temporal is the picture's temporal layer, from 0 on, of TemporalLayers.
	// SpatialLayers counts those of the stream, whether they are coded now or not.
	// 0 counts as 1; at most 4 and 3.
	Temporal, TemporalLayers, SpatialLayers int
	// SwitchUp says that who had only lower temporal layers so far can take this picture
	// and all later ones of its temporal layer. LiveKit's server doesn't look at it for
	// VP8, and takes a viewer up with any picture above what he has.
	SwitchUp bool
	// Frames are the picture's, from the lowest spatial layer to the highest. What
	// follows them in the data isn't sent, as the index of VP9's superframes, which
	// RFC 9628 has no use for. None: the data is one frame.
	Frames []Frame
}

// Frame is one spatial layer's part of a picture.
type Frame struct {
	Size    int // bytes
	Spatial int // its layer, from 0 on
	// Width and Height are px; 0 where they aren't known.
	Width, Height int
	// InterLayer says that the frame before it in the picture, of the next lower layer,
	// is needed to decode it.
	InterLayer bool
	// References are the earlier pictures whose frames of the same layer are needed: how
	// many pictures ago each was, 1 to 127. At most three. All pictures count that
	// were given to the Writer since the last key picture; so none may be left out.
	References []int
}

// layered reports whether there are any layers to describe.
func (l *Layers) layered() bool {
	return l != nil && (l.TemporalLayers > 1 || l.SpatialLayers > 1 || len(l.Frames) > 1)
}

// check refuses what can't be said in a payload descriptor, or would mislead who reads
// it. Such a picture isn't sent at all: later ones that are predicted from it can't be
// decoded without it.
func (l *Layers) check(size int) error {
	spatial := max(l.SpatialLayers, 1)
	switch {
	case l.TemporalLayers > maxTemporal || spatial > maxSpatial:
		return fmt.Errorf("packets: unsupported stream of %d spatial and %d temporal layers", spatial, l.TemporalLayers)
	case l.Temporal < 0 || l.Temporal >= max(l.TemporalLayers, 1):
		return fmt.Errorf("packets: sample in temporal layer %d of %d", l.Temporal, l.TemporalLayers)
	case l.Key && l.Temporal != 0:
		return fmt.Errorf("packets: key frame in temporal layer %d", l.Temporal)
	case l.Key && len(l.Frames) > 0 && l.Frames[0].Spatial != 0:
		return fmt.Errorf("packets: key frame that starts at spatial layer %d", l.Frames[0].Spatial)
	}
	lower := -1
	for i := range l.Frames {
		f := &l.Frames[i]
		if err := f.check(size, lower, spatial, l.Key); err != nil {
			return err
		}
		size -= f.Size
		lower = f.Spatial
	}
	return nil
}

// check does so for a frame above the one of layer lower, -1 for none, with so much data
// left.
func (f *Frame) check(size, lower, layers int, key bool) error {
	switch {
	case f.Size < 1 || f.Size > size:
		return fmt.Errorf("packets: layer of %d bytes where only %d are left", f.Size, size)
	case f.Spatial <= lower || f.Spatial >= layers:
		return fmt.Errorf("packets: spatial layer %d of %d follows layer %d", f.Spatial, layers, lower)
	case f.InterLayer && (lower < 0 || lower != f.Spatial-1):
		return fmt.Errorf("packets: spatial layer %d needs the next lower one, which is missing", f.Spatial)
	case uint(f.Width) > 0xffff || uint(f.Height) > 0xffff:
		return fmt.Errorf("packets: invalid layer size %dx%d", f.Width, f.Height)
	case len(f.References) > maxReferences || key && len(f.References) > 0:
		return fmt.Errorf("packets: layer with %d references, key frame: %t", len(f.References), key)
	}
	for _, d := range f.References {
		if d < 1 || d > maxDistance {
			return fmt.Errorf("packets: reference to %d frames back", d)
		}
	}
	return nil
}
