// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/testframe"
	"github.com/gstpublish/gstpublish/internal/viewer"
)

// sight describes a frame that a viewer saw.
type sight struct {
	at            time.Time // when it was complete
	width, height int
	bytes         int
	index         uint32  // 0 if it cannot be read, or was not requested
	psnr          float64 // compared with the captured frame, in dB; 0 like index
}

// recording has the frames that a viewer saw during a time.
type recording struct {
	from, to time.Time
	frames   []sight
}

// record records all frames that arrive during a time. original returns the luma of the captured frame with an index;
// if it is nil, frames are not compared.
func record(t *testing.T, v *viewer.Viewer, d time.Duration, original func(index uint32) []byte) recording {
	t.Helper()
	r := recording{from: time.Now()}
	r.to = r.from.Add(d)
	ctx, cancel := context.WithDeadline(context.Background(), r.to)
	defer cancel()
	for {
		p, err := v.Next(ctx)
		if errors.Is(err, context.DeadlineExceeded) {
			return r
		}
		require.NoError(t, err, "%+v", v.Stats())
		is := sight{at: p.Received, width: p.Width, height: p.Height, bytes: p.Bytes}
		if original != nil {
			is.index, _ = testframe.Read(p.RGBA(), 0)
			is.psnr = psnr(p.YUV[:p.Width*p.Height], original(is.index))
		}
		r.frames = append(r.frames, is)
	}
}

// fps returns the frame rate from a time after the beginning on.
func (r *recording) fps(from time.Duration) float64 {
	n := 0
	for _, p := range r.frames {
		if !p.at.Before(r.from.Add(from)) {
			n++
		}
	}
	return float64(n) / (r.to.Sub(r.from) - from).Seconds()
}

// freeze returns the longest time between two frames.
func (r *recording) freeze() (longest time.Duration) {
	for i := 1; i < len(r.frames); i++ {
		longest = max(longest, r.frames[i].at.Sub(r.frames[i-1].at))
	}
	return longest
}

// steady returns the time after which frames arrive at a rate for half a second; ok is false if they never do.
func (r *recording) steady(fps float64) (after time.Duration, ok bool) {
	const span = time.Second / 2
	n := int(fps * span.Seconds())
	for i := range r.frames {
		if i+n < len(r.frames) && r.frames[i+n].at.Sub(r.frames[i].at) <= span {
			return r.frames[i].at.Sub(r.from), true
		}
	}
	return 0, false
}

// sizes returns the sizes of the frames.
func (r *recording) sizes() (sizes [][2]int) {
	for _, p := range r.frames {
		if size := [2]int{p.width, p.height}; !slices.Contains(sizes, size) {
			sizes = append(sizes, size)
		}
	}
	return sizes
}

// worst returns the lowest PSNR of a frame, in dB.
func (r *recording) worst() float64 {
	worst := math.Inf(1)
	for _, p := range r.frames {
		worst = min(worst, p.psnr)
	}
	return worst
}

// corrupt returns the frames whose index cannot be read or decreases. An index may be repeated, for example for a
// requested key frame.
func (r *recording) corrupt() (all []sight) {
	before := uint32(0)
	for _, p := range r.frames {
		if p.index == 0 || p.index < before {
			all = append(all, p)
		} else {
			before = p.index
		}
	}
	return all
}
