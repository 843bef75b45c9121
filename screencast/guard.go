// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package screencast

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"

	"github.com/jezek/xgb/composite"
	"github.com/jezek/xgb/xproto"

	"github.com/gstpublish/gstpublish/internal/gst/ximage"
	"github.com/gstpublish/gstpublish/pipeline"
)

// guard watches what a pipeline captures, and ends the pipeline when it goes away, which ximagesrc
// does not notice.
type guard struct {
	x      *connection // owned by the guard
	target *target
	pipe   *pipeline.Pipeline
	log    *slog.Logger
	over   chan struct{} // closed when the guard has ended

	mu  sync.Mutex
	err error
}

// newGuard subscribes to the target's events. It does so before the last check that the target
// exists, so that no event is missed.
func newGuard(x *connection, t *target, log *slog.Logger) (*guard, error) {
	g := &guard{x: x, target: t, log: log, over: make(chan struct{})}
	err := xproto.ChangeWindowAttributesChecked(x.conn, g.watched(), xproto.CwEventMask,
		[]uint32{xproto.EventMaskStructureNotify}).Check()
	switch {
	case isGone(err):
		return nil, g.gone("was closed")
	case err != nil:
		return nil, x.lost(err)
	}
	if t.window != 0 {
		g.separate()
	}
	if err := g.look(); err != nil {
		return nil, err
	}
	return g, nil
}

// watched returns the window whose changes matter.
func (g *guard) watched() xproto.Window {
	if g.target.window != 0 {
		return xproto.Window(g.target.window)
	}
	return g.x.root.Root
}

// separate makes the server keep the window's pixels separately for the life of the connection:
// then neither windows above it nor the screen's edge remove anything from its image. A compositing
// manager already does that. Without the Composite extension it is not possible.
func (g *guard) separate() {
	err := composite.Init(g.x.conn)
	if err == nil {
		_, err = composite.QueryVersion(g.x.conn, 0, 4).Reply() // The extension requires this request first.
	}
	if err == nil {
		err = composite.RedirectWindowChecked(g.x.conn, g.watched(), composite.RedirectAutomatic).Check()
	}
	if err != nil {
		g.log.Warn("windows above the captured one will be visible in the capture", "err", err)
	}
}

// start watches until the pipeline has ended.
func (g *guard) start(pipe *pipeline.Pipeline) {
	g.pipe = pipe
	events := make(chan struct{})
	go func() {
		defer close(events)
		g.watch()
	}()
	go func() {
		defer close(g.over)
		<-pipe.Done()
		if pipe.Err() != nil {
			// It may have failed for a reason that the guard has not learned yet.
			g.fail(g.look())
		}
		g.x.close()
		<-events
	}()
}

// watch handles events until the connection is closed.
func (g *guard) watch() {
	for {
		event, failure := g.x.conn.WaitForEvent()
		if event == nil && failure == nil {
			select {
			case <-g.pipe.Done(): // We have closed it ourselves.
			default:
				g.end(g.gone("is no longer accessible: the X server closed the connection"))
			}
			return
		}
		g.end(g.handle(event))
	}
}

// handle returns why the capture cannot continue after an event; nil if it can.
func (g *guard) handle(event any) error {
	switch e := event.(type) {
	case xproto.DestroyNotifyEvent:
		return g.gone("was closed")
	case xproto.ConfigureNotifyEvent:
		return g.fits(int(e.Width), int(e.Height))
	}
	return nil
}

// look checks the current state of the target.
func (g *guard) look() error {
	geometry, err := xproto.GetGeometry(g.x.conn, xproto.Drawable(g.watched())).Reply()
	switch {
	case isGone(err):
		return g.gone("was closed")
	case err != nil:
		return g.gone("is no longer accessible: " + err.Error())
	}
	return g.fits(int(geometry.Width), int(geometry.Height))
}

// fits checks that the region is still inside the target.
func (g *guard) fits(width, height int) error {
	r := g.target.region
	if !g.target.fixed {
		r = Region{}
	}
	if _, err := r.within("it", width, height); err != nil {
		if !g.target.fixed {
			return g.gone(fmt.Sprintf("is now %dx%d px, too small for encoders", width, height))
		}
		return g.gone(fmt.Sprintf("is now %dx%d px, smaller than the region %s", width, height, r))
	}
	return nil
}

func (g *guard) gone(reason string) error { return &GoneError{What: g.target.what, Reason: reason} }

// fail keeps the first reason.
func (g *guard) fail(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.err == nil {
		g.err = err
	}
}

// end ends the pipeline if there is a reason.
func (g *guard) end(reason error) {
	if reason != nil {
		g.fail(reason)
		// If there is no gate any more, the pipeline has been closed.
		ximage.Fail(g.target.gate, strings.TrimPrefix(reason.Error(), "screencast: "))
	}
}

// reason returns why the capture has ended; nil before.
func (g *guard) reason() error {
	select {
	case <-g.pipe.Done():
		<-g.over // The guard checks the target once more if the pipeline has failed.
	default:
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.err
}
