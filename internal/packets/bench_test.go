// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package packets

import (
	"bytes"
	"context"
	"slices"
	"testing"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"
)

// BenchmarkWrite cuts frames of 20 kB, the size of a key frame of a page of text.
func BenchmarkWrite(b *testing.B) {
	for _, codec := range []struct {
		mime  string
		begin []byte // of a frame
	}{
		{webrtc.MimeTypeVP8, []byte{0x11}},
		{webrtc.MimeTypeVP9, []byte{0x86, 0x00, 0x40, 0x92, 0x00}},
		{webrtc.MimeTypeAV1, []byte{6 << 3}},               // OBU_FRAME without a size
		{webrtc.MimeTypeH264, []byte{0, 0, 0, 1, 0x41}},    // a slice
		{webrtc.MimeTypeH265, []byte{0, 0, 0, 1, 0x02, 1}}, // likewise
	} {
		b.Run(codec.mime, func(b *testing.B) {
			data := slices.Concat(codec.begin, bytes.Repeat([]byte{0xaa}, 20_000))
			w, err := NewWriter(webrtc.RTPCodecCapability{MimeType: codec.mime, ClockRate: 90_000},
				func(_ context.Context, _, bytes int) (int, error) { return bytes, nil }, func(*rtp.Packet) error { return nil })
			require.NoError(b, err)
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if err := w.Write(context.Background(), data, 7); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
