// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/options"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/problem"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/tell"
	"github.com/gstpublish/gstpublish/internal/desktop"
	"github.com/gstpublish/gstpublish/internal/devserver"
	"github.com/gstpublish/gstpublish/internal/link"
	"github.com/gstpublish/gstpublish/internal/page"
	"github.com/gstpublish/gstpublish/internal/pattern"
	"github.com/gstpublish/gstpublish/internal/report"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/screencast"
	"github.com/gstpublish/gstpublish/sink"
)

// tellPage prints the address of a page.
func (a *app) tellPage(p *page.Server) {
	a.tell("Open %s\nin a browser on this machine. Ctrl-C ends it.", p.URL())
}

// watchPage serves a page to watch a room, until ctx or the duration ends.
func (a *app) watchPage(ctx context.Context, o *watchOptions) error {
	if o.png != "" || o.frames > 0 || len(o.codecTexts) > 0 || o.fps > 0 {
		return problem.Usagef("--web can't be combined with --png, --frames, --codec or --max-fps")
	}
	c := &o.connection
	if err := c.CheckBrowserToken(); err != nil {
		return err
	}
	p, err := page.Serve(ctx, &page.Options{
		URL: c.URL, Token: c.BrowserToken,
		View: page.View{Room: c.Place(), From: o.from, Track: o.track, Quality: o.qualityText},
	})
	if err != nil {
		return err
	}
	a.tellPage(p)
	err = waitFor(ctx, o.duration, nil)
	return errors.Join(err, p.Close())
}

// waitFor waits until a duration is over, if it is positive, ended is closed, or ctx ends. A signal is not an error.
func waitFor(ctx context.Context, d time.Duration, ended <-chan struct{}) error {
	var over <-chan time.Time
	if d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-over:
	case <-ended:
	case <-ctx.Done():
		if stopped := (*problem.StoppedError)(nil); !errors.As(context.Cause(ctx), &stopped) {
			return context.Cause(ctx)
		}
	}
	return nil
}

// The link of the demo's publisher when it is narrow: less than the floor of a screen's quality.
const (
	narrowRate  = 800_000 // bit/s
	narrowDelay = 20 * time.Millisecond
)

// linkIP is where clients find media behind the demo's link; the server is elsewhere on loopback.
var linkIP = netip.AddrFrom4([4]byte{127, 0, 0, 2}) // never written

// demoPage publishes a screen on a server of its own, and serves a page to watch it.
func (a *app) demoPage(ctx context.Context, o *demoOptions) (err error) {
	v := &o.video
	v.Screencast, v.IdleRepeat = true, sink.DefaultIdleRepeat
	if err = errors.Join(v.Check(), options.CheckNotNegative("duration", o.duration)); err != nil {
		return err
	}
	if err = v.CheckEncoder(); err != nil {
		return err
	}
	server, err := a.startServer(ctx, &devserver.Options{MediaIP: linkIP})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop(context.WithoutCancel(ctx))) }()
	way, err := link.Start(ctx, &link.Options{Server: server.MediaAddr(), Listen: linkIP})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, way.Close()) }()
	c := &options.Connection{URL: server.URL(), APIKey: server.APIKey(), APISecret: server.APISecret(), Room: "demo"}
	return a.demoScreen(ctx, o, c, way)
}

// shown is a screen that the demo shows.
type shown struct {
	source gstpublish.Source
	pipe   *pipeline.Pipeline // of a desktop
	what   string             // for the user
	still  func(still bool) error
	where  any // what a browser can measure; nil if nothing
	close  func()
}

// openPattern starts the demo's own screen.
func (a *app) openPattern() (*shown, error) {
	screen, err := pattern.Start()
	if err != nil {
		return nil, err
	}
	return &shown{
		source: screen.Source(), what: "a screen", where: pattern.Describe(),
		still: func(still bool) error { screen.SetStill(still); return nil },
		close: func() {
			if closing := screen.Close(); closing != nil {
				a.log.Warn("the demo's screen", "err", closing)
			}
		},
	}, nil
}

// openDesktop starts a desktop, and captures it. The pipeline is the caller's.
func (a *app) openDesktop(ctx context.Context) (*shown, error) {
	d, err := desktop.Start(ctx)
	if missing := (*desktop.MissingError)(nil); errors.As(err, &missing) {
		return nil, problem.Hint(
			fmt.Errorf("--screen: %w", missing),
			"On Debian: sudo apt-get install "+missing.Package(),
		)
	}
	if err != nil {
		return nil, err
	}
	screen, err := screencast.Open(&screencast.Options{Display: d.Display(), Logger: a.log})
	if err != nil {
		d.Close()
		return nil, err
	}
	return &shown{
		source: screen, pipe: screen.Pipeline(), what: "a desktop", still: d.SetStill,
		close: func() {
			_ = screen.Close() // Its pipeline has been closed with the publication.
			d.Close()
		},
	}, nil
}

// demoScreen publishes a screen and serves the page.
func (a *app) demoScreen(ctx context.Context, o *demoOptions, c *options.Connection, way *link.Link) error {
	a.muted.Store(true) // the demo's own output is enough
	open := a.openPattern
	if o.screen {
		open = func() (*shown, error) { return a.openDesktop(ctx) }
	}
	screen, err := open()
	if err != nil {
		return err
	}
	defer screen.close()
	publisher := *c
	publisher.Identity = "publisher"
	room, pub, err := a.startSource(ctx, &publisher, &o.video, screen.source)
	if err != nil {
		return err
	}
	a.tell("Publishing %s in room %q, encoded as %s by %s.",
		screen.what, c.Room, tell.CodecName(pub.Stats()), pub.Stats().Encoder)
	err = a.serveDemo(ctx, o, c, room, pub, &demoSwitches{screen, way, pub})
	err = errors.Join(err, a.stop(ctx, pub))
	_ = room.Close() // The publication has been closed, and its errors are in err.
	return err
}

// startSource joins a room, and publishes a source.
func (a *app) startSource(
	ctx context.Context, c *options.Connection, v *options.Video, source gstpublish.Source,
) (*gstpublish.Room, *sink.Publication, error) {
	room, err := a.newRoom(c, v)
	if err != nil {
		return nil, nil, err
	}
	if err = room.Join(ctx); err != nil {
		return nil, nil, errors.Join(err, room.Close())
	}
	opts := v.Options()
	opts.Logger = a.log
	pub, err := room.Publish(ctx, source, opts)
	if err != nil {
		return nil, nil, errors.Join(err, room.Close())
	}
	return room, pub, nil
}

// serveDemo serves the page of the demo.
func (a *app) serveDemo(
	ctx context.Context, o *demoOptions, c *options.Connection, room *gstpublish.Room, pub *sink.Publication,
	s *demoSwitches,
) error {
	m, viewers := report.NewMeter(), &tell.Viewers{}
	p, err := page.Serve(ctx, &page.Options{
		URL: c.URL, Token: c.BrowserToken,
		View: page.View{Room: "room demo of this machine", From: "publisher", Pattern: s.screen.where},
		State: func() any {
			p := report.Publish(report.Stats, "", m, look(room, pub))
			if l := a.live.Load(); l != nil {
				l.show(p, viewers.Count(a.teller, room))
			}
			return p
		},
		Switches: s.all(),
	})
	if err != nil {
		return err
	}
	a.tellPage(p)
	a.goLive()
	err = waitFor(ctx, o.duration, pub.Done())
	a.endLive()
	return errors.Join(err, p.Close(), pub.Err())
}

// demoSwitches are what a viewer of the demo may switch.
type demoSwitches struct {
	screen *shown
	way    *link.Link
	pub    *sink.Publication
}

func (s *demoSwitches) all() []*page.Switch {
	return []*page.Switch{
		{
			Name: "pause", Label: "Pause", Key: "p", Title: "Mute the track: nothing is encoded or sent",
			Set: func(on bool) error { s.pub.SetMuted(on); return nil },
		},
		{
			Name: "still", Label: "Make it still", Key: "s", Title: "Stop what moves on the screen; it is captured as before",
			Set: s.screen.still,
		},
		{
			Name: "narrow", Label: "Narrow the link", Key: "n",
			Title: fmt.Sprintf("Let the publisher's link carry %d kbit/s, with %v of delay", narrowRate/1000, narrowDelay),
			Set:   func(on bool) error { s.narrow(on); return nil },
		},
	}
}

// narrow shapes what clients send to the server. Browsers send next to nothing there.
func (s *demoSwitches) narrow(on bool) {
	var up link.Shape
	if on {
		up = link.Shape{Rate: narrowRate, Delay: narrowDelay}
	}
	s.way.SetDefault(up, link.Shape{})
	for _, flow := range s.way.Flows() {
		flow.SetUp(up)
	}
}
