// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package appsrc

import (
	"bytes"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/gst/standin/foreign"
)

// sampled calls f with the address of the next sample of another pipeline with that text, which ends in an appsink.
func sampled(t *testing.T, launch string, f func(sample unsafe.Pointer)) {
	t.Helper()
	p, err := foreign.Start(launch + " ! appsink name=out sync=false max-buffers=1")
	require.NoError(t, err)
	defer func() { require.NoError(t, p.Close()) }()
	require.NoError(t, p.Pull(f))
}

const redRGB = "videotestsrc pattern=solid-color foreground-color=0xffff0000 ! video/x-raw,format=RGB,width=4,height=2"

func TestSamplesOfAnotherPipeline(t *testing.T) {
	s, r, c := newSource(t, nil)
	sampled(t, redRGB, func(sample unsafe.Pointer) {
		require.NoError(t, s.CaptureSample(sample, nil))
		require.Equal(t, c.now, r.last().pts)
		c.now += 20 * time.Millisecond
		at := int64(time.Second / time.Microsecond)
		require.NoError(t, s.CaptureSample(sample, &CaptureOptions{TimestampUS: at}))
		require.ErrorIs(t, s.CaptureSample(sample, &CaptureOptions{TimestampUS: at - 1}), ErrTimestamp)
	})
	require.Equal(t, bytes.Repeat([]byte{255, 0, 0}, 8), r.last().data, "it outlives the sample and its pipeline")
	require.Contains(t, r.last().caps, "format=(string)RGB, width=(int)4, height=(int)2")
	sampled(t, "videotestsrc ! video/x-raw,format=GRAY8,width=16,height=2", func(sample unsafe.Pointer) {
		require.NoError(t, s.CaptureSample(sample, nil))
		require.Contains(t, r.last().caps, "format=(string)GRAY8, width=(int)16")
		require.NoError(t, s.Close())
		require.ErrorIs(t, s.CaptureSample(sample, nil), ErrClosed)
	})
}

func TestSamplesAllocateNothing(t *testing.T) {
	s, err := NewVideoSource(4, 2, nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	sampled(t, redRGB, func(sample unsafe.Pointer) {
		require.Zero(t, testing.AllocsPerRun(100, func() {
			if err := s.CaptureSample(sample, nil); err != nil {
				t.Error(err)
			}
		}))
	})
}

func TestSamplesThatAreRefused(t *testing.T) {
	s, _, _ := newSource(t, nil)
	require.EqualError(t, s.CaptureSample(nil, nil), "appsrc: capturing a sample: it has no buffer")
	sampled(t, redRGB, func(sample unsafe.Pointer) {
		require.EqualError(t, s.CaptureSample(sample, &CaptureOptions{Rotation: Rotation90}),
			"appsrc: capturing a sample: it cannot be rotated: put videoflip before the appsink")
	})
	for launch, says := range map[string]string{
		"audiotestsrc ! audio/x-raw":                          "it is not raw video: put decodebin before the appsink",
		"videotestsrc ! video/x-raw,pixel-aspect-ratio=64/45": "its pixels are not square: put videoscale and",
		"videotestsrc ! video/x-raw,format=I420 ! interlace":  "it is interlaced: put deinterlace before the appsink",
		"videotestsrc ! video/x-raw,format=I420,width=4,height=2 ! capssetter caps=video/x-raw,width=16": "it has 16 " +
			"bytes, and a frame has 48",
	} {
		sampled(t, launch, func(sample unsafe.Pointer) {
			err := s.CaptureSample(sample, nil)
			refused := (*SampleError)(nil)
			require.ErrorAs(t, err, &refused, launch)
			require.Contains(t, refused.Reason, says, launch)
			require.NotEmpty(t, refused.Caps, launch)
		})
	}
	for text, says := range map[string]string{
		"video/x-raw(memory:GLMemory),format=RGBA,width=4,height=2": "it is not in system memory",
		"video/x-raw,format=RGBA,width=4,height=100000":             "its width and height must be 1 to ",
		"video/x-raw,format=RGBA,width=4,height=2":                  "",
	} {
		caps, err := gst.ParseCaps(text)
		require.NoError(t, err)
		require.Regexp(t, "^"+says, refusal(caps), text)
		require.Equal(t, says == "", refusal(caps) == "", text)
		caps.Unref()
	}
}
