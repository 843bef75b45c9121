// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package bitstream_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/bitstream"
	"github.com/gstpublish/gstpublish/internal/media"
	"github.com/gstpublish/gstpublish/internal/test/damage"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// stream is a short real stream of each codec.
func stream(tb testing.TB, codec catalogue.Codec) []media.Sample {
	tb.Helper()
	e := encoding{codec: codec, width: 320, height: 180, pictures: 10, encoder: map[catalogue.Codec]string{
		catalogue.VP8:  "vp8enc deadline=1",
		catalogue.VP9:  "vp9enc deadline=1 cpu-used=8",
		catalogue.AV1:  "av1enc cpu-used=8 usage-profile=realtime max-quantizer=63",
		catalogue.H264: "x264enc tune=zerolatency",
		catalogue.H265: "x265enc tune=zerolatency speed-preset=ultrafast",
	}[codec]}
	return e.encode(tb)
}

func TestParseAllocatesNothing(t *testing.T) {
	for _, codec := range catalogue.Codecs() {
		t.Run(codec.String(), func(t *testing.T) {
			samples := stream(t, codec)
			p := bitstream.NewParser(codec)
			require.Zero(t, testing.AllocsPerRun(10, func() {
				for _, s := range samples {
					if f, err := p.Parse(s.Data); err != nil || f.Quantizer < 0 {
						t.Error(f, err)
					}
				}
			}))
		})
	}
}

func BenchmarkParse(b *testing.B) {
	for _, codec := range catalogue.Codecs() {
		b.Run(codec.String(), func(b *testing.B) {
			samples := stream(b, codec)
			p := bitstream.NewParser(codec)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if _, err := p.Parse(samples[i%len(samples)].Data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// fuzz passes two buffers to one parser: the second is parsed in the state that the first has left.
func fuzz(f *testing.F, codec catalogue.Codec, coarsest int) {
	f.Helper()
	samples := stream(f, codec)
	for _, first := range damage.Of(samples[0].Data) {
		f.Add(first, samples[1].Data)
	}
	for _, second := range damage.Of(samples[1].Data) {
		f.Add(samples[0].Data, second)
	}
	f.Fuzz(func(t *testing.T, first, second []byte) {
		p := bitstream.NewParser(codec)
		for _, data := range [][]byte{first, second, first} {
			frame, err := p.Parse(data)
			require.LessOrEqual(t, frame.Quantizer, coarsest)
			require.GreaterOrEqual(t, frame.Quantizer, -1)
			require.GreaterOrEqual(t, frame.Width, 0)
			require.GreaterOrEqual(t, frame.Height, 0)
			if err == nil {
				continue
			}
			require.Equal(t, bitstream.Frame{Key: frame.Key, Shown: frame.Shown, Quantizer: -1}, frame)
			require.True(t, errors.Is(err, bitstream.ErrTruncated) || errors.Is(err, bitstream.ErrInvalid) ||
				errors.Is(err, bitstream.ErrMissing) || errors.Is(err, bitstream.ErrNoFrame), "%v", err)
		}
	})
}

func FuzzVP8(f *testing.F)  { fuzz(f, catalogue.VP8, 127) }
func FuzzVP9(f *testing.F)  { fuzz(f, catalogue.VP9, 255) }
func FuzzAV1(f *testing.F)  { fuzz(f, catalogue.AV1, 255) }
func FuzzH264(f *testing.F) { fuzz(f, catalogue.H264, 51) }
func FuzzH265(f *testing.F) { fuzz(f, catalogue.H265, 51) }
