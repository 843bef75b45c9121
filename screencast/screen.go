// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package screencast

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"syscall"

	"github.com/gstpublish/gstpublish/internal/gst/ximage"
	"github.com/gstpublish/gstpublish/pipeline"
)

// Screen is a screen or window that can be captured. Its methods are safe for concurrent use.
type Screen struct {
	pipe  *pipeline.Pipeline
	what  string
	guard *guard // nil for PipeWire, whose pipeline ends by itself
}

// Open finds what the options name and builds the pipeline that captures it. The caller closes the
// Screen, or its pipeline. The error is a *DisplayError, *RegionError, *WindowError or
// *pipeline.LaunchError, which may wrap a *pipeline.MissingElementError.
func Open(opts *Options) (*Screen, error) {
	o, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	if o.PipeWire != nil {
		return openPipeWire(&o)
	}
	if o.Display == "" {
		if o.Display, err = environmentDisplay(); err != nil {
			return nil, err
		}
	}
	return openX11(&o)
}

// environmentDisplay returns the X11 display that the environment names.
func environmentDisplay() (string, error) {
	display, wayland := os.Getenv("DISPLAY"), os.Getenv("WAYLAND_DISPLAY")
	switch {
	case display != "":
		return display, nil
	case wayland == "":
		return "", &DisplayError{Reason: "the environment variable DISPLAY is not set; the first X server is usually :0"}
	}
	// Only capture what the user has selected: PipeWire's own first choice is a camera.
	e := &DisplayError{
		Reason: "this is Wayland (WAYLAND_DISPLAY=" + wayland + ") without X11; its screens come through PipeWire: " +
			"name the node that the desktop portal gives (org.freedesktop.portal.ScreenCast)",
	}
	if e.Err = pipeline.Installed("pipewiresrc"); e.Err != nil {
		e.Reason += "; also " + e.Err.Error()
	}
	return "", e
}

func openPipeWire(o *Options) (*Screen, error) {
	pipe, err := pipeline.Parse(pipeWireLaunch(o), &pipeline.Options{IsScreencast: true, Logger: o.Logger})
	if err != nil {
		return nil, err
	}
	return &Screen{pipe: pipe, what: "PipeWire node " + o.PipeWire.Node}, nil
}

func openX11(o *Options) (*Screen, error) {
	x, err := dial(o.Display)
	if err != nil {
		return nil, err
	}
	s, err := x.screen(o)
	if err != nil {
		x.close()
		return nil, err
	}
	return s, nil
}

// target is what to capture of a display.
type target struct {
	display string
	window  uint32 // its id; 0 for the screen
	what    string // `window "Editor"`, or "screen"
	region  Region
	fixed   bool   // the region was requested, and is not the whole
	gate    uint64 // the number of the pipeline's ximagegate
}

// screen builds the pipeline, and a guard that takes over the connection.
func (x *connection) screen(o *Options) (*Screen, error) {
	t, err := x.find(o)
	if err != nil {
		return nil, err
	}
	if err = ximage.Init(); err != nil {
		return nil, fmt.Errorf("screencast: %w", err)
	}
	g, err := newGuard(x, t, o.Logger)
	if err != nil {
		return nil, err
	}
	pipe, err := pipeline.Parse(x11Launch(t, o), &pipeline.Options{IsScreencast: true, Logger: o.Logger})
	if err != nil {
		return nil, err
	}
	g.start(pipe)
	what := fmt.Sprintf("%s, %dx%d px", t.what, t.region.Width, t.region.Height)
	return &Screen{pipe: pipe, what: what, guard: g}, nil
}

// leastDepth is how many bits a pixel has at least that holds a colour.
const leastDepth = 15

// find finds the window, if one is named, and the region of it.
func (x *connection) find(o *Options) (t *target, err error) {
	if depth := x.root.RootDepth; depth < leastDepth {
		return nil, &DisplayError{Display: o.Display, Reason: fmt.Sprintf(
			"its screen has %d bits a pixel, which are numbers of a palette and not colours: start the X server with 24, "+
				"such as Xvfb -screen 0 1920x1080x24", depth)}
	}
	width, height := int(x.root.WidthInPixels), int(x.root.HeightInPixels)
	t = &target{display: o.Display, what: "screen", region: o.Region, fixed: o.Region != Region{}, gate: rand.Uint64()}
	switch {
	case o.Window != "":
		w, findErr := x.findWindow(o.Window)
		if findErr != nil {
			return nil, findErr
		}
		t.window, t.what = w.id, fmt.Sprintf("window %q", w.title)
		width, height = w.width, w.height
	case x.isXwayland():
		return nil, &DisplayError{
			Display: o.Display,
			Reason: "it belongs to Xwayland, which shows X11 windows but not the screen: name a window, or the " +
				"PipeWire node that the desktop portal gives",
		}
	}
	t.region, err = t.region.within("the "+t.what, width, height)
	return t, err
}

// Pipeline returns the pipeline that captures. It can be run once, and its runner may close it.
func (s *Screen) Pipeline() *pipeline.Pipeline { return s.pipe }

// IsScreencast returns true: what is captured is published as a screen share.
func (s *Screen) IsScreencast() bool { return true }

// What describes what is captured.
func (s *Screen) What() string { return s.what }

// Err returns why there is nothing to capture any more: a *GoneError when the window was closed,
// when the window or screen has become smaller than the region, or when the X server is gone.
// Otherwise it is nil. The pipeline ends with the same message, in a *pipeline.ElementError.
func (s *Screen) Err() error {
	if s.guard == nil {
		return nil
	}
	return s.guard.reason()
}

// Close ends the pipeline and the guard. It is idempotent.
func (s *Screen) Close() error {
	err := s.pipe.Close()
	if s.guard != nil {
		<-s.guard.over
	}
	return err
}

// unreachable returns the reason why a display cannot be opened. xgb only reports text.
func unreachable(display string, err error) error {
	reason := err.Error()
	switch {
	case strings.Contains(reason, syscall.ENOENT.Error()), strings.Contains(reason, syscall.ECONNREFUSED.Error()):
		reason = "no X server answers; check its number, and that it runs"
	case strings.Contains(reason, "bad display string"), strings.Contains(reason, "empty display string"):
		reason = "not an X11 display, which looks like :0 or host:0"
	case strings.Contains(reason, "authentication refused"):
		reason += "; if the key is not in ~/.Xauthority, set XAUTHORITY to its file"
	}
	return &DisplayError{Display: display, Reason: reason, Err: err}
}
