// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

import (
	"fmt"
	"strings"
)

// Codec is a video codec.
type Codec int

// The codecs that LiveKit's server accepts. The zero value is VP8, the default of LiveKit's SDKs.
const (
	VP8 Codec = iota
	H264
	VP9
	AV1
	H265
)

// codecNames is indexed by Codec.
var codecNames = [...]string{VP8: "VP8", H264: "H264", VP9: "VP9", AV1: "AV1", H265: "H265"}

// Codecs returns all codecs.
func Codecs() []Codec { return []Codec{VP8, H264, VP9, AV1, H265} }

// Valid reports whether c is one of the constants.
func (c Codec) Valid() bool { return c >= 0 && int(c) < len(codecNames) }

// String returns the codec's short name: VP8, H264, VP9, AV1 or H265.
func (c Codec) String() string {
	if !c.Valid() {
		return fmt.Sprintf("Codec(%d)", int(c))
	}
	return codecNames[c]
}

// MimeType returns the codec's name in SDP (IANA's registry of RTP payload types).
func (c Codec) MimeType() string {
	if !c.Valid() {
		return ""
	}
	return "video/" + codecNames[c]
}

// MediaType returns the codec's name in GStreamer's caps.
func (c Codec) MediaType() string {
	if !c.Valid() {
		return ""
	}
	return "video/x-" + strings.ToLower(codecNames[c])
}

// Parser returns the element that converts a stream of the codec to the form of StreamCaps, or ""
// if there is only one form.
func (c Codec) Parser() string {
	switch c {
	case H264:
		return "h264parse"
	case H265:
		return "h265parse"
	case AV1:
		return "av1parse"
	case VP8, VP9:
	}
	return ""
}

// StreamCaps returns, in launch syntax, the caps of the one form in which streams of the codec are
// sent and decoded.
func (c Codec) StreamCaps() string {
	switch c {
	case H264, H265:
		return c.MediaType() + ",stream-format=byte-stream,alignment=au"
	case AV1:
		return c.MediaType() + ",stream-format=obu-stream,alignment=tu"
	case VP8, VP9:
	}
	return c.MediaType()
}

// ParseCodec parses a codec's short name, ignoring case. It also accepts "h.264", "avc" and "hevc".
func ParseCodec(name string) (Codec, error) {
	clean := strings.ToUpper(strings.ReplaceAll(name, ".", ""))
	switch clean {
	case "AVC":
		return H264, nil
	case "HEVC":
		return H265, nil
	}
	for _, c := range Codecs() {
		if codecNames[c] == clean {
			return c, nil
		}
	}
	return 0, fmt.Errorf("catalogue: unknown codec %q: want one of %s", name, strings.Join(codecNames[:], ", "))
}

// MarshalText implements encoding.TextMarshaler.
func (c Codec) MarshalText() ([]byte, error) {
	if !c.Valid() {
		return nil, fmt.Errorf("catalogue: unknown codec %d", int(c))
	}
	return []byte(codecNames[c]), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (c *Codec) UnmarshalText(text []byte) (err error) {
	*c, err = ParseCodec(string(text))
	return err
}
