// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import "github.com/gstpublish/gstpublish/pipeline/catalogue"

// Codec is a way of coding video.
type Codec = catalogue.Codec

// The codecs that LiveKit's server takes. The zero value is VP8, the default of
// LiveKit's SDKs.
const (
	VP8  = catalogue.VP8
	H264 = catalogue.H264
	VP9  = catalogue.VP9
	AV1  = catalogue.AV1
	H265 = catalogue.H265
)

// ParseCodec reads a codec's short name, in any case; "h.264" and "hevc" are
// understood.
func ParseCodec(name string) (Codec, error) { return catalogue.ParseCodec(name) }

// codecTail is what brings any stream of the codec into the form that RTP wants.
func codecTail(c Codec) string {
	tail := "capsfilter caps=" + c.StreamCaps()
	switch c {
	case H264, H265:
		// Parameter sets go with every key frame: who joins late has seen none.
		return c.Parser() + " config-interval=-1 ! " + tail
	case AV1:
		return c.Parser() + " ! " + tail
	case VP8, VP9:
	}
	return tail
}
