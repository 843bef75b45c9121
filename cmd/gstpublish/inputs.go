// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"os"
	"slices"
	"time"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/options"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/problem"
	"github.com/gstpublish/gstpublish/internal/input"
	"github.com/gstpublish/gstpublish/pipeline"
)

// restarts returns when the pipeline begins again. A source that is lost is waited for only if the user says how long.
func (a *app) restarts(o *runOptions) pipeline.Restart {
	r := pipeline.Restart{Loop: o.Loop, OnLost: func(err error) {
		if err == nil {
			a.status("the source runs again")
			return
		}
		a.status("the source is lost, and is tried again: %s", problem.Sentence(err))
	}}
	switch patience := o.connection.Patience; {
	case o.connection.Reconnect == "", patience == gstpublish.ReconnectNever:
	case patience == gstpublish.ReconnectForever:
		r.Patience = pipeline.Forever
	default:
		r.Patience = time.Duration(patience)
	}
	return r
}

// wanted returns which codecs of an input may be passed through. Options for the encoder need one.
func (o *runOptions) wanted() input.Want {
	w := input.Want{Reencode: o.Reencode || o.video.Screencast}
	for _, name := range o.video.Given {
		switch {
		case name == "--codec":
			w.Codec = &o.video.Codec
		case !slices.Contains([]string{"--fallback-codec", "--backup-codec"}, name):
			w.Reencode = true
		}
	}
	return w
}

// parseInput builds the pipeline of an input.
func (a *app) parseInput(
	ctx context.Context, in input.Input, s *options.Settings, opts *pipeline.Options,
) (*pipeline.Pipeline, error) {
	if err := in.Check(); err != nil {
		return nil, problem.Usage(err)
	}
	if in.IsRemote() {
		opts.SourceTimeout = s.SourceTimeout
	}
	var found input.Streams
	var held *input.Held
	var err error
	switch in.Kind {
	case input.Camera:
		if a.policy == nil {
			in, found, err = in.Camera(ctx, s.Variable, s.Want)
		}
		if in.IsRaw() {
			opts.Variable = cameraVariables(in.Name, s.Variable)
			return pipeline.ParseFS(gstpublish.LaunchFiles(), "camera.launch", opts)
		}
	case input.Standard:
		if err = a.checkStandard(s); err != nil {
			return nil, err
		}
		if a.standard, err = input.Read(ctx, os.Stdin); err != nil {
			return nil, err
		}
		in = a.standard.Input()
		found, err = a.standard.Look(ctx, s.Want)
	default:
		if a.policy == nil {
			found, held, err = lookAt(ctx, in, s.Want, opts)
		}
	}
	if held != nil {
		defer held.Close() // It has nothing any more once the pipeline has taken its source.
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if unknown := (*input.UnknownError)(nil); errors.As(err, &unknown) || errors.Is(err, input.ErrAnimation) {
		return nil, err
	}
	if err != nil { // The pipeline will have the same problem, and explain it.
		a.log.Debug("looking at the input failed", "err", err)
	}
	a.tellInput(in, &found)
	return playInput(in, &found, opts)
}

// checkStandard reports whether standard input can be published.
func (a *app) checkStandard(s *options.Settings) error {
	switch {
	case s.Loop:
		return problem.Usagef("--loop needs a file: standard input can't be read again")
	case a.policy != nil:
		return problem.Usagef("standard input can't be combined with --policy restricted")
	case isTerminal(os.Stdin):
		return problem.Usagef("standard input has no stream: pipe one into it, such as H.264 or YUV4MPEG2")
	}
	return nil
}

// cameraVariables returns the variables of camera.launch for a device.
func cameraVariables(device string, other func(string) (string, bool)) func(string) (string, bool) {
	return func(name string) (string, bool) {
		if name == "device" {
			return device, true
		}
		return other(name)
	}
}

// lookAt looks at a file or a URL. held is its connection, if that must be its only one: the options then make a
// pipeline continue it.
func lookAt(
	ctx context.Context, in input.Input, want input.Want, opts *pipeline.Options,
) (found input.Streams, held *input.Held, err error) {
	switch {
	case in.Listens(), want.Reencode && in.IsOpenedOnce(): // What it has need not be known.
		return found, nil, nil
	case !in.IsOpenedOnce():
		found, err = input.Look(ctx, in, want)
		return found, nil, err
	}
	if held, err = input.Hold(ctx, in); err != nil {
		return found, nil, err
	}
	found, err = held.Look(ctx, want)
	return found, held, errors.Join(err, held.Continue(opts))
}

// playInput builds the pipeline of an input with known streams.
func playInput(in input.Input, found *input.Streams, opts *pipeline.Options) (*pipeline.Pipeline, error) {
	pipe, err := pipeline.Parse(in.Text(*found), opts)
	if err != nil {
		return nil, err
	}
	for _, out := range pipe.Outputs() {
		if out.Kind == pipeline.RawVideo {
			found.Note(out)
		}
	}
	return pipe, nil
}

// tellInput prints what is done with the video of an input.
func (a *app) tellInput(in input.Input, found *input.Streams) {
	name := in.Name
	if in.Kind == input.Standard {
		name = "standard input"
	}
	switch {
	case found.Still && in.IsShownInPart():
		a.status("%s is an animated PNG, of which only the first frame is shown: convert it to a GIF or a video", name)
	case found.Still:
		a.status("%s has one frame, which is shown until gstpublish is stopped", name)
	case found.Passed != nil:
		a.status("%s has %s, which is sent as it is: --reencode adapts it to the network", name, found.Passed)
	case found.Why != "":
		a.status("%s has %s, which is encoded again: %s", name, found.Codec, found.Why)
	}
}

// isTerminal reports whether a file is a terminal, or another device that has no data.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
