// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package options

import (
	"time"

	"github.com/urfave/cli/v3"

	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/problem"
)

// Report configures the statistics.
type Report struct {
	Format   string
	Interval time.Duration
	Chosen   bool // the format was given
}

// Flags returns the flags.
func (o *Report) Flags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{
			Name: "stats", Destination: &o.Format, Category: OutputCategory,
			Usage:       "`FORMAT` of the statistics on standard output: text, json (one object a line) or none",
			DefaultText: "text; on a terminal, one line that is rewritten",
		},
		&cli.DurationFlag{
			Name: "stats-interval", Destination: &o.Interval, Value: time.Second, Category: OutputCategory,
			Usage: "`TIME` between two statistics",
		},
	}
}

// Check checks the flags, and fills in defaults.
func (o *Report) Check(quiet bool) error {
	o.Chosen = o.Format != "" || quiet
	switch o.Format {
	case "":
		o.Format = "text"
		if quiet {
			o.Format = "none"
		}
	case "text", "json", "none":
	default:
		return problem.Usagef("--stats must be text, json or none, got %q", o.Format)
	}
	if o.Interval < 10*time.Millisecond {
		return problem.Usagef("--stats-interval must be at least 10ms, got %v", o.Interval)
	}
	return nil
}
