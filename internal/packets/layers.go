// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package packets

import "fmt"

const (
	// maxSpatial and maxTemporal are the numbers of layers that LiveKit's server supports
	// (DefaultMaxLayerSpatial and -Temporal, pkg/sfu/buffer/videolayer.go). It drops higher layers.
	maxSpatial  = 3
	maxTemporal = 4
	// maxReferences and maxDistance are the payload descriptor's (RFC 9628, 4.2).
	maxReferences = 3
	maxDistance   = 127
)

// Layers describes a sample for its packets, so that a server can drop layers. It describes one
// frame with its parts in all spatial layers. The zero value is one frame without layers.
type Layers struct {
	// Key reports whether nothing earlier is needed to decode the frame.
	Key bool
	// Temporal is the frame's temporal layer, from 0 on, of TemporalLayers. SpatialLayers counts
	// those of the stream, whether they are currently encoded or not. 0 counts as 1; the maximum is
	// 4 and 3.
	Temporal, TemporalLayers, SpatialLayers int
	// SwitchUp reports whether a viewer who had only lower temporal layers so far can use this
	// frame and all later ones of its temporal layer. LiveKit's server ignores it for VP8, and
	// switches a viewer up with any frame of a higher layer.
	SwitchUp bool
	// Frames are the frame's parts, from the lowest spatial layer to the highest. Data after them
	// is not sent, such as the index of VP9's superframes, which RFC 9628 does not use. None: the
	// data is one frame.
	Frames []Frame
}

// Frame is one spatial layer's part of a frame.
type Frame struct {
	Size    int // bytes
	Spatial int // its layer, from 0 on
	// Width and Height are in px; 0 if unknown.
	Width, Height int
	// InterLayer reports whether the previous part, of the next lower layer, is needed to decode
	// it.
	InterLayer bool
	// References are the earlier frames whose parts in the same layer are needed: how many frames
	// ago each was, 1 to 127. At most three. All frames passed to the Writer since the last key
	// frame count, so none may be omitted.
	References []int
}

// layered reports whether there are any layers to describe.
func (l *Layers) layered() bool {
	return l != nil && (l.TemporalLayers > 1 || l.SpatialLayers > 1 || len(l.Frames) > 1)
}

// check rejects what a payload descriptor cannot express, or what would mislead its reader. Such a
// frame is not sent at all, and later ones that are predicted from it cannot be decoded.
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

// check does so for a part above the one of layer lower, -1 for none, with so much data left.
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
