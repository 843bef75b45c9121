// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/urfave/cli/v3"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/doctor"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/help"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/options"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/problem"
	"github.com/gstpublish/gstpublish/internal/proof"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// doctorOptions holds the flags of doctor.
type doctorOptions struct {
	json, report       bool
	codec              string
	width, height, fps int
	noCache            bool
}

func (a *app) doctorCommand() *cli.Command {
	o := &doctorOptions{}
	return &cli.Command{
		Name:        "doctor",
		Usage:       "try the encoders of this machine, and report problems",
		UsageText:   "gstpublish doctor [OPTIONS]",
		Description: help.Doctor,
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "json", Destination: &o.json, Usage: "print everything as one JSON object"},
			&cli.BoolFlag{
				Name: "report", Destination: &o.report,
				Usage: "print a block to paste into a bug report, without secrets",
			},
			&cli.StringFlag{
				Name: "codec", Destination: &o.codec,
				Usage: "try only the encoders of this `CODEC`: vp8, h264, vp9, av1 or h265", DefaultText: "all",
			},
			&cli.IntFlag{Name: "width", Destination: &o.width, Value: 1280, Usage: "`WIDTH` of the frames, in px"},
			&cli.IntFlag{Name: "height", Destination: &o.height, Value: 720, Usage: "`HEIGHT` of the frames, in px"},
			&cli.IntFlag{Name: "fps", Destination: &o.fps, Value: 30, Usage: "nominal frame `RATE`"},
			options.NoCacheFlag(&o.noCache),
		},
		Action: func(ctx context.Context, cmd *cli.Command) error {
			if err := a.noArguments(cmd); err != nil {
				return err
			}
			return a.doctor(ctx, o)
		},
	}
}

// doctor examines the machine and prints the result.
func (a *app) doctor(ctx context.Context, o *doctorOptions) error {
	codecs, err := o.check()
	if err != nil {
		return err
	}
	proofs := &proof.Options{Logger: a.log}
	if !o.noCache {
		proofs.CacheDir = gstpublish.UserProofDir()
	}
	prover := proof.New(proofs)
	prover.Forget() // what is remembered may be wrong
	x := doctor.Examination{Codecs: codecs, Width: o.width, Height: o.height, FPS: o.fps, Prover: prover, Begin: func() {
		a.status("trying the installed encoders; each takes a second or two, or 16 s if it hangs")
	}}
	d, err := x.Examine(ctx)
	if err != nil {
		return err
	}
	if err := a.printDiagnosis(d, o); err != nil {
		return err
	}
	return d.Verdict()
}

func (o *doctorOptions) check() ([]pipeline.Codec, error) {
	if o.json && o.report {
		return nil, problem.Usagef("--json and --report exclude each other")
	}
	const most = 16384 // px
	for _, size := range []int{o.width, o.height} {
		if size < 1 || size > most {
			return nil, problem.Usagef("--width and --height must be between 1 and %d px, got %dx%d", most, o.width, o.height)
		}
	}
	if o.fps == 0 {
		return nil, problem.Usagef("--fps must be between 1 and %d, got 0", options.MaxFPS)
	}
	if err := options.CheckFPS(o.fps); err != nil || o.codec == "" {
		return catalogue.Codecs(), err
	}
	codec, err := pipeline.ParseCodec(o.codec)
	if err != nil {
		return nil, problem.Usage(err)
	}
	return []pipeline.Codec{codec}, nil
}

// printDiagnosis prints for a program, for a bug report or for a user.
func (a *app) printDiagnosis(d *doctor.Diagnosis, o *doctorOptions) error {
	switch {
	case o.json:
		return json.NewEncoder(a.out).Encode(d)
	case o.report:
		_, err := fmt.Fprint(a.out, a.secrets.Redact(d.Report(doctor.CurrentVersions(), doctor.ReadSystem("/"))))
		return err
	default:
		_, err := fmt.Fprint(a.out, d.Text())
		return err
	}
}

func (a *app) versionCommand() *cli.Command {
	var asJSON bool
	return &cli.Command{
		Name:      "version",
		Usage:     "print the versions of gstpublish, Go and GStreamer",
		UsageText: "gstpublish version [--json]",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "json", Destination: &asJSON, Usage: "print one JSON object"},
		},
		Action: func(_ context.Context, cmd *cli.Command) error {
			if err := a.noArguments(cmd); err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(a.out).Encode(doctor.CurrentVersions())
			}
			return a.printVersion()
		},
	}
}

func (a *app) printVersion() error {
	v := doctor.CurrentVersions()
	_, err := fmt.Fprintf(a.out, "gstpublish %s (GStreamer %s, %s, %s/%s)\n",
		v.Gstpublish, v.GStreamer, v.Go, v.OS, v.Arch)
	return err
}
