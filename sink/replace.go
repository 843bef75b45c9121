// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/gstpublish/gstpublish/internal/bitstream"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/pipeline/proof"
)

// EncoderEvent is a decision for an encoder, or the failure of one.
type EncoderEvent struct {
	Time    time.Time
	Layer   string         // that it is for: q, h or f, from small to large
	Backup  bool           // it is for clients that can't decode the main codec
	Encoder string         // the elements, as in "vapostproc ! vah264enc"
	Codec   pipeline.Codec // that it makes
	Failed  bool           // it doesn't encode any more, or never did; else it encodes from now on
	Reason  string         // why it failed, or why it was chosen
	// Rejected are candidates before it that are here and don't work.
	Rejected []proof.Rejection
}

// keptEvents bounds how many events a publication remembers.
const keptEvents = 100

func (e *encoding) tell(ev EncoderEvent) {
	ev.Time, ev.Layer, ev.Backup = time.Now(), e.rid, e.lazy != nil
	e.p.telling.Lock()
	defer e.p.telling.Unlock()
	e.mu.Lock()
	if len(e.events) == keptEvents {
		e.events = e.events[1:]
	}
	e.events = append(e.events, ev)
	e.mu.Unlock()
	if ev.Failed {
		e.n.encoderFailures.Add(1)
		level := slog.LevelWarn
		if e.p.opts.OnEncoder != nil {
			level = slog.LevelInfo // Somebody is told already.
		}
		e.p.log.Log(e.p.ctx, level, "encoder failed", "encoder", ev.Encoder, "codec", ev.Codec.String(), "reason", ev.Reason)
	} else {
		for _, r := range ev.Rejected {
			e.p.log.Info("encoder not used", "encoder", r.Encoder, "reason", r.Reason)
		}
		e.p.log.Info("encoder chosen", "encoder", ev.Encoder, "codec", ev.Codec.String(), "reason", ev.Reason)
	}
	if e.p.opts.OnEncoder != nil {
		e.p.opts.OnEncoder(ev)
	}
}

// from are the codecs that may be used, the given one first.
func (e *encoding) from(first pipeline.Codec) []pipeline.Codec {
	codecs := []pipeline.Codec{first}
	for _, c := range e.codecs {
		if !slices.Contains(codecs, c) {
			codecs = append(codecs, c)
		}
	}
	return codecs
}

// next starts the best encoder that hasn't failed yet.
func (e *encoding) next(ctx context.Context, codecs []pipeline.Codec) (*engine, error) {
	var failure error
	for {
		choice, err := e.choose(ctx, codecs)
		if err != nil {
			if failure != nil {
				err = fmt.Errorf("%w; before, %w", err, failure)
			}
			return nil, err
		}
		g, err := e.start(choice)
		if err == nil {
			return g, nil
		}
		failure = fmt.Errorf("%s: %w", choice, err)
		e.exclude(choice, err)
	}
}

// exclude sees to it that a candidate isn't chosen again for this publication,
// nor for another one before it is proven anew.
func (e *encoding) exclude(c proof.Choice, cause error) {
	e.mu.Lock()
	e.except = append(e.except, c.String())
	e.mu.Unlock()
	e.p.opts.Prover.Forget(c.Candidate)
	e.tell(EncoderEvent{Encoder: c.String(), Codec: c.Row.Codec, Failed: true, Reason: cause.Error()})
}

func (e *encoding) choose(ctx context.Context, codecs []pipeline.Codec) (proof.Choice, error) {
	var errs []error
	var rejected []proof.Rejection
	for _, codec := range codecs {
		want := e.want(codec)
		choice, err := e.p.opts.Prover.Choose(ctx, want)
		if err != nil && len(want.Except) > 0 && ctx.Err() == nil {
			// Rather without layers than not at all.
			want.TemporalLayers, want.SpatialLayers = 1, 1
			choice, err = e.p.opts.Prover.Choose(ctx, want)
		}
		if err == nil {
			choice.Rejected = append(rejected, choice.Rejected...)
			return choice, nil
		}
		if none, ok := errors.AsType[*proof.NoEncoderError](err); ok {
			rejected = append(rejected, none.Rejected...)
		}
		if ctx.Err() != nil {
			return choice, err
		}
		errs = append(errs, err)
	}
	return proof.Choice{}, errors.Join(errs...)
}

func (e *encoding) want(codec pipeline.Codec) proof.Want {
	layer := e.plan(codec)
	e.mu.Lock()
	except := slices.Clone(e.except)
	e.mu.Unlock()
	want := proof.Want{
		Codec: codec, Width: layer.Width, Height: layer.Height, FPS: e.fps, Screencast: e.p.opts.Screencast,
		Bitrate: layer.Bitrate, Except: except,
		TemporalLayers: e.temporal(), SpatialLayers: len(e.sizes(codec)),
	}
	if e.lazy == nil { // What the caller wants is about the main codec.
		want.Encoder, want.Hardware = e.p.opts.Encoder, e.p.opts.Hardware
	}
	return want
}

// start sets an encoder going. It gets no pictures before it is installed.
func (e *encoding) start(choice proof.Choice) (*engine, error) {
	chain, err := pipeline.NewEncodeChain(&pipeline.EncodeOptions{
		Options:    pipeline.Options{Logger: e.p.log},
		Codec:      choice.Row.Codec,
		Encoder:    choice.Row.Factory,
		Front:      &choice.Front,
		Bitrate:    e.plan(choice.Row.Codec).Bitrate,
		FPS:        e.fps,
		Screencast: e.p.opts.Screencast,
		Scales:     e.scales(),

		TemporalLayers: min(e.temporal(), max(choice.Row.Layers.Temporal, 1)),
		SpatialLayers:  min(len(e.sizes(choice.Row.Codec)), max(choice.Row.Layers.Spatial, 1)),
	})
	if err != nil {
		return nil, err
	}
	g := &engine{
		choice: choice, chain: chain,
		ran: make(chan error, 1), failed: make(chan error, 1), pushed: make(chan struct{}, 1),
	}
	if e.p.opts.Screencast {
		g.parser = bitstream.NewParser(choice.Row.Codec)
	}
	e.p.group.Go(func() error {
		g.ran <- chain.Run(context.Background())
		return nil
	})
	<-chain.Started()
	if err := chain.Err(); err != nil {
		return nil, errors.Join(err, chain.Close())
	}
	return g, nil
}

// install gives an engine the pictures from now on. It tells whether it did: not
// where all is about to end.
func (e *encoding) install(g *engine) bool {
	e.levelAnew(&g.choice.Row)
	e.relayer(g.chain.Codec())
	e.mu.Lock()
	if e.ending {
		e.mu.Unlock()
		return false
	}
	g.track.awaitKey.Store(true)
	e.current.Store(g)
	e.mu.Unlock()
	e.p.writers.Add(1)
	e.p.group.Go(func() error {
		defer e.p.writers.Done()
		e.pump(g)
		return nil
	})
	e.tell(EncoderEvent{
		Encoder: g.choice.String(), Codec: g.choice.Row.Codec,
		Reason: reason(g.choice), Rejected: g.choice.Rejected,
	})
	if g.choice.Row.Hardware() && e.p.opts.Prover != nil {
		e.p.group.Go(func() error {
			e.standby(g)
			return nil
		})
	}
	return true
}

func reason(c proof.Choice) string {
	if c.Report.Remembered {
		return fmt.Sprintf("proven before: %.0f frames a second", c.Report.FPS)
	}
	if c.Report.Proven {
		return fmt.Sprintf("proven: %.0f frames a second", c.Report.FPS)
	}
	return "the first one installed"
}

// standby proves who would follow, so that it can at once.
func (e *encoding) standby(g *engine) {
	w := e.want(g.choice.Row.Codec)
	w.Except = append(w.Except, g.choice.String())
	if next, err := e.p.opts.Prover.Choose(e.p.ctx, w); err == nil {
		e.p.log.Debug("standby encoder chosen", "encoder", next.String())
	}
}

// replace finds a successor for an encoder that has failed; nil where all is
// about to end. Captured pictures don't wait meanwhile, but the last of them is
// the first that the successor gets.
func (e *encoding) replace(old *engine, cause error) (*engine, error) {
	e.exclude(old.choice, cause)
	g, err := e.next(e.p.ctx, e.from(old.choice.Row.Codec))
	if e.isEnding() {
		if err == nil {
			err = g.chain.Close()
		}
		return nil, ignoreCancel(err)
	}
	if err != nil {
		return nil, fmt.Errorf("sink: %s: %w; no other encoder can replace it: %w", old.choice, cause, err)
	}
	g.track = old.track
	if g.choice.Row.Codec != old.choice.Row.Codec {
		if g.track, err = e.republish(old, g); err != nil {
			return nil, errors.Join(fmt.Errorf("sink: republishing as %s: %w", g.choice.Row.Codec, err), g.chain.Close())
		}
	}
	if !e.install(g) {
		return nil, g.chain.Close()
	}
	e.n.encoderSwitches.Add(1)
	e.feed.Repeat(0)
	return g, nil
}

// republish puts a track of another codec in the old one's place.
func (e *encoding) republish(old, g *engine) (*track, error) {
	t, err := e.newTrack(newTrackID(), g.chain.Codec())
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(e.p.ctx, republishTimeout)
	defer cancel()
	if err := e.p.swap(ctx, old.track, t); err != nil {
		return nil, err
	}
	return t, nil
}

// republishTimeout bounds the wait for the server's answer.
const republishTimeout = 10 * time.Second

func ignoreCancel(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
