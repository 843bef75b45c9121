// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package screencast

import (
	"bufio"
	"context"
	"errors"
	"image/color"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/gsttest"
	"github.com/gstpublish/gstpublish/internal/media"
	"github.com/gstpublish/gstpublish/internal/test/need"
	"github.com/gstpublish/gstpublish/pipeline"
)

func TestMain(m *testing.M) { gsttest.Main(m) }

// waitTimeout bounds every wait.
const waitTimeout = 20 * time.Second

var (
	red   = color.RGBA{0xff, 0, 0, 0xff}
	green = color.RGBA{0, 0xff, 0, 0xff}
	blue  = color.RGBA{0, 0, 0xff, 0xff}
)

// startX starts an X server without a screen of 640x480 px and returns its
// display.
func startX(t *testing.T, args ...string) string {
	t.Helper()
	display, _ := startXToKill(t, args...)
	return display
}

// startXToKill also returns a function that kills the server.
func startXToKill(t *testing.T, args ...string) (display string, kill func()) {
	t.Helper()
	need.Display(t)
	r, w, err := os.Pipe()
	require.NoError(t, err)
	cmd := exec.Command("Xvfb", append([]string{"-displayfd", "3", "-nolisten", "tcp"}, args...)...)
	if len(args) == 0 {
		cmd.Args = append(cmd.Args, "-screen", "0", "640x480x24")
	}
	cmd.ExtraFiles = []*os.File{w}
	require.NoError(t, errors.Join(cmd.Start(), w.Close()))
	kill = sync.OnceFunc(func() {
		_ = cmd.Process.Kill() // The only error is that it has ended.
		_ = cmd.Wait()
	})
	t.Cleanup(kill)
	require.NoError(t, r.SetReadDeadline(time.Now().Add(waitTimeout)))
	number, err := bufio.NewReader(r).ReadString('\n')
	require.NoError(t, errors.Join(err, r.Close()))
	return ":" + strings.TrimSpace(number), kill
}

// painter is an X11 program with windows.
type painter struct {
	t *testing.T
	x *connection
}

func newPainter(t *testing.T, display string) *painter {
	t.Helper()
	x, err := dial(display)
	require.NoError(t, err)
	t.Cleanup(x.close)
	return &painter{t: t, x: x}
}

// rect is where a window is, in px.
type rect struct{ x, y, width, height int }

// window makes a window of one colour and shows it.
func (p *painter) window(title string, c color.RGBA, at rect) xproto.Window {
	p.t.Helper()
	id, err := xproto.NewWindowId(p.x.conn)
	require.NoError(p.t, err)
	pixel := uint32(c.R)<<16 | uint32(c.G)<<8 | uint32(c.B)
	require.NoError(p.t, xproto.CreateWindowChecked(p.x.conn, p.x.root.RootDepth, id, p.x.root.Root,
		int16(at.x), int16(at.y), uint16(at.width), uint16(at.height), 0, xproto.WindowClassInputOutput,
		p.x.root.RootVisual, xproto.CwBackPixel, []uint32{pixel}).Check())
	p.setTitle(id, title)
	p.show(id)
	return id
}

func (p *painter) setTitle(id xproto.Window, title string) {
	p.t.Helper()
	require.NoError(p.t, xproto.ChangePropertyChecked(p.x.conn, xproto.PropModeReplace, id,
		xproto.AtomWmName, xproto.AtomString, 8, uint32(len(title)), []byte(title)).Check())
}

func (p *painter) show(id xproto.Window) {
	p.t.Helper()
	require.NoError(p.t, xproto.MapWindowChecked(p.x.conn, id).Check())
}

func (p *painter) hide(id xproto.Window) {
	p.t.Helper()
	require.NoError(p.t, xproto.UnmapWindowChecked(p.x.conn, id).Check())
}

func (p *painter) destroy(id xproto.Window) {
	p.t.Helper()
	require.NoError(p.t, xproto.DestroyWindowChecked(p.x.conn, id).Check())
}

func (p *painter) move(id xproto.Window, x, y int) {
	p.t.Helper()
	require.NoError(p.t, xproto.ConfigureWindowChecked(p.x.conn, id, xproto.ConfigWindowX|xproto.ConfigWindowY,
		[]uint32{uint32(int32(x)), uint32(int32(y))}).Check())
}

func (p *painter) resize(id xproto.Window, width, height int) {
	p.t.Helper()
	require.NoError(p.t, xproto.ConfigureWindowChecked(p.x.conn, id,
		xproto.ConfigWindowWidth|xproto.ConfigWindowHeight, []uint32{uint32(width), uint32(height)}).Check())
}

// filming is a screen whose pipeline runs.
type filming struct {
	t   *testing.T
	s   *Screen
	out *pipeline.Output
	ran chan error
}

// film opens a screen and runs its pipeline.
func film(t *testing.T, opts *Options) *filming {
	t.Helper()
	s, err := Open(opts)
	require.NoError(t, err)
	f := &filming{t: t, s: s, ran: make(chan error, 1)}
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	outputs := s.Pipeline().Outputs()
	require.Len(t, outputs, 1)
	f.out = outputs[0]
	require.Equal(t, pipeline.RawVideo, f.out.Kind)
	go func() { f.ran <- s.Pipeline().Run(context.Background()) }()
	return f
}

// frame is one that was captured, BGRx.
type frame struct {
	width, height int
	pixels        []byte
}

func (p *frame) at(x, y int) color.RGBA {
	i := (y*p.width + x) * 4
	return color.RGBA{p.pixels[i+2], p.pixels[i+1], p.pixels[i], 0xff}
}

// next is the next frame.
func (f *filming) next() *frame {
	f.t.Helper()
	sample, err := media.Of(f.out).PullRaw()
	require.NoError(f.t, err)
	defer sample.Buffer.Unref()
	p := &frame{pixels: sample.Buffer.Bytes(nil)}
	p.width, p.height = media.Of(f.out).Caps().Size()
	require.Len(f.t, p.pixels, p.width*p.height*4)
	return p
}

// until takes frames until one is as wanted.
func (f *filming) until(wanted func(*frame) bool) {
	f.t.Helper()
	var p *frame
	for deadline := time.Now().Add(waitTimeout); time.Now().Before(deadline); {
		if p = f.next(); wanted(p) {
			return
		}
	}
	require.FailNow(f.t, "no frame is as wanted", "the last is %dx%d, its middle %v",
		p.width, p.height, p.at(p.width/2, p.height/2))
}

// end is the error that the pipeline ends with by itself.
func (f *filming) end() error {
	f.t.Helper()
	timeout := time.After(waitTimeout)
	for {
		select {
		case err := <-f.ran:
			return err
		case <-timeout:
			require.FailNow(f.t, "the pipeline continues")
		default:
		}
		if sample, err := media.Of(f.out).PullRaw(); err == nil {
			sample.Buffer.Unref()
		}
	}
}
