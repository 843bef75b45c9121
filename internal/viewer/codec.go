// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package viewer

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/rtp/codecs/vp9"
)

// codec is what the viewer needs to know about a codec.
type codec struct {
	name string // as in SDP and in MIME types: VP8
	// begins reports whether a packet begins a frame, for use after a loss. It may miss some
	// beginnings, but not those of key frames.
	begins func(payload []byte) bool
	// join returns the sample that packets contain. It does not keep their memory.
	join func(packets []*rtp.Packet) (sample, error)
	// caps describe join's data to GStreamer.
	caps     string
	decoders []decoderElement // the first one installed is used
}

// decoderElement is a GStreamer element that outputs each frame as soon as it has the data.
type decoderElement struct {
	factory string
	text    string // launch text
	debian  string // the Debian package that contains it
}

// codecs lists the codecs that can be viewed.
func knownCodecs() []codec {
	return []codec{
		{
			name: "VP8", begins: vp8Begins, join: vp8Join, caps: "video/x-vp8",
			decoders: []decoderElement{{"vp8dec", "vp8dec threads=1", "gstreamer1.0-plugins-good"}},
		},
		{
			name: "VP9", begins: vp9Begins, join: vp9Join, caps: "video/x-vp9",
			decoders: []decoderElement{{"vp9dec", "vp9dec threads=1", "gstreamer1.0-plugins-good"}},
		},
		{
			name: "H264", begins: h264Begins, join: h264Join,
			caps: "video/x-h264,stream-format=byte-stream,alignment=au,profile=high",
			decoders: []decoderElement{
				// With threads, libav delays one frame for each thread.
				{"avdec_h264", "avdec_h264 max-threads=1 output-corrupt=false", "gstreamer1.0-libav"},
				{"openh264dec", "openh264dec", "gstreamer1.0-plugins-bad"},
			},
		},
		{
			name: "H265", begins: h265Begins, join: h265Join, caps: "video/x-h265,stream-format=byte-stream,alignment=au",
			decoders: []decoderElement{
				// libde265dec is unusable: it delays two frames.
				{"avdec_h265", "avdec_h265 max-threads=1 output-corrupt=false", "gstreamer1.0-libav"},
			},
		},
		{
			name: "AV1", begins: av1Begins, join: av1Join, caps: "video/x-av1,stream-format=obu-stream,alignment=tu",
			decoders: []decoderElement{
				{"av1dec", "av1dec", "gstreamer1.0-plugins-bad"},
				{"dav1ddec", "dav1ddec n-threads=1", "gstreamer1.0-plugins-rs"},
			},
		},
	}
}

// codecOf returns the codec with a MIME type.
func codecOf(mimeType string) (*codec, error) {
	_, name, _ := strings.Cut(mimeType, "/")
	known := knownCodecs()
	for i := range known {
		if strings.EqualFold(known[i].name, name) {
			return &known[i], nil
		}
	}
	return nil, fmt.Errorf("viewer: no decoder for %s", mimeType)
}

// ---- VP8 (RFC 7741, RFC 6386)

// vp8Begins: start of partition (S), and its index (PID) is 0.
func vp8Begins(payload []byte) bool {
	return len(payload) > 0 && payload[0]&0x10 != 0 && payload[0]&0x07 == 0
}

func vp8Join(packets []*rtp.Packet) (sample, error) {
	f := sample{sets: true}
	for _, p := range packets {
		var header codecs.VP8Packet
		data, err := header.Unmarshal(p.Payload)
		if err != nil {
			return sample{}, fmt.Errorf("viewer: reading a VP8 packet: %w", err)
		}
		f.data = append(f.data, data...)
	}
	// A key frame is 3 bytes of tag, 3 of start code, 2 of width, 2 of height.
	f.key = len(f.data) >= 10 && f.data[0]&1 == 0
	if f.key {
		width := binary.LittleEndian.Uint16(f.data[6:]) & 0x3fff
		height := binary.LittleEndian.Uint16(f.data[8:]) & 0x3fff
		f.blank = width == 8 && height == 8 // VP8KeyFrame8x8 in the server's pkg/sfu/downtrack.go
	}
	return f, nil
}

// ---- VP9 (RFC 9628)

// vp9Begins: start of frame (B), and the lowest spatial layer.
func vp9Begins(payload []byte) bool {
	var header codecs.VP9Packet
	_, err := header.Unmarshal(payload)
	return err == nil && header.B && header.SID == 0
}

func vp9Join(packets []*rtp.Packet) (sample, error) {
	f := sample{sets: true}
	for _, p := range packets {
		var header codecs.VP9Packet
		data, err := header.Unmarshal(p.Payload)
		if err != nil {
			return sample{}, fmt.Errorf("viewer: reading a VP9 packet: %w", err)
		}
		f.data = append(f.data, data...)
	}
	var header vp9.Header
	f.key = header.Unmarshal(f.data) == nil && !header.NonKeyFrame && !header.ShowExistingFrame
	return f, nil
}
