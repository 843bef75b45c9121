// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"fmt"
	"strings"
)

// Codec is a way of coding video.
type Codec int

// The codecs that LiveKit's server takes and a software encoder here makes.
// The zero value is VP8, the default of LiveKit's SDKs.
const (
	VP8 Codec = iota
	H264
	VP9
	AV1
)

// codecs describes each Codec, by its value.
var codecs = [...]struct {
	name, mime, media string
	tail              string // what brings any stream of the codec into the form that RTP wants
}{
	VP8: {"VP8", "video/VP8", "video/x-vp8", "capsfilter caps=video/x-vp8"},
	H264: {
		"H264", "video/H264", "video/x-h264",
		// Parameter sets go with every key frame: who joins late has seen none.
		"h264parse config-interval=-1 ! capsfilter caps=video/x-h264,stream-format=byte-stream,alignment=au",
	},
	VP9: {"VP9", "video/VP9", "video/x-vp9", "capsfilter caps=video/x-vp9"},
	AV1: {
		"AV1", "video/AV1", "video/x-av1",
		"av1parse ! capsfilter caps=video/x-av1,stream-format=obu-stream,alignment=tu",
	},
}

func (c Codec) valid() bool { return c >= 0 && int(c) < len(codecs) }

// String is the codec's short name: VP8, H264, VP9 or AV1.
func (c Codec) String() string {
	if !c.valid() {
		return fmt.Sprintf("Codec(%d)", int(c))
	}
	return codecs[c].name
}

// MimeType is the codec's name in SDP (IANA's registry of RTP payload types).
func (c Codec) MimeType() string {
	if !c.valid() {
		return ""
	}
	return codecs[c].mime
}

// ParseCodec reads a codec's short name, in any case; "h.264" is understood.
func ParseCodec(name string) (Codec, error) {
	clean := strings.ToUpper(strings.ReplaceAll(name, ".", ""))
	var known []string
	for c := range codecs {
		if codecs[c].name == clean {
			return Codec(c), nil
		}
		known = append(known, codecs[c].name)
	}
	return 0, fmt.Errorf("pipeline: no codec %q: it is one of %s", name, strings.Join(known, ", "))
}
