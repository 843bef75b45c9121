// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/help"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/options"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/problem"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/tell"
	"github.com/gstpublish/gstpublish/internal/devserver"
	"github.com/gstpublish/gstpublish/internal/report"
	"github.com/gstpublish/gstpublish/internal/viewer"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink"
)

// testPatternFile is the file in pipelines/ that demo publishes, and testPattern is its text without
// comments, for programs that are far from the file.
const (
	testPatternFile = "testpattern.launch"
	testPattern     = `videotestsrc is-live=true pattern=smpte100 horizontal-speed=4
! video/x-raw,format=I420,width=1280,height=720,framerate=30/1
! timeoverlay halignment=center valignment=center font-desc="Sans, 36" shaded-background=true
`
)

// demoOptions holds the flags of demo.
type demoOptions struct {
	png      string
	video    options.Video
	duration time.Duration
	web      bool
	screen   bool
}

func (a *app) demoCommand() *cli.Command {
	o := &demoOptions{}
	return &cli.Command{
		Name:        "demo",
		Usage:       "start a server, publish a test pattern or a desktop, and watch it",
		UsageText:   "gstpublish demo [OPTIONS]",
		Description: help.Demo,
		Flags: append(o.video.EncoderFlags(),
			&cli.BoolFlag{
				Name: "web", Destination: &o.web,
				Usage:       "serve a page that shows the video in a browser, until Ctrl-C",
				DefaultText: "on a terminal, without --png and --duration",
			},
			&cli.BoolFlag{
				Name: "screen", Destination: &o.screen,
				Usage: "publish a desktop with two terminals, on an X server without a monitor (needs Xvfb and xterm)",
			},
			&cli.StringFlag{
				Name: "png", Destination: &o.png, Value: "demo.png",
				Usage: "save the viewer's last frame as this `FILE`",
			},
			&cli.DurationFlag{
				Name: "duration", Destination: &o.duration, Value: 4 * time.Second,
				Usage: "watch for this `TIME`",
			},
		),
		Action: func(ctx context.Context, cmd *cli.Command) error {
			if err := a.noArguments(cmd); err != nil {
				return err
			}
			if !cmd.IsSet("web") {
				o.web = a.onTerminal() && !cmd.IsSet("png") && !cmd.IsSet("duration")
			}
			if o.web {
				if !cmd.IsSet("duration") {
					o.duration = 0
				}
				return a.demoPage(ctx, o)
			}
			return a.demo(ctx, o)
		},
	}
}

// demo publishes and watches on its own server.
func (a *app) demo(ctx context.Context, o *demoOptions) error {
	v := &o.video
	w := &watchOptions{
		png: o.png, duration: o.duration, timeout: 15 * time.Second,
		report: options.Report{Format: "none", Interval: time.Second},
	}
	if err := errors.Join(v.Check(), w.check(a.quiet)); err != nil {
		return err
	}
	pipe, err := pipeline.Parse(testPattern, &pipeline.Options{Logger: a.log})
	if err != nil {
		return err
	}
	what := "pipelines/" + testPatternFile
	if o.screen {
		shown, failure := a.openDesktop(ctx)
		if err = errors.Join(failure, pipe.Close()); err != nil {
			return err
		}
		defer shown.close()
		pipe, what = shown.pipe, shown.what
		v.Screencast, v.IdleRepeat = true, sink.DefaultIdleRepeat
	}
	if err = a.checkVideo(v, pipe); err != nil {
		return errors.Join(err, pipe.Close())
	}
	server, err := a.startServer(ctx, &devserver.Options{})
	if err != nil {
		return errors.Join(err, pipe.Close())
	}
	c := options.Connection{URL: server.URL(), APIKey: server.APIKey(), APISecret: server.APISecret(), Room: "demo"}
	err = a.demoIn(ctx, &c, pipe, what, v, w)
	return errors.Join(err, server.Stop(context.WithoutCancel(ctx)))
}

// startServer starts a LiveKit server on free ports of this machine.
func (a *app) startServer(ctx context.Context, opts *devserver.Options) (*devserver.Server, error) {
	opts.Logger = a.log
	if a.verbose {
		opts.Log = a.errw
	}
	server, err := devserver.Start(ctx, opts)
	if err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, problem.Hint(err, "With --dev, `run` and `watch` use a livekit-server that runs already.")
	}
	a.tell("A LiveKit server runs at %s (%s, on loopback only).", server.URL(), devserver.Version)
	return server, nil
}

// tell prints a line of the demo's output.
func (a *app) tell(format string, args ...any) { fmt.Fprintf(a.out, format+"\n", args...) }

// demoIn publishes and watches in a room.
func (a *app) demoIn(
	ctx context.Context, c *options.Connection, pipe *pipeline.Pipeline, what string, v *options.Video, w *watchOptions,
) error {
	a.muted.Store(true) // the demo's own output is enough
	publisher := *c
	publisher.Identity = "publisher"
	room, pub, err := a.start(ctx, &publisher, v, pipe, 0)
	if err != nil {
		return err
	}
	a.tell("Publishing %s in room %q, encoded as %s by %s.",
		what, c.Room, tell.CodecName(pub.Stats()), pub.Stats().Encoder)
	viewing := *c
	viewing.Identity = "viewer"
	err = a.demoWatch(ctx, room, pub, &viewing, w)
	err = errors.Join(err, a.stop(ctx, pub))
	_ = room.Close() // The publication has been closed, and its errors are in err.
	return err
}

// demoWatch watches the publication, and prints what it received.
func (a *app) demoWatch(
	ctx context.Context, room *gstpublish.Room, pub *sink.Publication, c *options.Connection, w *watchOptions,
) error {
	v, err := a.joinViewer(ctx, c, &viewer.Options{Publisher: "publisher"})
	if err != nil {
		return err
	}
	a.tell("A viewer has joined and watches for %v ...", w.duration)
	var got viewer.Stats
	last, err := w.limits().Frames(ctx, v, func(event, _ string, _ time.Time) bool {
		if event == "end" {
			got = v.Stats()
		}
		return true
	})
	err = errors.Join(err, v.Close(), pub.Err(), room.Err())
	if err != nil || last == nil {
		return errors.Join(err, context.Cause(ctx))
	}
	if err = viewer.SavePNG(w.png, last); err != nil {
		return err
	}
	a.tellWatched(got, room.Stats().Network, w.png)
	return nil
}

// tellWatched prints what a viewer received, and over what network.
func (a *app) tellWatched(s viewer.Stats, n gstpublish.NetworkStats, png string) {
	a.tell("  first frame     %v after subscribing", s.FirstFrame.Round(time.Millisecond))
	a.tell("  video           %s %dx%d, %.1f frames/s, %.0f kbit/s",
		s.Codec, s.Width, s.Height, s.FPS, s.BitsPerSecond/1000)
	a.tell("  frames          %d decoded, %d of them key frames, %d packets lost", s.Decoded, s.KeyFrames, s.Lost)
	if n.LinkRate > 0 {
		a.tell("  network         carries %v %.0f kbit/s, round trip %v",
			report.LinkBound(n), report.Kbits(n.LinkRate), n.RTT.Round(100*time.Microsecond))
	}
	size := ""
	if info, err := os.Stat(png); err == nil {
		size = fmt.Sprintf(" (%d kB)", info.Size()/1000)
	}
	a.tell("The last frame is in %s%s.", png, size)
}
