// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package screenenc

// Coded is what an encoder says of a coded frame.
type Coded struct {
	// Quantizer is on the codec's own scale, as internal/bitstream reads it: 0 to 127
	// for VP8, 0 to 255 for VP9 and AV1; -1 where it isn't known.
	Quantizer int
	// Temporal and Spatial are the frame's layers, 0 without layers; of a buffer with
	// several spatial layers, the highest.
	Temporal, Spatial int
	// Key says that it is a key frame.
	Key bool
}
