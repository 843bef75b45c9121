// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Command screen measures how a recording of a screen reaches a viewer: one process publishes it, and a viewer in
// another process receives it from a real LiveKit server on this machine. `make bench-screencast` runs it.
//
//	screen [FLAGS]           measures, and writes tables, figures and images
//	screen publish [FLAGS]   is a publishing process (package publisher),
//	screen run [FLAGS]       likewise, and
//	screen encode [FLAGS]    likewise; the command starts these itself
//	screen reduce FILE       makes a recording of the raw I444 frames of its input; scripts/record-screen runs it
//
// Each publisher is measured as its users run it: gstpublish with a Session and a Network, the same in 4:4:4 if the
// codec is VP9 and the recording has full chroma, the same without a Network, and with --gstpublish, the command
// gstpublish itself. Publishers of 4:2:0 get the recording in I420, its chroma averaged. The figures in RGB are of what
// the viewer has beside the recording itself.
//
// With --against, another program is measured too. It is called with the flags of `screen publish`, and with
//
//	--width PX --height PX --fps N               of the clip
//	--clip FILE                                  the clip as raw I420 frames, if the recording is that
//	--screencast 1 (0 for a camera) --skip-same 0
//	--hold S                                     stay for S seconds after the clip
//	--pingpong A,B --seconds S                   capture frames A and B in turn instead
//
// --changes FILE is the same clip as differences from frame to frame; package testclip has the format. A publisher
// should play these in one frame of its own, as the others do: the raw clip in memory would cost page faults that no
// user has. The server's key and secret are in LIVEKIT_API_KEY and LIVEKIT_API_SECRET. The publisher captures the clip
// once, and writes the index and the wall-clock time of each capture, in ns, to the CSV file of --log. Then it prints a
// line of JSON: the CPU seconds of its process from the first to the last capture as cpu_s, and, if it knows them, the
// context switches of all its threads as voluntary_switches and involuntary_switches. Otherwise these are read from
// /proc, from the first decoded frame on.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"image"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/gstpublish/gstpublish/internal/bench/publisher"
	"github.com/gstpublish/gstpublish/internal/proof"
	"github.com/gstpublish/gstpublish/internal/viewer"
)

func main() {
	prover := proof.New(nil) // In a child process, which proves an encoder, it does not return.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, prover, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintf(os.Stderr, "screen: %v\n", err)
		os.Exit(1) //nolint:forbidigo // this is a command
	}
}

func run(ctx context.Context, prover *proof.Prover, args []string, in io.Reader, out, errOut io.Writer) error {
	viewer.SetSDKLogger(nil)
	if publisher.IsProcess(args) {
		return publisher.Run(ctx, prover, args, in, out, errOut)
	}
	if len(args) > 0 && args[0] == reduceCommand {
		return reduceRecording(args[1:], in, out, errOut)
	}
	var s settings
	f := s.flags()
	f.SetOutput(errOut)
	if err := f.Parse(args); err != nil {
		return err
	}
	if f.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	return s.run(ctx, out)
}

// settings are the values of the flags.
type settings struct {
	clipPath    string
	size        [2]int
	fps         int
	camera      bool
	cameraToo   bool
	links       []narrow
	viewing     narrow
	layers      int
	shippedOnly bool
	skipShipped bool
	command     string
	codecs      string
	encoder     string
	bitrates    string
	repeats     int
	idle        float64
	skipOwn     bool
	against     string
	againstName string
	out, report string
	restTime    time.Duration
	joinAt      time.Duration
	joins       int
	joinGap     time.Duration
	patience    time.Duration
	crop        image.Rectangle
	cropAt      int
}

func (s *settings) flags() *flag.FlagSet {
	f := flag.NewFlagSet("screen", flag.ContinueOnError)
	f.StringVar(&s.clipPath, "clip", ".cache/screen-1280x720.clip",
		"the recording: a `FILE` of record-screen, or raw I420, tightly packed")
	f.IntVar(&s.size[0], "width", 1280, "of raw I420, in `px`")
	f.IntVar(&s.size[1], "height", 720, "of raw I420, in `px`")
	f.IntVar(&s.fps, "fps", 30, "`frames` a second of raw I420")
	f.BoolVar(&s.camera, "camera", false, "publish the clip as a camera's, rather than as a screen")
	f.BoolVar(&s.cameraToo, "camera-too", false, "publish the clip as a camera's, beside the screen")
	f.Func("link", "put a `LINK` before the server: RATE[,DELAY[,QUEUE]] as in 600k,20ms,400ms, or free; "+
		"may be repeated",
		func(text string) error {
			link, err := parseLink(text)
			s.links = append(s.links, link)
			return err
		})
	f.Func("viewer-link", "put a `LINK` between the server and the viewer, as --link does before it",
		func(text string) error {
			var err error
			s.viewing, err = parseLink(text)
			return err
		})
	f.IntVar(&s.layers, "layers", 0,
		"publish so `many` layers too, in the full size and in smaller ones; the viewer requests the lowest")
	f.BoolVar(&s.shippedOnly, "shipped-only", false, "leave out gstpublish without a Network")
	f.BoolVar(&s.skipShipped, "skip-shipped", false, "leave out gstpublish from Go, with and without a Network")
	f.StringVar(&s.command, "gstpublish", "", "measure this `COMMAND` too, which is gstpublish")
	f.StringVar(&s.codecs, "codecs", "VP8,VP9,H264,AV1",
		"`LIST` of codecs, each with an encoder if that matters, as in VP9,H264:x264enc,H264:openh264enc")
	f.StringVar(&s.encoder, "encoder", "", "GStreamer `ELEMENT` for codecs that name none; the best without")
	f.StringVar(&s.bitrates, "bitrates", "2500000", "`LIST` of limits in bit/s")
	f.IntVar(&s.repeats, "repeats", 1, "how many `times` each is measured; the tables have medians")
	f.Float64Var(&s.idle, "idle", 0, "wait before each until this share of the machine's time is idle, in per `CENT`")
	f.BoolVar(&s.skipOwn, "skip-own", false, "measure only what --against names")
	f.StringVar(&s.against, "against", "", "`COMMAND` that publishes too, to compare with")
	f.StringVar(&s.againstName, "against-name", "other", "`NAME` of that in the tables")
	f.StringVar(&s.out, "out", ".cache/bench-screencast", "`FOLDER` for figures and images")
	f.StringVar(&s.report, "report", "", "write the tables as Markdown into this `FILE` too")
	f.DurationVar(&s.restTime, "rest", 10*time.Second,
		"measure the still screen after the clip for this `TIME`; 0 leaves out that and joins")
	f.DurationVar(&s.joinAt, "join-at", 0, "another viewer joins at this `TIME` of the clip; 0 is none")
	f.IntVar(&s.joins, "joins", 3, "how many viewers join while the screen is still, one after another")
	f.DurationVar(&s.joinGap, "join-gap", 2*time.Second, "`TIME` before each joins")
	f.Func("crop", "write images of this place, as each viewer has it: `X,Y,W,H` in px", func(text string) error {
		var err error
		s.crop, err = parseCrop(text)
		return err
	})
	f.IntVar(&s.cropAt, "crop-at", -1, "the `FRAME` of the clip that these show in motion (default: the middle one)")
	f.DurationVar(&s.patience, "patience", 3*time.Second, "`TIME` that one waits for a sharp frame")
	return f
}

// run measures everything and reports it. After an error, it reports what was measured before.
func (s *settings) run(ctx context.Context, out io.Writer) (err error) {
	subjects, err := s.subjects()
	if err != nil {
		return err
	}
	clip, err := openClip(s.clipPath, s.size[0], s.size[1], s.fps)
	if err != nil {
		return err
	}
	if err = os.MkdirAll(s.out, 0o755); err != nil {
		return err
	}
	if clip.full == nil {
		subjects = slices.DeleteFunc(subjects, func(s *subject) bool { return s.full })
	}
	b := &benchmark{settings: *s, clip: clip, shape: shapeOf(clip.half)}
	if b.changes, err = saveChanges(clip.half, s.out, "changes"); err != nil {
		return err
	}
	if clip.full != nil {
		if b.fullChanges, err = saveChanges(clip.full, s.out, "changes-444"); err != nil {
			return err
		}
	}
	b.final = slices.Clone(clip.luma(clip.frames - 1))
	if err = b.startServers(ctx, subjects); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.stopServers(ctx)) }()
	results, err := b.measureAll(ctx, subjects, out)
	return errors.Join(err, b.write(out, results))
}

// startServers starts the servers that the subjects need.
func (b *benchmark) startServers(ctx context.Context, subjects []*subject) (err error) {
	for _, s := range subjects {
		at := &b.direct
		if s.linked() {
			at = &b.linked
		}
		if *at != nil {
			continue
		}
		if *at, err = startServer(ctx, s.linked()); err != nil {
			*at = nil
			return errors.Join(err, b.stopServers(ctx))
		}
	}
	return nil
}

func (b *benchmark) stopServers(ctx context.Context) (err error) {
	for _, s := range []*server{b.direct, b.linked} {
		if s != nil {
			err = errors.Join(err, s.stop(ctx))
		}
	}
	return err
}

// measureAll continues after a subject that fails.
func (b *benchmark) measureAll(ctx context.Context, subjects []*subject, out io.Writer) ([]*result, error) {
	var results []*result
	var errs []error
	for _, s := range subjects {
		if ctx.Err() != nil {
			break
		}
		if err := b.awaitIdle(ctx); err != nil {
			errs = append(errs, err)
			break
		}
		r, err := b.measure(ctx, s)
		if err != nil {
			err = fmt.Errorf("%s, %s: %w", s.name, s.codec, err)
			fmt.Fprintf(out, "FAILED %v\n", err)
			errs = append(errs, err)
			continue
		}
		results = append(results, r)
		fmt.Fprintf(out, "%-22s %s %-5s %s %.0f of %.0f shown, p50 %.1f p95 %.1f ms, %.0f kB, final %.1f dB, "+
			"%.2f ms CPU, %.1f wake-ups, %.0f allocations a frame\n", r.Publisher, r.kind(), r.Codec, r.Link,
			r.Shown, r.Changed, r.P50, r.P95, r.KB, r.FinalPSNR, r.CPUFrame, r.Wakes, r.Mallocs)
		if r.Agree < 0.9*r.Shown {
			fmt.Fprintf(out, "WARNING only %.0f of these look like the frame of their RTP time: "+
				"p50 and p95 are unreliable\n", r.Agree)
		}
	}
	return results, errors.Join(append(errs, context.Cause(ctx))...)
}
