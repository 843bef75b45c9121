// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/help"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/options"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/problem"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/watching"
	"github.com/gstpublish/gstpublish/internal/report"
	"github.com/gstpublish/gstpublish/internal/viewer"
	"github.com/gstpublish/gstpublish/pipeline"
)

// watchOptions holds the flags of watch.
type watchOptions struct {
	connection  options.Connection
	report      options.Report
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
	flags := append(o.connection.Flags(), o.flags()...)
	return &cli.Command{
		Name:        "watch",
		Usage:       "join as a viewer, decode, and print what arrives",
		UsageText:   "gstpublish watch [OPTIONS]",
		Description: help.Watch,
		Flags:       append(flags, o.report.Flags()...),
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
			DefaultText: "all", Validator: options.CheckFPS,
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
			Name: "png", Destination: &o.png, Category: options.OutputCategory,
			Usage: "save the last frame as this `FILE`",
		},
		&cli.BoolFlag{
			Name: "web", Destination: &o.web, Category: options.OutputCategory,
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
		return problem.Usagef("--quality must be low, medium or high, got %q", o.qualityText)
	}
	for _, text := range o.codecTexts {
		codec, err := pipeline.ParseCodec(text)
		if err != nil {
			return problem.Usage(err)
		}
		o.codecs = append(o.codecs, codec)
	}
	if o.frames < 0 {
		return problem.Usagef("--frames must not be negative, got %d", o.frames)
	}
	if o.png != "" {
		if info, err := os.Stat(filepath.Dir(o.png)); err != nil || !info.IsDir() {
			return problem.Usagef("--png %s: no such folder: %s", o.png, filepath.Dir(o.png))
		}
	}
	return errors.Join(
		o.report.Check(quiet), options.CheckNotNegative("duration", o.duration),
		options.CheckNotNegative("timeout", o.timeout))
}

// noArguments rejects arguments.
func (a *app) noArguments(cmd *cli.Command) error {
	if cmd.Args().Present() || a.words != nil {
		return problem.Usagef("%s takes no arguments, got %q", cmd.Name, append(cmd.Args().Slice(), a.words...))
	}
	return nil
}

// watch joins a room and watches a track.
func (a *app) watch(ctx context.Context, o *watchOptions) error {
	if err := o.check(a.quiet); err != nil {
		return err
	}
	if err := o.connection.Resolve(); err != nil {
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
	a.status("watching in %s", o.connection.Place())
	a.reporter = report.NewReporter(a.results, o.report.Format)
	a.reporter.SetPlace(func() report.Place {
		track, _ := v.Track()
		return report.Place{Room: o.connection.Room, TrackSID: track.SID}
	})
	last, err := o.limits().Frames(ctx, v, func(event, why string, start time.Time) bool {
		return a.reporter.Print(report.Watch(event, why, start, v.Stats()))
	})
	if last != nil && o.png != "" {
		err = errors.Join(err, viewer.SavePNG(o.png, last))
	}
	return errors.Join(err, v.Close())
}

// joinTimeout bounds joining of viewers. The SDK's own bounds, 5 s to connect and 3 s to
// ask why that failed, don't cover a server that accepts and says nothing.
const joinTimeout = 12 * time.Second

var errNoAnswer = fmt.Errorf("no answer within %v: %w", joinTimeout, context.DeadlineExceeded)

// waitJoined limits a call of the SDK. If the call continues after that, it ends with the process.
func waitJoined(ctx context.Context, join func() error) error {
	joined := make(chan error, 1)
	go func() { joined <- join() }()
	timeout := time.NewTimer(joinTimeout)
	defer timeout.Stop()
	select {
	case err := <-joined:
		return err
	case <-timeout.C:
		return errNoAnswer
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// joinViewer joins a room as a viewer.
func (a *app) joinViewer(ctx context.Context, c *options.Connection, opts *viewer.Options) (*viewer.Viewer, error) {
	opts.Logger = a.sdkLog()
	token, err := c.ViewerToken()
	if err != nil {
		return nil, err
	}
	a.secrets.Add(token)
	var v *viewer.Viewer
	err = waitJoined(ctx, func() (err error) {
		v, err = viewer.Join(ctx, c.URL, token, opts)
		return err
	})
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		return nil, gstpublish.NewJoinError(c.URL, token, err)
	}
	return v, nil
}

// limits returns how long to watch.
func (o *watchOptions) limits() *watching.Limits {
	return &watching.Limits{
		Count: o.frames, Duration: o.duration, Timeout: o.timeout, Interval: o.report.Interval,
		Named: o.from != "" || o.track != "",
	}
}
