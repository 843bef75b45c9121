// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Command screen measures how a recording of a screen gets to a viewer: over a
// real LiveKit server on this machine, from a process that publishes it, to a
// viewer in another. `make bench-screencast` runs it.
//
//	screen [FLAGS]           measures, and writes tables, figures and pictures
//	screen publish [FLAGS]   is the publishing process; the other starts it
//	screen encode [FLAGS]    encodes the clip and sends it nowhere; the other starts it
//
// With --against another program is measured beside this project's. It is
// called as `screen publish` is, with --screencast 1 (0 for a camera) --skip-same 0 in addition,
// finds the server's keys (devkey, secret) in LIVEKIT_API_KEY and
// LIVEKIT_API_SECRET, publishes the clip once and says on standard output, in a
// line of JSON, what CPU time it used from the first to the last capture, as
// cpu_s in seconds. --log is a CSV file of each capture's index and wall-clock
// time in ns. It stays for --hold seconds after the clip, and captures frames A
// and B in turn for S seconds where it is given --pingpong A,B --seconds S.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/gstpublish/gstpublish/internal/devserver"
	"github.com/gstpublish/gstpublish/internal/viewer"
	"github.com/gstpublish/gstpublish/pipeline"
)

const publishCommand = "publish"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintf(os.Stderr, "screen: %v\n", err)
		os.Exit(1) //nolint:forbidigo // this is a command
	}
}

func run(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) error {
	if len(args) > 0 && (args[0] == publishCommand || args[0] == encodeCommand) {
		var p publishing
		f := p.flags()
		f.SetOutput(errOut)
		if err := f.Parse(args[1:]); err != nil {
			return err
		}
		if args[0] == encodeCommand {
			return p.encode(ctx, out)
		}
		return p.run(ctx, in, out)
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

// settings are what the flags say.
type settings struct {
	clipPath    string
	size        [2]int
	fps         int
	camera      bool
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
}

func (s *settings) flags() *flag.FlagSet {
	f := flag.NewFlagSet("screen", flag.ContinueOnError)
	f.StringVar(&s.clipPath, "clip", ".cache/screen-1280x720.i420", "the recording: raw I420 `FILE`, tightly packed")
	f.IntVar(&s.size[0], "width", 1280, "of the clip, in `px`")
	f.IntVar(&s.size[1], "height", 720, "of the clip, in `px`")
	f.IntVar(&s.fps, "fps", 30, "the clip's `frames` a second")
	f.BoolVar(&s.camera, "camera", false, "publish the clip as a camera's, rather than as a screen")
	f.StringVar(&s.codecs, "codecs", "VP8,VP9,H264,AV1",
		"`LIST` of codecs, each with an encoder if that matters, as in VP9,H264:x264enc,H264:openh264enc")
	f.StringVar(&s.encoder, "encoder", "", "GStreamer `ELEMENT` for codecs that name none; the best without")
	f.StringVar(&s.bitrates, "bitrates", "2500000", "`LIST` of limits in bit/s")
	f.IntVar(&s.repeats, "repeats", 1, "how many `times` each is measured; the tables have medians")
	f.Float64Var(&s.idle, "idle", 0, "wait before each until this share of the machine's time is idle, in per `CENT`")
	f.BoolVar(&s.skipOwn, "skip-own", false, "measure only what --against says")
	f.StringVar(&s.against, "against", "", "`COMMAND` that publishes too, to compare with")
	f.StringVar(&s.againstName, "against-name", "other", "`NAME` of that in the tables")
	f.StringVar(&s.out, "out", ".cache/bench-screencast", "`FOLDER` for figures and pictures")
	f.StringVar(&s.report, "report", "", "write the tables as Markdown into this `FILE` too")
	f.DurationVar(&s.restTime, "rest", 10*time.Second, "measure at rest for this `TIME`; 0 leaves rest and joins out")
	f.DurationVar(&s.joinAt, "join-at", 0, "another viewer joins at this `TIME` of the clip; 0 is none")
	f.IntVar(&s.joins, "joins", 3, "how many viewers join at rest, one after another")
	f.DurationVar(&s.joinGap, "join-gap", 2*time.Second, "`TIME` before each joins")
	f.DurationVar(&s.patience, "patience", 3*time.Second, "`TIME` that one waits for a sharp picture")
	return f
}

// subjects are all that is to be measured, in order: what is to be compared one
// right after the other.
func (s *settings) subjects() ([]*subject, error) {
	if s.repeats < 1 || s.joins < 0 || s.restTime < 0 || s.joinAt < 0 {
		return nil, errors.New("--repeats has to be above 0; --rest, --joins and --join-at not below")
	}
	if s.skipOwn && len(strings.Fields(s.against)) == 0 {
		return nil, errors.New("--skip-own leaves nothing to measure without --against")
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	var all []*subject
	files := map[string]bool{}
	for repeat := range s.repeats {
		for rate := range strings.SplitSeq(s.bitrates, ",") {
			bitrate, err := strconv.Atoi(strings.TrimSpace(rate))
			if err != nil || bitrate < 0 {
				return nil, fmt.Errorf("--bitrates: %q is no number of bit/s", rate)
			}
			for item := range strings.SplitSeq(s.codecs, ",") {
				pair, err := s.pair(self, strings.TrimSpace(item), bitrate, repeat)
				if err != nil {
					return nil, err
				}
				for _, one := range pair {
					if !files[one.file()] { // The other is the same for all encoders.
						all = append(all, one)
					}
					files[one.file()] = true
				}
			}
		}
	}
	return all, nil
}

// pair is this project's subject and the other one, as far as they are wanted,
// of an item of --codecs.
func (s *settings) pair(self, item string, bitrate, repeat int) ([]*subject, error) {
	name, encoder, _ := strings.Cut(item, ":")
	codec, err := pipeline.ParseCodec(name)
	if err != nil {
		return nil, err
	}
	base := subject{codec: codec.String(), bitrate: bitrate, repeat: repeat}
	var all []*subject
	if !s.skipOwn {
		own := base
		own.name, own.argv, own.own = "gstpublish", []string{self, publishCommand}, true
		own.encoder = cmp.Or(encoder, s.encoder)
		all = append(all, &own)
	}
	if argv := strings.Fields(s.against); len(argv) > 0 {
		other := base
		other.name, other.argv = s.againstName, argv
		all = append(all, &other)
	}
	return all, nil
}

// run measures everything and reports it. What was measured before an error is
// reported too.
func (s *settings) run(ctx context.Context, out io.Writer) (err error) {
	viewer.SetSDKLogger(nil)
	subjects, err := s.subjects()
	if err != nil {
		return err
	}
	clip, err := openClip(s.clipPath, s.size[0], s.size[1], s.fps)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, clip.close()) }()
	if err = os.MkdirAll(s.out, 0o755); err != nil {
		return err
	}
	b := &benchmark{settings: *s, clip: clip}
	if b.shape, err = clip.look(); err != nil {
		return err
	}
	final, err := clip.read(clip.frames-1, nil)
	if err != nil {
		return err
	}
	b.final = final[:clip.luma()]
	live, err := devserver.Start(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, live.Stop(context.WithoutCancel(ctx))) }()
	b.server = live
	results, err := b.measureAll(ctx, subjects, out)
	return errors.Join(err, b.write(out, results))
}

// measureAll goes on after a subject that fails.
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
		fmt.Fprintf(out, "%-12s %-5s %.0f of %.0f shown, p50 %.1f p95 %.1f ms, %.0f kB, final %.1f dB, %.1f ms CPU/frame\n",
			r.Publisher, r.Codec, r.Shown, r.Changed, r.P50, r.P95, r.KB, r.FinalPSNR, r.CPUFrame)
		if r.Agree < 0.9*r.Shown {
			fmt.Fprintf(out, "WARNING only %.0f of these look like the frame that their RTP time tells: "+
				"don't trust p50 and p95\n", r.Agree)
		}
	}
	return results, errors.Join(append(errs, context.Cause(ctx))...)
}
