// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package incoming

import (
	"fmt"

	"github.com/gstpublish/gstpublish/internal/bitstream"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// FormatError reports encoded video in a format that browsers do not decode.
type FormatError struct {
	Codec catalogue.Codec
	// Format describes it, such as "H.264 High 4:4:4 Predictive (4:4:4, 8 bits)".
	Format string
}

func (e *FormatError) Error() string {
	return fmt.Sprintf("incoming: the pipeline's video is %s, which browsers do not decode: "+
		"encode 4:2:0 with 8 bits (insert %q before the encoder), or %s", e.Format,
		"videoconvert ! video/x-raw,format=I420", decodeInstead(e.Codec))
}

// ReorderedError reports encoded video with B-frames: WebRTC shows frames in the order in which they are sent.
type ReorderedError struct{ Codec catalogue.Codec }

func (e *ReorderedError) Error() string {
	return fmt.Sprintf("incoming: the pipeline's video has B-frames, which browsers drop or show out of order: "+
		"encode it without them (such as x264enc tune=zerolatency or ffmpeg -bf 0), or %s", decodeInstead(e.Codec))
}

// decodeInstead says how gstpublish encodes what is encoded already.
func decodeInstead(c catalogue.Codec) string {
	decoder := map[catalogue.Codec]string{
		catalogue.H264: "h264parse ! avdec_h264", catalogue.H265: "h265parse ! avdec_h265",
		catalogue.VP8: "vp8dec", catalogue.VP9: "vp9dec", catalogue.AV1: "av1parse ! av1dec",
	}[c]
	return fmt.Sprintf("end the pipeline with \"... ! %s ! videoconvert\", and gstpublish encodes it", decoder)
}

// profiles are the names of profiles (H.264, annex A; H.265, annex A).
var profiles = map[catalogue.Codec]map[int]string{
	catalogue.H264: {
		66: "Baseline", 77: "Main", 88: "Extended", 100: "High", 110: "High 10", 122: "High 4:2:2",
		244: "High 4:4:4 Predictive", 44: "CAVLC 4:4:4 Intra",
	},
	catalogue.H265: {1: "Main", 2: "Main 10", 3: "Main Still Picture", 4: "Range Extensions", 9: "Screen Content"},
}

// Describe names a format for people: codec, profile, chroma and depth.
func Describe(c catalogue.Codec, f bitstream.Format) string {
	profile := profiles[c][f.Profile]
	switch {
	case f == bitstream.Format{} || c == catalogue.VP8:
		return name(c)
	case profile == "":
		profile = fmt.Sprintf("profile %d", f.Profile)
	case f.Profile == 66 && f.Constraints&0x40 != 0:
		profile = "Constrained Baseline"
	}
	return fmt.Sprintf("%s %s (%v, %d bits)", name(c), profile, f.Chroma, f.Depth)
}

// name is how people write a codec.
func name(c catalogue.Codec) string {
	switch c {
	case catalogue.H264:
		return "H.264"
	case catalogue.H265:
		return "H.265"
	case catalogue.VP8, catalogue.VP9, catalogue.AV1:
	}
	return c.String()
}

// judge returns an error for a format that browsers do not decode, and a warning for one that some
// of them do not.
func judge(c catalogue.Codec, f bitstream.Format) (warning string, err error) {
	is420 := f.Chroma == bitstream.Chroma420
	if f == (bitstream.Format{}) { // Nothing is known.
		return "", nil
	}
	some := ""
	switch c {
	case catalogue.H264:
		if !is420 || f.Depth > 8 {
			return "", &FormatError{c, Describe(c, f)}
		}
	case catalogue.H265:
		if !is420 || f.Depth > 10 {
			return "", &FormatError{c, Describe(c, f)}
		}
		some = "only browsers with a hardware decoder for it"
	case catalogue.VP9:
		if f.Profile == 3 {
			return "", &FormatError{c, Describe(c, f)}
		}
		if f.Profile > 0 {
			some = "only browsers with a software decoder for it, such as Chromium,"
		}
	case catalogue.AV1:
		if f.Profile > 1 || f.Depth > 10 {
			return "", &FormatError{c, Describe(c, f)}
		}
		if f.Profile > 0 || f.Depth > 8 {
			some = "not all browsers"
		}
	case catalogue.VP8:
	}
	if some == "" {
		return "", nil
	}
	return fmt.Sprintf("the pipeline's video is %s, which %s can decode; other viewers see nothing: %s",
		Describe(c, f), some, decodeInstead(c)), nil
}

// Fmtp returns the SDP parameters that announce a format; "" if the codec's default does. LiveKit's
// server carries H.264 as Constrained Baseline and as High, whatever the level: a level is a
// receiver's matter. A decoder for High decodes Main, and one for Constrained Baseline need not.
func Fmtp(c catalogue.Codec, f bitstream.Format) string {
	const mainProfile, high = 77, 100
	if c == catalogue.H264 && (f.Profile == mainProfile || f.Profile == high) {
		return "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=640032"
	}
	return ""
}
