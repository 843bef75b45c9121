// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"

	"github.com/urfave/cli/v3"

	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/help"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/options"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/problem"
	"github.com/gstpublish/gstpublish/internal/sandbox"
	"github.com/gstpublish/gstpublish/internal/timeline"
	"github.com/gstpublish/gstpublish/screencast"
)

// screencastOptions holds the flags of screencast.
type screencastOptions struct {
	run                         runOptions
	display, window, regionText string
	region                      screencast.Region
	cursor                      bool
	node                        string // of PipeWire
	fd                          int
}

func (a *app) screencastCommand() *cli.Command {
	o := &screencastOptions{}
	v := &o.run.video
	v.Screencast = true
	return &cli.Command{
		Name:        "screencast",
		Usage:       "publish a screen, a window, or a region of either",
		UsageText:   "gstpublish screencast [OPTIONS]",
		Description: help.Screencast,
		Flags: o.run.flags(
			slices.Concat(o.flags(), v.ScreenFlags(), v.EncoderFlags(), v.RateFlags(), v.NetworkFlags())),
		Action: func(ctx context.Context, cmd *cli.Command) error {
			if err := a.noArguments(cmd); err != nil {
				return err
			}
			return a.screencast(ctx, o)
		},
	}
}

// flags returns the flags that select what to capture.
func (o *screencastOptions) flags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{
			Name: "display", Destination: &o.display, Category: options.ScreenCategory,
			Usage: "X11 `DISPLAY` to capture, such as :0", DefaultText: "the value of $DISPLAY",
		},
		&cli.StringFlag{
			Name: "window", Destination: &o.window, Category: options.ScreenCategory,
			Usage:       "capture the window with this `NAME` in its title, or with an id such as 0x1400003",
			DefaultText: "the whole screen", Validator: notEmpty,
		},
		&cli.StringFlag{
			Name: "region", Destination: &o.regionText, Category: options.ScreenCategory,
			Usage:       "capture this part of the screen or the window: `X,Y,W,H` in px, from the upper left corner",
			DefaultText: "all of it", Validator: notEmpty,
		},
		&cli.BoolFlag{
			Name: "cursor", Destination: &o.cursor, Category: options.ScreenCategory,
			Usage: "include the mouse pointer",
		},
		&cli.StringFlag{
			Name: "pipewire", Destination: &o.node, Category: options.ScreenCategory,
			Usage: "capture this PipeWire `NODE` instead of X11, for Wayland", Validator: notEmpty,
		},
		&cli.IntFlag{
			Name: "pipewire-fd", Destination: &o.fd, Category: options.ScreenCategory,
			Usage:       "`NUMBER` of the inherited file descriptor with the portal's PipeWire connection",
			DefaultText: "PipeWire's own socket",
		},
	}
}

// notEmpty rejects an empty value, for example of an unset variable: it must not mean the whole
// screen.
func notEmpty(value string) error {
	if value == "" {
		return errors.New("must not be empty")
	}
	return nil
}

// check checks the flags, and fills in defaults.
func (o *screencastOptions) check(quiet bool) (err error) {
	if o.regionText != "" {
		if o.region, err = screencast.ParseRegion(o.regionText); err != nil {
			return problem.Usage(err)
		}
	}
	if o.fd != 0 && o.node == "" {
		return problem.Usagef("--pipewire-fd %d needs --pipewire NODE", o.fd)
	}
	return o.run.check(quiet)
}

func (o *screencastOptions) capture(log *slog.Logger) *screencast.Options {
	c := &screencast.Options{
		Display: o.display, Window: o.window, Region: o.region, Cursor: o.cursor, FPS: o.run.video.FPS, Logger: log,
	}
	if o.node != "" {
		c.PipeWire = &screencast.PipeWire{Node: o.node, FD: o.fd}
	}
	return c
}

// screencast publishes what is captured, until that goes away, the duration is over or a signal
// comes.
func (a *app) screencast(ctx context.Context, o *screencastOptions) error {
	if err := o.check(a.quiet); err != nil {
		return err
	}
	err := a.enterSandbox(&o.run, func(permitted *sandbox.Options) {
		if o.node != "" {
			permitted.AddPipeWire(os.Getenv)
		} else {
			permitted.AddDisplay(cmp.Or(o.display, os.Getenv("DISPLAY")), os.Getenv)
		}
	})
	if err != nil {
		return err
	}
	ctx = a.timed(ctx)
	end := timeline.From(ctx).Begin("capture")
	screen, err := screencast.Open(o.capture(a.log))
	end()
	if err != nil {
		return captureProblem(err)
	}
	a.status("capturing the %s", screen.What())
	if err = a.checkOutputs(&o.run, screen.Pipeline()); err == nil {
		err = a.host(ctx, &o.run, screen.Pipeline())
	}
	gone := screen.Err()
	err = errors.Join(err, screen.Close())
	if gone != nil {
		return gone // a better message than that the pipeline has ended
	}
	return err
}

// captureProblem decides whether the command line is wrong if there is nothing to capture, and what
// to do.
func captureProblem(err error) error {
	var (
		display *screencast.DisplayError
		region  *screencast.RegionError
		window  *screencast.WindowError
	)
	switch {
	case errors.As(err, &window):
		return problem.Hint(
			problem.Usage(err),
			"--window takes a title, a part of it, or an id; `xwininfo` prints the id of the window that you click on.",
		)
	case errors.As(err, &region):
		return problem.Usage(err)
	case errors.As(err, &display) && display.Display == "":
		return problem.Hint(problem.Usage(err), "Set DISPLAY or --display, or for Wayland --pipewire NODE.")
	default:
		return err
	}
}
