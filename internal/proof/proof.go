// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/gstpublish/gstpublish/pipeline"
)

// defaultTimeout is enough for a driver that has to be loaded, and for a frame of a
// software encoder on a busy machine.
const defaultTimeout = 8 * time.Second

// Options configures a Prover. The zero value works.
type Options struct {
	// Timeout limits each step of a proof, such as encoding a frame: an encoder that takes longer is stuck. A whole
	// proof may take four times as long, since other work on the machine delays it. The default is eight seconds.
	Timeout time.Duration
	// CacheDir is a folder where successful proofs are remembered for later processes, such as
	// UserCacheDir(). A remembered proof is valid as long as nothing has changed that it depends
	// on: the program, GStreamer, the elements' plugins, and for hardware the devices and their
	// drivers. An unusable folder is not an error; the log has the reason. A folder that other
	// users own or can write is not used. By default the Prover touches no file, and remembers only
	// while the process lives.
	CacheDir string
	// Logger receives the results. The default discards them.
	Logger *slog.Logger
}

// Prover proves encoders and remembers the results. Its methods are safe for concurrent use. A nil
// *Prover proves nothing and chooses software only.
type Prover struct {
	opts Options
	log  *slog.Logger
	root string // of the file system that has the devices
	// program returns the path of the running program's executable file.
	program func() (string, error)
	// patience is that of request; 0 except in tests, which other work on the machine must not fail.
	patience int
	*memory
}

// memory holds the results of Provers.
type memory struct {
	turn chan struct{} // has an element while a child process runs

	mu    sync.Mutex // protects the following fields
	found map[key]*finding
	hook  *pipeline.HookError // of the last attempt to start a child; nil if it succeeded
	retry time.Time           // no child is started before this time, after a HookError
}

// hookRetry is how long a Prover starts no child after one did not reach the hook: a busy machine
// may be the reason, and callers should not wait for it each time.
const hookRetry = time.Minute

// key identifies a proof. For software the size and the rate do not matter.
type key struct {
	candidate          string
	screencast         bool
	width, height, fps int // of hardware
}

func keyOf(c Candidate, w *Want) key {
	k := key{candidate: c.String(), screencast: w.Screencast}
	if c.Row.Hardware() {
		k.width, k.height, k.fps = w.Width, w.Height, w.FPS
	}
	return k
}

type finding struct {
	done   chan struct{} // closed when report is there
	report Report
	failed bool // it was abandoned, and says nothing about the encoder
}

// New returns a Prover. The child processes that it starts are copies of the running
// program: see HookError for what that asks of the program.
func New(opts *Options) *Prover {
	p := &Prover{root: "/", program: os.Executable, memory: newMemory()}
	if opts != nil {
		p.opts = *opts
	}
	if p.opts.Timeout == 0 {
		p.opts.Timeout = defaultTimeout
	}
	p.log = p.opts.Logger
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	return p
}

func newMemory() *memory {
	return &memory{turn: make(chan struct{}, 1), found: map[key]*finding{}}
}

// ofProcess returns the memory of all Provers of Shared: which encoders work is a property
// of the machine, and two proofs at the same time would measure each other.
var ofProcess = sync.OnceValue(newMemory)

// Shared is New for a Prover that knows what the other shared Provers of this process have
// found.
func Shared(opts *Options) *Prover {
	p := New(opts)
	p.memory = ofProcess()
	return p
}

// SetLogger replaces Options.Logger, for programs that know it only after New.
// It must come before everything else.
func (p *Prover) SetLogger(log *slog.Logger) { p.log = log }

// SetCacheDir replaces Options.CacheDir, for programs that know it only after New.
// It must come before everything else but SetLogger.
func (p *Prover) SetCacheDir(dir string) { p.opts.CacheDir = dir }

// Prove reports whether a candidate works, from memory or from Options.CacheDir if it was proven
// before: for hardware in this size and rate, for software in any. The error is ctx's cause, or a
// *pipeline.HookError; problems of the encoder are in the report.
func (p *Prover) Prove(ctx context.Context, c Candidate, w Want) (Report, error) {
	w = w.withDefaults()
	k := keyOf(c, &w)
	for {
		p.mu.Lock()
		f, known := p.found[k]
		if !known {
			f = &finding{done: make(chan struct{})}
			p.found[k] = f
		}
		p.mu.Unlock()
		if !known {
			return p.find(ctx, k, f, c, w)
		}
		select {
		case <-f.done:
			if !f.failed {
				return f.report, nil
			}
		case <-ctx.Done():
			return Report{}, context.Cause(ctx)
		}
	}
}

// find runs a proof that others may wait for.
func (p *Prover) find(ctx context.Context, k key, f *finding, c Candidate, w Want) (Report, error) {
	report, known := p.recall(k, c)
	var err error
	if !known {
		report, err = p.askInTurn(ctx, c, w)
	}
	if err != nil {
		f.failed = true
		p.mu.Lock()
		if p.found[k] == f {
			delete(p.found, k)
		}
		p.mu.Unlock()
	}
	f.report = report
	close(f.done)
	switch {
	case known:
		p.log.Info("encoder remembered", "encoder", k.candidate, "fps", int(report.FPS))
	case err == nil:
		p.log.Info("encoder tried", "encoder", k.candidate, "proven", report.Proven, "reason", report.Reason,
			"fps", int(report.FPS), "took", report.Elapsed.Round(time.Millisecond))
		p.remember(k, c, &report)
	}
	return report, err
}

// askInTurn runs one child at a time: two would measure each other, and some devices
// have few sessions.
func (p *Prover) askInTurn(ctx context.Context, c Candidate, w Want) (Report, error) {
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
		if err := p.blocked(); err != nil {
			return Report{}, err
		}
		report, err := p.ask(ctx, c, w)
		p.noteHook(err)
		return report, err
	case <-ctx.Done():
		return Report{}, context.Cause(ctx)
	}
}

// blocked returns the recent *pipeline.HookError of a child, if any.
func (p *Prover) blocked() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.hook != nil && time.Now().Before(p.retry) {
		return p.hook
	}
	return nil
}

// noteHook keeps the error of an attempt to start a child, and logs the first of several.
func (p *Prover) noteHook(err error) {
	var missed *pipeline.HookError
	failed := errors.As(err, &missed)
	if err != nil && !failed {
		return // It was abandoned.
	}
	p.mu.Lock()
	first := failed && p.hook == nil
	p.hook, p.retry = missed, time.Now().Add(hookRetry)
	p.mu.Unlock()
	if first {
		p.log.Warn("using the installed software encoders, unproven", "err", missed)
	}
}

// HookError returns why encoders cannot be proven, or nil. It is nil before the first
// proof.
func (p *Prover) HookError() error {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.hook == nil {
		return nil
	}
	return p.hook
}

// Forget makes the Prover, and other processes, prove candidates again when they are next needed,
// in all sizes; without arguments, all candidates.
func (p *Prover) Forget(candidates ...Candidate) {
	if p == nil {
		return
	}
	if len(candidates) == 0 {
		p.store().Clear()
	}
	for _, c := range candidates {
		p.store().Remove(c.String())
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hook = nil
	for k := range p.found {
		forget := len(candidates) == 0
		for _, c := range candidates {
			forget = forget || c.String() == k.candidate
		}
		if forget {
			delete(p.found, k)
		}
	}
}
