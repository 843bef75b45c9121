// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package screencast

import (
	"fmt"
	"log/slog"
	"strconv"
	"strings"

	"github.com/gstpublish/gstpublish/internal/video"
)

// Options selects what to capture. The zero value captures the whole screen of the display that the
// environment names.
type Options struct {
	// Display is the X11 display, such as ":0". The default is the environment's DISPLAY.
	Display string
	// Window is the title of the window to capture, a part of its title, or its id such as
	// "0x1400003". A whole title takes precedence over a part, and an exact match over one that
	// ignores case. The default is none: the screen.
	Window string
	// Region is the part of the window or screen to capture. The default is all of it.
	Region Region
	// Cursor includes the mouse pointer.
	Cursor bool
	// FPS is the maximum number of frames captured a second. The default is 30.
	FPS int
	// PipeWire captures a PipeWire node instead of an X11 display. The default is nil: X11.
	PipeWire *PipeWire
	// Logger receives messages about the window. The default discards them.
	Logger *slog.Logger
}

// PipeWire is a PipeWire stream, as a Wayland compositor provides it through
// org.freedesktop.portal.ScreenCast or an interface of its own. The request to the compositor,
// which this package does not make, decides whether it includes the pointer.
type PipeWire struct {
	// Node is the number or the name of the stream's node. It is required: without one PipeWire
	// chooses a node, and the first that it finds is a camera.
	Node string
	// FD is the file descriptor of the PipeWire connection from the portal's OpenPipeWireRemote.
	// The caller owns it. The default is PipeWire's own socket.
	FD int
}

const (
	// minSide is the minimum width and height of a frame, in px: H.264, VP8 and VP9 encode in
	// blocks of 16, and encoders refuse less.
	minSide = 16
)

func (o *Options) withDefaults() (Options, error) {
	var c Options
	if o != nil {
		c = *o
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.FPS == 0 {
		c.FPS = video.DefaultFPS
	}
	if c.FPS < 0 || c.FPS > video.MaxFPS {
		return c, fmt.Errorf("screencast: FPS must be between 1 and %d, got %d", video.MaxFPS, c.FPS)
	}
	if err := c.Region.check(); err != nil {
		return c, err
	}
	if c.PipeWire != nil {
		return c, c.checkPipeWire()
	}
	return c, nil
}

// checkPipeWire rejects options that only X11 has.
func (o *Options) checkPipeWire() error {
	var text string
	switch {
	case o.PipeWire.Node == "":
		text = "Node is empty: set the node that the portal gave"
	case o.PipeWire.FD < 0:
		text = fmt.Sprintf("%d is not a file descriptor", o.PipeWire.FD)
	case o.Display != "" || o.Window != "" || o.Region != Region{} || o.Cursor:
		text = "display, window, region and cursor apply only to X11; the portal chose what the node shows"
	default:
		return nil
	}
	return &DisplayError{Display: "PipeWire", Reason: text}
}

// Region is a part of a screen or window, in px from its upper left corner. The zero value is all
// of it.
type Region struct {
	X, Y, Width, Height int
}

// ParseRegion parses a region written as "X,Y,W,H". The error is a *RegionError.
func ParseRegion(text string) (Region, error) {
	var numbers [4]int
	fields := strings.Split(text, ",")
	valid := len(fields) == len(numbers)
	for i := 0; valid && i < len(fields); i++ {
		var err error
		numbers[i], err = strconv.Atoi(strings.TrimSpace(fields[i]))
		valid = err == nil
	}
	if !valid {
		return Region{}, &RegionError{
			Region: text, Reason: "must be X,Y,W,H in px from the upper left corner, such as 0,0,1280,720",
		}
	}
	r := Region{X: numbers[0], Y: numbers[1], Width: numbers[2], Height: numbers[3]}
	if r == (Region{}) {
		return r, r.fault("the region is empty")
	}
	return r, r.check()
}

func (r Region) String() string { return fmt.Sprintf("%d,%d,%d,%d", r.X, r.Y, r.Width, r.Height) }

// check rejects regions that are never valid. The zero value is valid.
func (r Region) check() error {
	switch {
	case r == (Region{}):
		return nil
	case r.X < 0 || r.Y < 0:
		return r.fault("X and Y must not be negative: 0,0 is the upper left corner")
	case r.Width < 0 || r.Height < 0:
		return r.fault("width and height, the third and fourth number, must not be negative")
	case r.Width == 0 || r.Height == 0:
		return r.fault("the region is empty")
	case r.Width < minSide || r.Height < minSide:
		return r.fault(fmt.Sprintf("too small: encoders need at least %dx%d px", minSide, minSide))
	default:
		return nil
	}
}

// within checks that the region is inside an area of this size. The zero region becomes all of it.
func (r Region) within(what string, width, height int) (Region, error) {
	if r == (Region{}) {
		r = Region{Width: width, Height: height}
		if width < minSide || height < minSide {
			return r, r.fault(fmt.Sprintf("%s is too small: encoders need at least %dx%d px", what, minSide, minSide))
		}
		return r, nil
	}
	// Not r.X+r.Width, which could overflow.
	if r.X >= width || r.Y >= height || r.Width > width-r.X || r.Height > height-r.Y {
		return r, r.fault(fmt.Sprintf("extends beyond %s, which is %dx%d px", what, width, height))
	}
	return r, nil
}

func (r Region) fault(reason string) error { return &RegionError{Region: r.String(), Reason: reason} }
