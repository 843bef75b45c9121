// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package bitstream_test

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/bitstream"
	"github.com/gstpublish/gstpublish/internal/encode"
	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/gst/screenenc"
	"github.com/gstpublish/gstpublish/internal/media"
	"github.com/gstpublish/gstpublish/internal/testframe"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// encodeChain encodes frames as a publisher does. It requests a key frame before each index in keys.
func encodeChain(t *testing.T, o *encode.Options, width, height, pictures int, keys ...int) []media.Sample {
	t.Helper()
	chain, err := encode.New(o)
	require.NoError(t, err)
	defer func() { require.NoError(t, chain.Close()) }()
	run := make(chan error, 1)
	go func() { run <- chain.Run(context.Background()) }()
	caps, err := gst.ParseCaps("video/x-raw,format=I420,colorimetry=bt601,framerate=30/1,width=" +
		strconv.Itoa(width) + ",height=" + strconv.Itoa(height))
	require.NoError(t, err)
	defer caps.Unref()
	// An encoder that hangs or drops frames ends the stream.
	defer time.AfterFunc(20*time.Second, func() { _ = chain.Close() }).Stop()
	var samples []media.Sample
	for i := range pictures {
		if slices.Contains(keys, i) {
			chain.ForceKeyFrame()
		}
		frame := testframe.Draw(appsrc.BufferI420, width, height, uint32(i))
		var planes [][]byte
		var strides []int
		for _, p := range frame.Planes[:frame.Type.PlaneCount()] {
			planes, strides = append(planes, p.Data), append(strides, p.Stride)
		}
		b := gst.Wrap("I420", width, height, planes, strides, nil)
		_, err = chain.Push(b, caps, time.Duration(i)*time.Second/30)
		b.Unref()
		require.NoError(t, err)
		s, err := chain.Output().Pull(nil) // one frame in, one sample out
		require.NoError(t, err)
		s.Data = slices.Clone(s.Data)
		samples = append(samples, s)
	}
	require.NoError(t, chain.Close())
	require.NoError(t, <-run)
	return samples
}

// TestEncodersOfTheCatalogue tests all software encoders with the settings of a publication. Key frames are those that
// were requested and that GStreamer reports. Sizes may be odd.
func TestEncodersOfTheCatalogue(t *testing.T) {
	for _, row := range catalogue.Rows() {
		if row.Hardware() || row.Factory == "svtav1enc" {
			continue // Debian 12 has no svtav1enc, and Debian 13's hangs.
		}
		if !screenenc.Included && strings.HasPrefix(row.Factory, "gp") {
			continue // Our own encoders are not in every build.
		}
		for _, screencast := range []bool{false, true} {
			name := row.Factory + "/camera"
			if screencast {
				name = row.Factory + "/screen"
			}
			t.Run(name, func(t *testing.T) {
				samples := encodeChain(t, &encode.Options{
					Codec: row.Codec, Encoder: row.Factory, Screencast: screencast,
				}, 321, 241, 30, 12, 20)
				requireFlags(t, samples, parsed(t, row.Codec, samples), row.Even)
			})
		}
	}
}

func requireFlags(t *testing.T, samples []media.Sample, frames []bitstream.Frame, even bool) {
	t.Helper()
	width, height := 321, 241
	if even {
		width, height = 320, 240
	}
	for i, f := range frames {
		require.Equal(t, samples[i].Key, f.Key, "sample %d", i)
		require.Equal(t, i == 0 || i == 12 || i == 20, f.Key, "sample %d", i)
		require.True(t, f.Shown, "sample %d", i)
		require.GreaterOrEqual(t, f.Quantizer, 0, "sample %d", i)
		require.Equal(t, [2]int{width, height}, [2]int{f.Width, f.Height}, "sample %d", i)
	}
}
