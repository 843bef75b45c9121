// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package browser_test

import (
	"context"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/encode"
	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/media"
	"github.com/gstpublish/gstpublish/internal/testframe"
)

const (
	// fps is the rate of the test frames.
	fps = 30
	// moving is the number of test frames that differ, from 0 on. The next one is repeated as a
	// still frame.
	moving, resting = 30, 6
	frames          = moving + resting
)

// source encodes numbered test frames, as sink does.
type source struct {
	chain *encode.Chain
	w, h  int
	caps  *gst.Caps
}

func newSource(t *testing.T, o *encode.Options, w, h int) *source {
	t.Helper()
	caps, err := gst.ParseCaps(fmt.Sprintf(
		"video/x-raw,format=I420,width=%d,height=%d,framerate=%d/1,colorimetry=bt601", w, h, fps))
	require.NoError(t, err)
	t.Cleanup(caps.Unref)
	chain, err := encode.New(o)
	require.NoError(t, err)
	ended := make(chan error, 1)
	go func() { ended <- chain.Run(context.Background()) }()
	t.Cleanup(func() {
		require.NoError(t, chain.Close())
		require.NoError(t, <-ended)
	})
	return &source{chain: chain, w: w, h: h, caps: caps}
}

// push encodes frame n.
func (s *source) push(n int) error {
	frame := testframe.Draw(appsrc.BufferI420, s.w, s.h, uint32(indexOf(n)))
	var planes [][]byte
	var strides []int
	for _, p := range frame.Planes[:frame.Type.PlaneCount()] {
		planes, strides = append(planes, p.Data), append(strides, p.Stride)
	}
	b := gst.Wrap("I420", s.w, s.h, planes, strides, nil)
	defer b.Unref()
	_, err := s.chain.Push(b, s.caps, time.Duration(n)*time.Second/fps)
	return err
}

// indexOf returns the index that frame n shows.
func indexOf(n int) int { return min(n, moving) }

// numberOf returns the number of the frame of a sample.
func numberOf(s *media.Sample) int {
	return int(math.Round(float64(s.PTS) * fps / float64(time.Second)))
}

// psnr returns the PSNR of the colours of a whole frame, in dB, compared with the frame of an
// index.
//
//go:norace
func psnr(s *shown, index int) float64 {
	want := testframe.Draw(appsrc.BufferRGBA, s.Width, s.Height, uint32(index)).Planes[0]
	sum := 0
	for y := range s.Height {
		for x := range 4 * s.Width {
			d := int(s.Pixels[y*4*s.Width+x]) - int(want.Data[y*want.Stride+x])
			sum += d * d
		}
	}
	if sum == 0 {
		return 100
	}
	return 10 * math.Log10(255*255*float64(3*s.Width*s.Height)/float64(sum))
}
