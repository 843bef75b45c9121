// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package supervise chooses an encoder, starts it, watches it, and replaces it when it fails.
//
// An encoder has failed if its chain ends with an error, if it does not return from a frame, if it takes frames and
// produces no samples, or if its samples are out of order. It is not chosen again, and its proof is forgotten. Its
// successor is the best remaining encoder, of the same codec if possible. The supervisor's [Host] handles frames,
// samples and tracks.
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

// Chain is an encode chain. The supervisor runs and closes it.
type Chain interface {
	// Run encodes until the chain ends or fails. Started is closed as soon as the chain can take frames or has failed to
	// start: see Err.
	Run(ctx context.Context) error
	Started() <-chan struct{}
	Err() error
	// Codec returns the codec of the samples.
	Codec() pipeline.Codec
	// Progress returns how many frames the encoder has taken, and whether it is still busy with the last one.
	Progress() (taken uint64, busy bool)
	// Waiting reports whether a sample waits for the network, which may block the encoder.
	Waiting() bool
	// Close ends the chain. It may block as long as a driver does.
	Close() error
}

// Prover chooses encoders: a proof.Prover.
type Prover interface {
	Choose(ctx context.Context, want proof.Want) (proof.Choice, error)
	Forget(candidates ...proof.Candidate)
}

// Host is the owner of a supervisor. One goroutine at a time calls its methods, except for Build and Want.
type Host[C Chain] interface {
	// Codecs returns the permitted codecs, in order of preference.
	Codecs() []pipeline.Codec
	// Want returns the requirements for an encoder of a codec. The supervisor sets Except.
	Want(codec pipeline.Codec) proof.Want
	// Build returns a chain with an encoder.
	Build(choice proof.Choice) (C, error)
	// Replace prepares the successor of a failed encoder. Another codec needs another track.
	Replace(ctx context.Context, old, next *Encoder[C]) error
	// Prepare is called before an encoder receives frames.
	Prepare(e *Encoder[C])
	// Installed is called when an encoder has become the current one, which receives the frames. replaces reports
	// whether it replaces another one.
	Installed(e *Encoder[C], replaces bool)
	// Tell receives each choice and each failure of an encoder, in order.
	Tell(ev Event)
	// GiveUp is called when no encoder is left. Supervisor.Keep returns its error.
	GiveUp(cause error) error
}

// Event is the choice or the failure of an encoder.
type Event struct {
	Encoder  string // the elements, as in "vapostproc ! vah264enc"
	Codec    pipeline.Codec
	Failed   bool                 // it has failed or could not start; otherwise it encodes from now on
	Reason   string               // why it failed, or why it was chosen
	Rejected []pipeline.Rejection // candidates before it that are installed and do not work
}

// Options configures a Supervisor. All fields are required.
type Options[C Chain] struct {
	Host   Host[C]
	Prover Prover
	// Context ends the supervisor's background work. Go runs a goroutine for it.
	Context context.Context //nolint:containedctx // of the supervisor's life
	Go      func(f func() error)
	// SoftwareLook returns the time until the next check of a software encoder. Encoders may share such times, so that
	// the process wakes once for all of them. Hardware encoders are checked every 50 ms.
	SoftwareLook func(now time.Time) time.Duration
	Logger       *slog.Logger
}

// Supervisor keeps one encoder running. All methods are safe for concurrent use, except that one goroutine must call
// Start, Install and Keep, in this order.
type Supervisor[C Chain] struct {
	o       Options[C]
	current atomic.Pointer[Encoder[C]] // nil while there is none
	using   sync.Mutex                 // held while Use runs

	mu     sync.Mutex // protects the following fields
	ending bool
	except []string // candidates that have failed
}

// New returns a supervisor without an encoder.
func New[C Chain](o Options[C]) *Supervisor[C] { return &Supervisor[C]{o: o} }

// Current returns the encoder that receives the frames; nil while there is none.
func (s *Supervisor[C]) Current() *Encoder[C] { return s.current.Load() }

// Use calls f if e is the current encoder, which it remains until f returns.
func (s *Supervisor[C]) Use(e *Encoder[C], f func()) {
	s.using.Lock()
	defer s.using.Unlock()
	if s.current.Load() == e {
		f()
	}
}

// End prevents further replacements, and returns the current encoder.
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

// Install makes an encoder that Start returned the current one. It returns false after End: then the caller must close
// the encoder.
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

// standby proves the next encoder in advance, so that it could start immediately.
func (s *Supervisor[C]) standby(e *Encoder[C]) {
	want := s.want(e.Choice.Row.Codec)
	want.Except = append(want.Except, e.Choice.String())
	if next, err := s.o.Prover.Choose(s.o.Context, want); err == nil {
		s.o.Logger.Debug("standby encoder chosen", "encoder", next.String())
	}
}

// Keep replaces the encoder whenever it fails. It returns when the encoder ends.
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

// retire closes an encoder in the background: a driver may block.
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
