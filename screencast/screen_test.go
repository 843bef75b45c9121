// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package screencast

import (
	"context"
	"image/color"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/gst/ximage"
	"github.com/gstpublish/gstpublish/internal/media"
	"github.com/gstpublish/gstpublish/pipeline"
)

// plain reports whether a frame has this size and, in its corners and its middle, this colour.
func plain(width, height int, c color.RGBA) func(*frame) bool {
	return func(p *frame) bool {
		return p.width == width && p.height == height && p.at(0, 0) == c && p.at(width/2, height/2) == c &&
			p.at(0, height-1) == c && p.at(width-1, 0) == c && p.at(width-1, height-1) == c
	}
}

func TestWholeScreen(t *testing.T) {
	display := startX(t)
	newPainter(t, display).window("box", red, rect{100, 50, 200, 100})
	f := film(t, &Options{Display: display})
	require.Equal(t, "screen, 640x480 px", f.s.What())
	p := f.next()
	require.Equal(t, 640, p.width)
	require.Equal(t, 480, p.height)
	require.Equal(t, red, p.at(100, 50))
	require.Equal(t, red, p.at(299, 149))
	require.NotEqual(t, red, p.at(99, 50))
	require.NotEqual(t, red, p.at(300, 149))
	require.NoError(t, f.s.Err())
}

func TestRegions(t *testing.T) {
	display := startX(t)
	newPainter(t, display).window("box", green, rect{101, 51, 203, 107})
	for _, tt := range []struct {
		name   string
		region Region
		window string
	}{
		{name: "of the screen, odd", region: Region{101, 51, 203, 107}},
		{name: "of the window, odd", region: Region{3, 5, 33, 17}, window: "box"},
		{name: "the whole window", region: Region{0, 0, 203, 107}, window: "box"},
		{name: "the least", region: Region{187, 91, 16, 16}, window: "box"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := film(t, &Options{Display: display, Region: tt.region, Window: tt.window})
			require.True(t, plain(tt.region.Width, tt.region.Height, green)(f.next()))
		})
	}
	t.Run("up to the corner of the screen", func(t *testing.T) {
		f := film(t, &Options{Display: display, Region: Region{600, 470 - 6, 40, 16}})
		p := f.next()
		require.Equal(t, 40, p.width)
		require.Equal(t, 16, p.height)
	})
}

// TestWithoutSharedMemory: as with a display at the other end of a network.
func TestWithoutSharedMemory(t *testing.T) {
	display := startX(t, "-extension", "MIT-SHM", "-screen", "0", "640x480x24")
	newPainter(t, display).window("box", blue, rect{10, 20, 120, 90})
	for _, opts := range []*Options{
		{Display: display, Region: Region{10, 20, 120, 90}},
		{Display: display, Window: "box"},
	} {
		require.True(t, plain(120, 90, blue)(film(t, opts).next()))
	}
}

// TestAWindowAlone: what is above a window takes nothing from its frame.
func TestAWindowAlone(t *testing.T) {
	display := startX(t)
	p := newPainter(t, display)
	id := p.window("below", red, rect{10, 20, 120, 90})
	p.window("above", blue, rect{40, 50, 300, 200})
	f := film(t, &Options{Display: display, Window: "below"})
	require.Equal(t, `window "below", 120x90 px`, f.s.What())
	require.True(t, plain(120, 90, red)(f.next()))
	for _, at := range [][2]int{{500, 380}, {5, 5}, {45, 55}} {
		p.move(id, at[0], at[1])
		for range 5 {
			require.True(t, plain(120, 90, red)(f.next()))
		}
	}
	require.NoError(t, f.s.Err())
}

// TestWithoutComposite: then what is covered is black, and nothing else is shown.
func TestWithoutComposite(t *testing.T) {
	display := startX(t, "-extension", "Composite", "-screen", "0", "640x480x24")
	p := newPainter(t, display)
	p.window("below", red, rect{10, 20, 120, 90})
	p.window("above", blue, rect{70, 20, 300, 200})
	f := film(t, &Options{Display: display, Window: "below"})
	got := f.next()
	require.Equal(t, red, got.at(0, 0))
	require.Equal(t, color.RGBA{A: 0xff}, got.at(119, 0))
}

func TestAWindowChangesItsSize(t *testing.T) {
	display := startX(t)
	p := newPainter(t, display)
	id := p.window("box", green, rect{10, 20, 120, 90})
	f := film(t, &Options{Display: display, Window: "box"})
	require.True(t, plain(120, 90, green)(f.next()))
	p.resize(id, 333, 201)
	f.until(plain(333, 201, green))
	p.resize(id, 64, 48)
	f.until(plain(64, 48, green))
	require.NoError(t, f.s.Err())
}

// TestAWindowIsMinimised: libX11 would end the process when it is read then. No
// frame comes until it is shown again.
func TestAWindowIsMinimised(t *testing.T) {
	display := startX(t)
	p := newPainter(t, display)
	id := p.window("box", green, rect{10, 20, 120, 90})
	f := film(t, &Options{Display: display, Window: "box"})
	require.True(t, plain(120, 90, green)(f.next()))
	before := ximage.Ignored()
	p.hide(id)
	require.Eventually(t, func() bool { return ximage.Ignored() > before+2 }, waitTimeout, time.Millisecond)
	require.NoError(t, xproto.ChangeWindowAttributesChecked(p.x.conn, id, xproto.CwBackPixel, []uint32{0xff}).Check())
	p.show(id)
	f.until(func(p *frame) bool {
		is := plain(120, 90, blue)(p)
		require.True(t, is || plain(120, 90, green)(p), "no frame is made of nothing")
		return is
	})
	require.NoError(t, f.s.Err())
}

// TestAWindowPartlyOffScreen: without composition it can't be read.
func TestAWindowPartlyOffScreen(t *testing.T) {
	display := startX(t)
	p := newPainter(t, display)
	id := p.window("box", green, rect{10, 20, 120, 90})
	f := film(t, &Options{Display: display, Window: "box"})
	before := ximage.Ignored()
	p.move(id, -60, -40)
	require.Eventually(t, func() bool { return ximage.Ignored() > before+2 }, waitTimeout, time.Millisecond)
	p.move(id, 60, 40)
	for range 10 {
		require.True(t, plain(120, 90, green)(f.next()))
	}
	require.NoError(t, f.s.Err())
}

func TestAWindowIsClosed(t *testing.T) {
	display := startX(t)
	p := newPainter(t, display)
	for range 5 {
		id := p.window("box", green, rect{10, 20, 120, 90})
		f := film(t, &Options{Display: display, Window: "box", FPS: 60})
		f.next()
		p.destroy(id)
		require.ErrorContains(t, f.end(), `the window "box" was closed`)
		require.Equal(t, &GoneError{What: `window "box"`, Reason: "was closed"}, f.s.Err())
	}
}

// TestAWindowIsClosedBeforeTheStart: ximagesrc would take the whole screen in its
// place.
func TestAWindowIsClosedBeforeTheStart(t *testing.T) {
	display := startX(t)
	p := newPainter(t, display)
	id := p.window("box", green, rect{10, 20, 120, 90})
	s, err := Open(&Options{Display: display, Window: "box"})
	require.NoError(t, err)
	require.NoError(t, s.Err())
	p.destroy(id)
	require.ErrorContains(t, s.Pipeline().Run(t.Context()), `the window "box" was closed`)
	require.EqualError(t, s.Err(), `screencast: the window "box" was closed`)
	_, err = media.Of(s.Pipeline().Outputs()[0]).PullRaw()
	require.ErrorIs(t, err, io.EOF, "not a single frame of the screen")
	require.NoError(t, s.Close())
	require.NoError(t, s.Close())
}

func TestARegionNoLongerFits(t *testing.T) {
	display := startX(t)
	p := newPainter(t, display)
	id := p.window("box", green, rect{10, 20, 120, 90})
	f := film(t, &Options{Display: display, Window: "box", Region: Region{50, 40, 60, 40}})
	require.True(t, plain(60, 40, green)(f.next()))
	p.resize(id, 200, 300)
	for range 5 {
		require.True(t, plain(60, 40, green)(f.next()))
	}
	p.resize(id, 100, 90)
	_ = f.end() // ximagesrc may have noticed first.
	require.EqualError(t, f.s.Err(),
		`screencast: the window "box" is now 100x90 px, smaller than the region 50,40,60,40`)
}

func TestAWindowBecomesTooSmall(t *testing.T) {
	display := startX(t)
	p := newPainter(t, display)
	id := p.window("box", green, rect{10, 20, 120, 90})
	f := film(t, &Options{Display: display, Window: "box"})
	f.next()
	p.resize(id, 100, 9)
	_ = f.end()
	require.EqualError(t, f.s.Err(), `screencast: the window "box" is now 100x9 px, too small for encoders`)
}

func TestCursor(t *testing.T) {
	display := startX(t)
	p := newPainter(t, display)
	id := p.window("box", green, rect{10, 20, 120, 90})
	require.NoError(t, xproto.WarpPointerChecked(p.x.conn, 0, id, 0, 0, 0, 0, 60, 45).Check())
	f := film(t, &Options{Display: display, Window: "box"})
	for range 3 {
		require.True(t, plain(120, 90, green)(f.next()), "no pointer")
	}
	f = film(t, &Options{Display: display, Window: "box", Cursor: true})
	f.until(func(p *frame) bool { return p.at(60, 45) != green })
}

// TestScreensOfOtherDepths are not BGRx, and captured as they are.
func TestScreensOfOtherDepths(t *testing.T) {
	display := startX(t, "-screen", "0", "640x480x16")
	f := film(t, &Options{Display: display})
	sample, err := media.Of(f.out).PullRaw()
	require.NoError(t, err)
	require.Equal(t, 640*480*2, sample.Buffer.Size())
	sample.Buffer.Unref()
}

// TestAScreenWithAPaletteIsRefused: ximagesrc captures the palette's numbers without the palette.
func TestAScreenWithAPaletteIsRefused(t *testing.T) {
	display := startX(t, "-screen", "0", "640x480x8")
	_, err := Open(&Options{Display: display})
	var refused *DisplayError
	require.ErrorAs(t, err, &refused)
	require.ErrorContains(t, err, "8 bits a pixel")
}

// TestAPipelinesOwnScreenWithAPaletteIsRefused as well.
func TestAPipelinesOwnScreenWithAPaletteIsRefused(t *testing.T) {
	display := startX(t, "-noreset", "-screen", "0", "640x480x8")
	for _, cursor := range []string{"false", "true"} {
		p, err := pipeline.Parse("ximagesrc display-name="+display+" use-damage=false show-pointer="+cursor+
			" ! videoconvert ! video/x-raw,format=I420 ! fakesink", nil)
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), waitTimeout)
		require.Regexp(t, `element ximagesrc[0-9]+: the screen has 8 bits a pixel, .* such as Xvfb -screen 0 1920x1080x24$`,
			p.Run(ctx).Error(), "cursor "+cursor)
		cancel()
		require.NoError(t, p.Close())
	}
}

// TestBuffersOutliveTheirPipeline: ximagesrc by itself would leave the buffer, its
// shared memory and itself behind.
func TestBuffersOutliveTheirPipeline(t *testing.T) {
	display := startX(t)
	newPainter(t, display).window("box", green, rect{10, 20, 120, 90})
	f := film(t, &Options{Display: display, Window: "box"})
	f.next()
	sample, err := media.Of(f.out).PullRaw()
	require.NoError(t, err)
	require.NotZero(t, sharedMemory(t))
	require.NoError(t, f.s.Close())
	require.True(t, plain(120, 90, green)(&frame{120, 90, sample.Buffer.Bytes(nil)}))
	sample.Buffer.Unref()
	require.Zero(t, sharedMemory(t))
}

// sharedMemory counts this process's mappings of it.
func sharedMemory(t *testing.T) int {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/maps")
	require.NoError(t, err)
	return strings.Count(string(maps), "/SYSV")
}

// TestTheConnectionEnds before the pipeline runs.
func TestTheConnectionEnds(t *testing.T) {
	display := startX(t)
	s, err := Open(&Options{Display: display})
	require.NoError(t, err)
	s.guard.x.close() // as far as the guard can tell
	require.Eventually(t, func() bool { return s.Err() != nil }, waitTimeout, time.Millisecond)
	require.ErrorContains(t, s.Pipeline().Run(t.Context()), "the X server closed the connection")
	require.EqualError(t, s.Err(), "screencast: the screen is no longer accessible: the X server closed the connection")
	require.NoError(t, s.Close())
}
