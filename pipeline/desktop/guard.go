// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package desktop

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

// guard watches what a pipeline captures, and ends the pipeline when it goes
// away, which ximagesrc doesn't notice.
type guard struct {
	x      *connection // its own from now on
	target *target
	pipe   *pipeline.Pipeline
	log    *slog.Logger
	over   chan struct{} // closed when it watches no more

	mu  sync.Mutex
	err error
}

// newGuard asks the server to tell what happens to the target. That comes before
// the last look at whether it is there, so that nothing is missed.
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

// watched is the window whose changes matter.
func (g *guard) watched() xproto.Window {
	if g.target.window != 0 {
		return xproto.Window(g.target.window)
	}
	return g.x.root.Root
}

// separate makes the server keep the window's pixels by themselves, for as long
// as the connection lives: then neither windows above it nor the screen's edge
// take anything from its picture. Where a compositing manager runs it is so
// already. A server without that extension leaves what can't be helped.
func (g *guard) separate() {
	err := composite.Init(g.x.conn)
	if err == nil {
		_, err = composite.QueryVersion(g.x.conn, 0, 4).Reply() // It wants to be asked first.
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
			// It may have failed of what the guard hasn't heard of yet.
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
			case <-g.pipe.Done(): // So we have closed it.
			default:
				g.end(g.gone("is no longer accessible: the X server closed the connection"))
			}
			return
		}
		g.end(g.handle(event))
	}
}

// handle says why the capture can't go on after an event; nil if it can.
func (g *guard) handle(event any) error {
	switch e := event.(type) {
	case xproto.DestroyNotifyEvent:
		return g.gone("was closed")
	case xproto.ConfigureNotifyEvent:
		return g.fits(int(e.Width), int(e.Height))
	}
	return nil
}

// look finds out by itself how the target is now.
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

// fits checks that what was asked for is still inside.
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

// end ends the pipeline for a reason, if there is one.
func (g *guard) end(reason error) {
	if reason != nil {
		g.fail(reason)
		// Where there is no gate any more, the pipeline has been closed.
		ximage.Fail(g.target.gate, strings.TrimPrefix(reason.Error(), "desktop: "))
	}
}

// reason is why the capture has ended; nil before.
func (g *guard) reason() error {
	select {
	case <-g.pipe.Done():
		<-g.over // It takes a last look where the pipeline has failed.
	default:
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.err
}
