// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"context"
	"math"
	"slices"
	"testing"
	"time"

	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/testframe"
	"github.com/gstpublish/gstpublish/internal/viewer"
	"github.com/gstpublish/gstpublish/internal/wires"
	"github.com/gstpublish/gstpublish/sink"
)

const (
	screenWidth, screenHeight = 640, 360
	// pageHeight is the height of the scrolled page, in px, before it repeats.
	pageHeight = 3 * screenHeight
	// Text is above bandTop and from bandBottom on. The index of a test frame is between them.
	bandTop, bandBottom = 2 * screenHeight / 8, 6 * screenHeight / 8

	// movingColumns is the number of scrolled columns. VP8 can encode that many with a frame's share of the floor.
	movingColumns = 224

	// sharp is the minimum PSNR of the luma of a sharp frame, in dB. A frame of text that is encoded as motion has 25
	// to 40.
	sharp = 45

	tick = 10 * time.Millisecond
)

// screen is a published screen and a viewer.
type screen struct {
	t     *testing.T
	name  string
	room  *lksdk.Room
	src   *appsrc.VideoSource
	pub   *sink.Publication
	view  *viewer.Viewer
	page  []byte // luma
	frame *appsrc.VideoFrame
}

func newScreen(t *testing.T, o *sink.Options, with ...wires.Wires) *screen {
	t.Helper()
	name := newRoom(t)
	v, err := viewer.Join(within(t), server.URL(), token(t, name, "viewer"),
		&viewer.Options{KeepAll: true, Follow: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, v.Close()) })
	return publishScreen(t, name, v, join(t, name), o, with...)
}

func publishScreen(
	t *testing.T, name string, v *viewer.Viewer, room *lksdk.Room, o *sink.Options, with ...wires.Wires,
) *screen {
	t.Helper()
	s := &screen{t: t, name: name, room: room, view: v, page: newPage()}
	s.frame = testframe.Draw(appsrc.BufferI420, screenWidth, screenHeight, 0)
	s.src = newSource(t, screenWidth, screenHeight, &appsrc.Options{IsScreencast: true})
	s.pub = publish(t, s.room, s.src, o, with...)
	s.draw(screenWidth, 0, 0)
	return s
}

// newPage returns a page that looks like text: letters with strokes one pixel wide, and no two lines alike. Every
// fourth line is fine grain.
//
//go:norace
func newPage() []byte {
	page := make([]byte, screenWidth*pageHeight)
	seed := uint32(1)
	random := func() uint32 {
		seed = seed*1664525 + 1013904223 // a linear congruential generator
		return seed >> 8
	}
	for i := range page {
		page[i] = 225
	}
	const letterWidth, lineHeight = 8, 15
	for line := range pageHeight / lineHeight {
		for x := 0; x < screenWidth; x += letterWidth {
			letter := page[line*lineHeight*screenWidth+x:]
			if line%4 == 3 {
				grain(letter, random)
				continue
			}
			write(letter, random())
		}
	}
	return page
}

// write draws a letter of 6 by 10 px. Each bit of shape is a stroke.
//
//go:norace
func write(at []byte, shape uint32) {
	for i := range 10 {
		row := at[i*screenWidth:]
		for bit, x := range []int{0, 5, i / 2, 5 - i/2} {
			if shape>>bit&1 == 1 {
				row[x] = 30
			}
		}
		if i%3 == 0 && shape>>(4+i/3)&1 == 1 {
			copy(row, []byte{30, 30, 30, 30, 30, 30})
		}
	}
}

// grain draws 8 by 12 px of grain.
//
//go:norace
func grain(at []byte, random func() uint32) {
	for y := range 12 {
		for x := range 8 {
			at[y*screenWidth+x] = byte(112 + random()%32)
		}
	}
}

// grey is the chroma of the page.
var grey = bytes.Repeat([]byte{128}, screenWidth/2*screenHeight/2) // never written

// draw scrolls the left columns of the frame to a position on the page, and draws an index.
func (s *screen) draw(columns, scroll int, index uint32) {
	luma := s.frame.Planes[0].Data
	for y := range screenHeight {
		if y >= bandTop && y < bandBottom {
			continue
		}
		from := (y + scroll) % pageHeight * screenWidth
		copy(luma[y*screenWidth:], s.page[from:from+columns])
	}
	for _, chroma := range s.frame.Planes[1:] {
		copy(chroma.Data, grey)
	}
	testframe.Redraw(s.frame, index)
}

// scrolled is less than the index of the first scrolled frame.
const scrolled = 1000

// scroll starts to capture scrolled frames, 30 a second.
func (s *screen) scroll() *camera { return s.scrollColumns(movingColumns) }

// scrollColumns scrolls the left columns of the page.
func (s *screen) scrollColumns(columns int) *camera {
	c := newCamera(s.t, s.src, nil)
	c.index.Store(scrolled)
	c.next = func() *appsrc.VideoFrame {
		s.draw(columns, 4*int(c.index.Load()), 0) // The index is drawn later.
		return s.frame
	}
	c.start()
	return c
}

// capture captures one frame, with a position on the page of its own.
func (s *screen) capture(index uint32) {
	s.t.Helper()
	s.draw(screenWidth, 100*int(index), index)
	require.NoError(s.t, s.src.CaptureFrame(s.frame, nil))
}

// stand captures the frame with an index, 30 times a second, until the test ends.
func (s *screen) stand(index uint32) {
	s.t.Helper()
	s.capture(index)
	same := testframe.Draw(appsrc.BufferI420, screenWidth, screenHeight, index)
	for i, plane := range s.frame.Planes {
		copy(same.Planes[i].Data, plane.Data)
	}
	c := newCamera(s.t, s.src, nil)
	c.next = func() *appsrc.VideoFrame {
		c.index.Store(index - 1) // The next one is drawn.
		return same
	}
	c.start()
}

// psnr returns the PSNR of a frame's luma, compared with the screen, in dB; 0 for a frame of another size.
func (s *screen) psnr(p *viewer.Frame) float64 {
	if p.Width != screenWidth || p.Height != screenHeight {
		return 0
	}
	return psnr(p.YUV[:screenWidth*screenHeight], s.frame.Planes[0].Data)
}

//go:norace
func psnr(a, b []byte) float64 {
	sum := 0
	for i := range a {
		d := int(a[i]) - int(b[i])
		sum += d * d
	}
	return 10 * math.Log10(255*255*float64(len(a))/math.Max(float64(sum), 1))
}

func (s *screen) isSharp(p *viewer.Frame) bool { return s.psnr(p) >= sharp }

// requireSharp waits until the viewer sees a sharp frame, and the policy reports that.
func (s *screen) requireSharp() *viewer.Frame {
	s.t.Helper()
	p := until(s.t, s.view, "a sharp frame", s.isSharp)
	s.eventually("the policy knows that it is sharp", func(n sink.Stats) bool { return n.Screen.Sharp })
	return p
}

// eventually waits until the statistics meet a condition.
func (s *screen) eventually(what string, ok func(sink.Stats) bool) {
	s.t.Helper()
	require.Eventually(s.t, func() bool { return ok(s.pub.Stats()) }, wait, tick, what)
}

// until takes frames until one meets a condition.
func until(t *testing.T, v *viewer.Viewer, what string, ok func(*viewer.Frame) bool) *viewer.Frame {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	for {
		p, err := v.Next(ctx)
		require.NoError(t, err, "%s: %+v", what, v.Stats())
		if ok(p) {
			return p
		}
	}
}

// since returns the RTP time between two frames.
func since(p, earlier *viewer.Frame) time.Duration {
	return time.Duration(p.RTPTime-earlier.RTPTime) * time.Second / 90_000
}

// indexIs reports whether a frame has an index.
func indexIs(index uint32) func(*viewer.Frame) bool {
	return func(p *viewer.Frame) bool {
		is, ok := testframe.Read(p.RGBA(), 0)
		return ok && is == index
	}
}

// indexFrom reports whether a frame has a higher index.
func indexFrom(after uint32) func(*viewer.Frame) bool {
	return func(p *viewer.Frame) bool {
		is, ok := testframe.Read(p.RGBA(), 0)
		return ok && is > after
	}
}

// isBlack reports whether every pixel of a frame is black.
func isBlack(p *viewer.Frame) bool {
	luma := p.YUV[:p.Width*p.Height]
	return slices.Max(luma) <= 17
}
