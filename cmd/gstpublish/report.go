// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"time"

	"github.com/urfave/cli/v3"
)

const outputCategory = "Output"

// reportOptions configures the statistics.
type reportOptions struct {
	format   string
	interval time.Duration
}

func (o *reportOptions) flags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{
			Name: "stats", Destination: &o.format, Category: outputCategory,
			Usage: "`FORMAT` of the statistics on standard output: text, json (one object a line) or none", DefaultText: "text",
		},
		&cli.DurationFlag{
			Name: "stats-interval", Destination: &o.interval, Value: time.Second, Category: outputCategory,
			Usage: "`TIME` between two statistics",
		},
	}
}

func (o *reportOptions) check(quiet bool) error {
	switch o.format {
	case "":
		o.format = "text"
		if quiet {
			o.format = "none"
		}
	case "text", "json", "none":
	default:
		return usagef("--stats must be text, json or none, got %q", o.format)
	}
	if o.interval < 10*time.Millisecond {
		return usagef("--stats-interval must be at least 10ms, got %v", o.interval)
	}
	return nil
}
