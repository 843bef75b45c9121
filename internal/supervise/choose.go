// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package supervise

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/gstpublish/gstpublish/internal/proof"
	"github.com/gstpublish/gstpublish/pipeline"
)

// Start starts the best encoder that has not failed yet. It receives no frames before Install.
func (s *Supervisor[C]) Start(ctx context.Context) (*Encoder[C], error) {
	return s.start(ctx, s.o.Host.Codecs())
}

func (s *Supervisor[C]) start(ctx context.Context, codecs []pipeline.Codec) (*Encoder[C], error) {
	var failure error
	for {
		choice, err := s.choose(ctx, codecs)
		if err != nil {
			if failure != nil {
				err = fmt.Errorf("%w; before, %w", err, failure)
			}
			return nil, err
		}
		e, err := s.run(choice) //nolint:contextcheck // the chain outlives the call that starts it
		if err == nil {
			return e, nil
		}
		failure = fmt.Errorf("%s: %w", choice, err)
		s.exclude(&choice, err)
	}
}

// choose returns the best encoder of the first codec that has a working one.
func (s *Supervisor[C]) choose(ctx context.Context, codecs []pipeline.Codec) (proof.Choice, error) {
	var errs []error
	var rejected []pipeline.Rejection
	for _, codec := range codecs {
		want := s.want(codec)
		choice, err := s.o.Prover.Choose(ctx, want)
		if err != nil && len(want.Except) > 0 && ctx.Err() == nil {
			// An encoder without layers is better than none.
			want.TemporalLayers, want.SpatialLayers = 1, 1
			choice, err = s.o.Prover.Choose(ctx, want)
		}
		if err == nil {
			choice.Rejected = append(rejected, choice.Rejected...)
			return choice, nil
		}
		if none, ok := errors.AsType[*pipeline.NoEncoderError](err); ok {
			rejected = append(rejected, none.Rejected...)
		}
		if ctx.Err() != nil {
			return choice, err //nolint:wrapcheck // it is the context's
		}
		errs = append(errs, err)
	}
	return proof.Choice{}, errors.Join(errs...)
}

func (s *Supervisor[C]) want(codec pipeline.Codec) proof.Want {
	want := s.o.Host.Want(codec)
	s.mu.Lock()
	defer s.mu.Unlock()
	want.Except = slices.Clone(s.except)
	return want
}

// run starts a chain with the chosen encoder.
func (s *Supervisor[C]) run(choice proof.Choice) (*Encoder[C], error) {
	chain, err := s.o.Host.Build(choice)
	if err != nil {
		return nil, err //nolint:wrapcheck // start names the encoder
	}
	e := newEncoder(choice, chain)
	s.o.Go(func() error {
		e.ran <- chain.Run(context.Background())
		return nil
	})
	<-chain.Started()
	if err := chain.Err(); err != nil {
		return nil, errors.Join(err, chain.Close())
	}
	return e, nil
}

// exclude prevents that this supervisor chooses a candidate again, and others before it is proven again.
func (s *Supervisor[C]) exclude(choice *proof.Choice, cause error) {
	s.mu.Lock()
	s.except = append(s.except, choice.String())
	s.mu.Unlock()
	s.o.Prover.Forget(choice.Candidate)
	s.o.Host.Tell(Event{Encoder: choice.String(), Codec: choice.Row.Codec, Failed: true, Reason: cause.Error()})
}

// replace returns the successor of a failed encoder, or nil after End. Frames do not wait meanwhile.
func (s *Supervisor[C]) replace(old *Encoder[C], cause error) (*Encoder[C], error) {
	s.exclude(&old.Choice, cause)
	codec := old.Choice.Row.Codec
	others := slices.DeleteFunc(slices.Clone(s.o.Host.Codecs()), func(c pipeline.Codec) bool { return c == codec })
	e, err := s.start(s.o.Context, append([]pipeline.Codec{codec}, others...))
	if s.isEnding() {
		if err == nil {
			err = e.Chain.Close()
		}
		return nil, ignoreCancel(err)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w; no other encoder can replace it: %w", old.Choice, cause, err)
	}
	if err := s.o.Host.Replace(s.o.Context, old, e); err != nil {
		return nil, errors.Join(err, e.Chain.Close())
	}
	if !s.install(e, true) {
		return nil, e.Chain.Close() //nolint:wrapcheck // there is nothing to add
	}
	return e, nil
}

// reason returns why an encoder was chosen.
func reason(r *proof.Report) string {
	switch {
	case r.Remembered:
		return fmt.Sprintf("proven before: %.0f frames a second", r.FPS)
	case r.Proven:
		return fmt.Sprintf("proven: %.0f frames a second", r.FPS)
	}
	return "the first one installed"
}

func ignoreCancel(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
