// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package screenenc

// SampleInfo is what an encoder reports about a sample, which is one buffer.
type SampleInfo struct {
	// Quantizer is on the codec's own scale, as internal/bitstream reads it: 0 to 127 for VP8, 0 to
	// 255 for VP9 and AV1; -1 if unknown. With several spatial layers it is that of the highest.
	Quantizer int
	// Temporal and Spatial are the sample's layers, 0 without layers. Spatial is the highest of
	// several spatial layers.
	Temporal, Spatial int
	// Key reports whether it is a key frame.
	Key bool
	// TemporalLayers and SpatialLayers are the stream's, 1 without layers: as many as were
	// requested and the frames are large enough for. Inactive layers count.
	TemporalLayers, SpatialLayers int
	// SwitchUp reports whether a viewer that has received only the lowest temporal layer can decode
	// this sample, and all later ones of its layer and those below.
	SwitchUp bool
	// N is the number of Layers in the buffer, from low to high; 1 without spatial layers. If there
	// are several, VP9's superframe index follows them.
	N      int
	Layers [3]LayerFrame
}

// LayerFrame is one spatial layer's frame of a sample.
type LayerFrame struct {
	// Size is its size in the buffer, in bytes.
	Size int
	// Spatial is its layer. Width and Height are in px.
	Spatial, Width, Height int
	// Quantizer is like SampleInfo's.
	Quantizer int
	// InterLayer reports whether it is predicted from the next lower spatial layer's frame in the
	// same sample.
	InterLayer bool
	// N is the number of References: the earlier frames that it is predicted from, each as the
	// number of samples since then, 1 to 127.
	N          int
	References [3]int
}
