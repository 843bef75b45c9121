// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package screenenc

// SampleInfo is what an encoder says of a sample, which is one buffer.
type SampleInfo struct {
	// Quantizer is on the codec's own scale, as internal/bitstream reads it: 0 to 127
	// for VP8, 0 to 255 for VP9 and AV1; -1 where it isn't known. With several spatial
	// layers it is the highest one's.
	Quantizer int
	// Temporal and Spatial are the frame's layers, 0 without layers; of a buffer
	// with several spatial layers, the highest.
	Temporal, Spatial int
	// Key says that it is a key frame.
	Key bool
	// TemporalLayers and SpatialLayers are the stream's, 1 without layers: as many as
	// were asked for and the frames are large enough for. Layers that aren't
	// active count.
	TemporalLayers, SpatialLayers int
	// SwitchUp says that who had frames of the lowest temporal layer only, so far,
	// can take this one, and all later ones of its layer and those below.
	SwitchUp bool
	// N is how many of Layers there are in the buffer, from low to high; 1 without
	// spatial layers. With more than one, VP9's index of a superframe follows them.
	N      int
	Layers [3]LayerFrame
}

// LayerFrame is one spatial layer's frame of a sample.
type LayerFrame struct {
	// Size is how many bytes of the buffer it is.
	Size int
	// Spatial is its layer, Width and Height are px.
	Spatial, Width, Height int
	// Quantizer is as SampleInfo's.
	Quantizer int
	// InterLayer says that it is predicted from the next lower spatial layer's frame
	// of the same frame.
	InterLayer bool
	// N is how many of References there are: the earlier frames that it is predicted
	// from, each as how many samples ago it was, 1 to 127.
	N          int
	References [3]int
}
