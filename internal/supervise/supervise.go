// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package supervise chooses an encoder, starts it, watches it, and replaces it by the next one when it fails.
//
// An encoder fails if its chain ends with an error, if it does not come back from a frame, if it takes frames and gives
// no samples, or if its samples come out of order. It is not chosen again after that, and its proof is forgotten. The
// next one is the best that is left, of the same codec if there is one. The supervisor's [Host] sees to the frames, the
// samples and the tracks.
package supervise

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gstpublish/gstpublish/internal/proof"
	"github.com/gstpublish/gstpublish/pipeline"
)

// Chain is an encode chain. The supervisor runs it and closes it.
type Chain interface {
	// Run encodes until the chain ends, or fails with an error. Started is closed as soon as it can take frames, or has
	// failed to start: see Err.
	Run(ctx context.Context) error
	Started() <-chan struct{}
	Err() error
	// Codec is what the chain makes.
	Codec() pipeline.Codec
	// Progress returns how many frames the encoder has taken, and whether it has not come back from the last one yet.
	Progress() (taken uint64, busy bool)
	// Waiting reports whether a sample waits for the network, so that the encoder may have to wait too.
	Waiting() bool
	// Close ends the chain. It may take as long as a driver takes to return.
	Close() error
}

// Prover chooses encoders: a proof.Prover.
type Prover interface {
	Choose(ctx context.Context, want proof.Want) (proof.Choice, error)
	Forget(candidates ...proof.Candidate)
}

// Host is what a supervisor works for. Its methods are called by one goroutine at a time, but for Build and Want.
type Host[C Chain] interface {
	// Codecs are those that may be used, the best first.
	Codecs() []pipeline.Codec
	// Want says which encoder of a codec is wanted. The supervisor sets Except.
	Want(codec pipeline.Codec) proof.Want
	// Build makes a chain with an encoder.
	Build(choice proof.Choice) (C, error)
	// Replace prepares an encoder to take the place of one that has failed. If the codec is another one, that takes
	// another track.
	Replace(ctx context.Context, old, next *Encoder[C]) error
	// Prepare is called before an encoder gets frames.
	Prepare(e *Encoder[C])
	// Installed is called when an encoder gets the frames: when it is the current one. replaces reports whether it
	// takes the place of another one.
	Installed(e *Encoder[C], replaces bool)
	// Tell receives each decision for an encoder, and each failure of one, in the order in which they happen.
	Tell(ev Event)
	// GiveUp is called when there will be no encoder any more. Supervisor.Keep returns what it returns.
	GiveUp(cause error) error
}

// Event is a decision for an encoder, or the failure of one.
type Event struct {
	Encoder  string // the elements, as in "vapostproc ! vah264enc"
	Codec    pipeline.Codec
	Failed   bool                 // it does not encode any more, or never did; otherwise it encodes from now on
	Reason   string               // why it failed, or why it was chosen
	Rejected []pipeline.Rejection // candidates before it that are installed and do not work
}

// Options are those of a Supervisor. All are needed.
type Options[C Chain] struct {
	Host   Host[C]
	Prover Prover
	// Context ends what the supervisor does by itself. Go runs a goroutine of the supervisor's.
	Context context.Context //nolint:containedctx // of the supervisor's life
	Go      func(f func() error)
	// SoftwareLook returns the time until the next look at a software encoder, which may be a moment that it shares
	// with others, so that the process wakes once for all of them. Hardware is looked at every 50 ms.
	SoftwareLook func(now time.Time) time.Duration
	Logger       *slog.Logger
}

// Supervisor keeps one encoder at work. All methods are safe for concurrent use, but Start, Install and Keep are for
// one goroutine, in this order.
type Supervisor[C Chain] struct {
	o       Options[C]
	current atomic.Pointer[Encoder[C]] // nil while there is none
	using   sync.Mutex                 // held while Use runs

	mu     sync.Mutex // protects what follows
	ending bool
	except []string // candidates that have failed
}

// New returns a supervisor without an encoder.
func New[C Chain](o Options[C]) *Supervisor[C] { return &Supervisor[C]{o: o} }

// Current returns the encoder that gets the frames; nil while there is none.
func (s *Supervisor[C]) Current() *Encoder[C] { return s.current.Load() }

// Use calls f if e is the current encoder. It stays so until f returns.
func (s *Supervisor[C]) Use(e *Encoder[C], f func()) {
	s.using.Lock()
	defer s.using.Unlock()
	if s.current.Load() == e {
		f()
	}
}

// End lets no other encoder come, and returns the current one.
func (s *Supervisor[C]) End() *Encoder[C] {
	s.mu.Lock()
	s.ending = true
	s.mu.Unlock()
	return s.current.Load()
}

func (s *Supervisor[C]) isEnding() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ending
}

// Install gives an encoder that Start returned the frames. It returns false if End was called before: then the encoder
// is still the caller's to close.
func (s *Supervisor[C]) Install(e *Encoder[C]) bool { return s.install(e, false) }

func (s *Supervisor[C]) install(e *Encoder[C], replaces bool) bool {
	s.o.Host.Prepare(e)
	s.mu.Lock()
	if s.ending {
		s.mu.Unlock()
		return false
	}
	s.current.Store(e)
	s.mu.Unlock()
	s.o.Host.Installed(e, replaces)
	s.o.Host.Tell(Event{
		Encoder: e.Choice.String(), Codec: e.Choice.Row.Codec, Reason: reason(&e.Choice.Report), Rejected: e.Choice.Rejected,
	})
	if e.Choice.Row.Hardware() {
		s.o.Go(func() error {
			s.standby(e)
			return nil
		})
	}
	return true
}

// standby proves the encoder that would follow, so that it can at once.
func (s *Supervisor[C]) standby(e *Encoder[C]) {
	want := s.want(e.Choice.Row.Codec)
	want.Except = append(want.Except, e.Choice.String())
	if next, err := s.o.Prover.Choose(s.o.Context, want); err == nil {
		s.o.Logger.Debug("standby encoder chosen", "encoder", next.String())
	}
}

// Keep replaces the encoder whenever it fails, and returns when it ends.
func (s *Supervisor[C]) Keep() error {
	e := s.current.Load()
	for {
		cause := e.watch(s.o.SoftwareLook)
		if cause == nil || s.isEnding() {
			return cause
		}
		s.retire(e)
		next, err := s.replace(e, cause)
		if err != nil {
			return s.o.Host.GiveUp(err)
		}
		if next == nil {
			return nil
		}
		e = next
	}
}

// retire takes an encoder out of service. A driver may take its time to return.
func (s *Supervisor[C]) retire(e *Encoder[C]) {
	s.using.Lock()
	s.current.Store(nil)
	s.using.Unlock()
	s.o.Go(func() error {
		if err := e.Chain.Close(); err != nil {
			s.o.Logger.Warn("closing a failed encoder", "encoder", e.Choice.String(), "err", err)
		}
		return nil
	})
}
