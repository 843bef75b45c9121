// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/help"
	"github.com/gstpublish/gstpublish/internal/report"
	"github.com/gstpublish/gstpublish/internal/viewer"
	"github.com/gstpublish/gstpublish/pipeline"
)

// watchOptions holds the flags of watch.
type watchOptions struct {
	connection  connection
	report      reportOptions
	from, track string
	qualityText string
	quality     viewer.Quality
	fps         int
	codecTexts  []string
	codecs      []pipeline.Codec
	png         string
	frames      int
	duration    time.Duration
	timeout     time.Duration
	web         bool
}

func (a *app) watchCommand() *cli.Command {
	o := &watchOptions{}
	flags := append(o.connection.flags(), o.flags()...)
	return &cli.Command{
		Name:        "watch",
		Usage:       "join as a viewer, decode, and print what arrives",
		UsageText:   "gstpublish watch [OPTIONS]",
		Description: help.Watch,
		Flags:       append(flags, o.report.flags()...),
		Action: func(ctx context.Context, cmd *cli.Command) error {
			if err := a.noArguments(cmd); err != nil {
				return err
			}
			return a.watch(ctx, o)
		},
	}
}

func (o *watchOptions) flags() []cli.Flag {
	const category = "What to watch"
	return []cli.Flag{
		&cli.StringFlag{
			Name: "from", Destination: &o.from, Category: category,
			Usage: "`IDENTITY` of the participant to watch", DefaultText: "anyone",
		},
		&cli.StringFlag{
			Name: "track", Destination: &o.track, Category: category,
			Usage: "`NAME` of the track to watch", DefaultText: "the first video",
		},
		&cli.StringFlag{
			Name: "quality", Destination: &o.qualityText, Category: category,
			Usage:       "`SIZE` to request if the video has several: low, medium or high",
			DefaultText: "high",
		},
		&cli.IntFlag{
			Name: "max-fps", Destination: &o.fps, Category: category,
			Usage:       "request at most this `NUMBER` of frames a second, from a track with --temporal-layers",
			DefaultText: "all", Validator: checkFPS,
		},
		&cli.StringSliceFlag{
			Name: "codec", Destination: &o.codecTexts, Category: category,
			Usage:       "claim to decode only this `CODEC`; may be repeated",
			DefaultText: "all",
		},
		&cli.IntFlag{
			Name: "frames", Destination: &o.frames, Category: category,
			Usage: "stop after this `NUMBER` of frames", DefaultText: "when the track ends",
		},
		&cli.DurationFlag{
			Name: "duration", Destination: &o.duration, Category: category,
			Usage: "stop after this `TIME` of video, such as 10s",
		},
		&cli.DurationFlag{
			Name: "timeout", Destination: &o.timeout, Value: 15 * time.Second, Category: category,
			Usage: "give up after this `TIME` without a frame; 0 means never",
		},
		&cli.StringFlag{
			Name: "png", Destination: &o.png, Category: outputCategory,
			Usage: "save the last frame as this `FILE`",
		},
		&cli.BoolFlag{
			Name: "web", Destination: &o.web, Category: outputCategory,
			Usage: "serve a page on this machine that shows the video in a browser, until Ctrl-C",
		},
	}
}

func (o *watchOptions) check(quiet bool) error {
	switch o.qualityText {
	case "", "high":
	case "medium":
		o.quality = viewer.Medium
	case "low":
		o.quality = viewer.Low
	default:
		return usagef("--quality must be low, medium or high, got %q", o.qualityText)
	}
	for _, text := range o.codecTexts {
		codec, err := pipeline.ParseCodec(text)
		if err != nil {
			return &usageError{err}
		}
		o.codecs = append(o.codecs, codec)
	}
	if o.frames < 0 {
		return usagef("--frames must not be negative, got %d", o.frames)
	}
	if o.png != "" {
		if info, err := os.Stat(filepath.Dir(o.png)); err != nil || !info.IsDir() {
			return usagef("--png %s: no such folder: %s", o.png, filepath.Dir(o.png))
		}
	}
	return errors.Join(
		o.report.check(quiet), checkNotNegative("duration", o.duration), checkNotNegative("timeout", o.timeout))
}

// noArguments rejects arguments.
func (a *app) noArguments(cmd *cli.Command) error {
	if cmd.Args().Present() || a.words != nil {
		return usagef("%s takes no arguments, got %q", cmd.Name, append(cmd.Args().Slice(), a.words...))
	}
	return nil
}

// watch joins a room and watches a track.
func (a *app) watch(ctx context.Context, o *watchOptions) error {
	if err := o.check(a.quiet); err != nil {
		return err
	}
	if err := o.connection.resolve(); err != nil {
		return err
	}
	if o.web {
		return a.watchPage(ctx, o)
	}
	v, err := a.joinViewer(ctx, &o.connection, &viewer.Options{
		Publisher: o.from, TrackName: o.track, Quality: o.quality, FPS: o.fps, Codecs: o.codecs,
	})
	if err != nil {
		return err
	}
	a.status("watching in %s", o.connection.place())
	a.reporter = report.NewReporter(a.results, o.report.format)
	a.reporter.SetPlace(func() report.Place {
		track, _ := v.Track()
		return report.Place{Room: o.connection.room, TrackSID: track.SID}
	})
	last, err := o.look(ctx, v, func(event, why string, start time.Time) bool {
		return a.reporter.Print(report.Watch(event, why, start, v.Stats()))
	})
	if last != nil && o.png != "" {
		err = errors.Join(err, viewer.SavePNG(o.png, last))
	}
	return errors.Join(err, v.Close())
}

// place describes the room for the user.
func (c *connection) place() string {
	if c.room == "" {
		return c.url + ", the room of the token"
	}
	return fmt.Sprintf("room %q of %s", c.room, c.url)
}

// joinViewer joins a room as a viewer.
func (a *app) joinViewer(ctx context.Context, c *connection, opts *viewer.Options) (*viewer.Viewer, error) {
	opts.Logger = a.sdkLog()
	token, err := c.viewerToken()
	if err != nil {
		return nil, err
	}
	a.secrets.Add(token)
	var v *viewer.Viewer
	err = waitJoined(ctx, func() (err error) {
		v, err = viewer.Join(ctx, c.url, token, opts)
		return err
	})
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		return nil, gstpublish.NewJoinError(c.url, token, err)
	}
	return v, nil
}

// tellFunc is called with the event and, at the end, the reason for it. It returns false when there
// is no listener any more.
type tellFunc func(event, why string, start time.Time) bool

// look takes frames until there are enough, and returns the last.
func (o *watchOptions) look(ctx context.Context, v *viewer.Viewer, tell tellFunc) (*viewer.Frame, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w := newWatcher(o, frames(ctx, v))
	defer w.close()
	for {
		why, err := w.step(ctx, tell)
		if err != nil {
			why = "failure"
		}
		if why != "" {
			tell("end", why, w.start)
			return w.last, err
		}
	}
}

// taken is the result of Viewer.Next.
type taken struct {
	frame *viewer.Frame
	err   error
}

// frames passes on the viewer's frames, until an error or the end of ctx.
func frames(ctx context.Context, v *viewer.Viewer) <-chan taken {
	out := make(chan taken)
	go func() {
		for {
			p, err := v.Next(ctx)
			select {
			case out <- taken{p, err}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	}()
	return out
}

// watcher counts frames.
type watcher struct {
	options *watchOptions
	frames  <-chan taken
	start   time.Time
	ticker  *time.Ticker // for the statistics
	timeout *time.Timer  // from the last frame
	over    *time.Timer  // from the first frame
	last    *viewer.Frame
	count   int
}

func newWatcher(o *watchOptions, from <-chan taken) *watcher {
	w := &watcher{
		options: o, frames: from, start: time.Now(),
		ticker: time.NewTicker(o.report.interval), timeout: time.NewTimer(o.timeout), over: time.NewTimer(0),
	}
	w.over.Stop()
	if o.timeout == 0 {
		w.timeout.Stop()
	}
	return w
}

func (w *watcher) close() {
	w.ticker.Stop()
	w.timeout.Stop()
	w.over.Stop()
}

// step waits for the next event. why is not empty at the end.
func (w *watcher) step(ctx context.Context, tell tellFunc) (why string, err error) {
	select {
	case got := <-w.frames:
		return w.take(got)
	case <-w.over.C:
		return "duration", nil
	case <-w.timeout.C:
		return "", w.nothing()
	case <-w.ticker.C:
		if !tell("stats", "", w.start) {
			return "output closed", nil
		}
		return "", nil
	case <-ctx.Done():
		if stopped := (*stoppedError)(nil); errors.As(context.Cause(ctx), &stopped) {
			return stopped.signal, nil
		}
		return "", context.Cause(ctx)
	}
}

// take counts a frame, or returns why there is none.
func (w *watcher) take(got taken) (why string, err error) {
	o := w.options
	switch {
	case errors.Is(got.err, io.EOF) && (o.frames > 0 || w.count == 0):
		return "", fmt.Errorf("the track ended after %d frames", w.count)
	case errors.Is(got.err, io.EOF):
		return "end of track", nil
	case got.err != nil:
		return "", got.err
	}
	if w.last = got.frame; w.count == 0 && o.duration > 0 {
		w.over.Reset(o.duration)
	}
	if o.timeout > 0 {
		w.timeout.Reset(o.timeout)
	}
	if w.count++; w.count == o.frames {
		return "frames", nil
	}
	return "", nil
}

// nothing returns the error of a timeout.
func (w *watcher) nothing() error {
	if w.count > 0 {
		return fmt.Errorf("no frame for %v, after %d frames", w.options.timeout, w.count)
	}
	err := fmt.Errorf("no frame within %v", w.options.timeout)
	if w.options.from != "" || w.options.track != "" {
		return &hinted{err, "Check that --from and --track match a published video track."}
	}
	return &hinted{err, "Check that a participant publishes video in this room."}
}
