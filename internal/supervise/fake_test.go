// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package supervise

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/proof"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// fault is the fault of a fake encoder.
type fault int

const (
	works         fault = iota
	refusesReady        // it fails to start
	refusesFormat       // it fails before it takes the first frame
	fails               // it fails at a frame
	hangs               // it does not return from a frame
	swallows            // from a frame on, it produces no samples
	reorders            // it produces B-frames
)

var errBroken = errors.New("broken")

// script describes the behaviour of a fake encoder.
type script struct {
	fault fault
	frame int           // of the fault, from 1 on
	close time.Duration // how long Close takes
}

// fakeChain is an encode chain that encodes in no time.
type fakeChain struct {
	script  script
	codec   pipeline.Codec
	encoder *Encoder[*fakeChain]
	started chan struct{}
	ended   chan error
	err     error
	waiting bool // samples wait for the network

	mu     sync.Mutex // protects the following fields
	taken  uint64
	busy   bool
	closed int // how often
}

func (c *fakeChain) Run(context.Context) error {
	if c.script.fault == refusesReady {
		c.err = errBroken
	}
	close(c.started)
	if c.err != nil {
		return c.err
	}
	return <-c.ended
}

func (c *fakeChain) Started() <-chan struct{} { return c.started }
func (c *fakeChain) Err() error               { return c.err }
func (c *fakeChain) Codec() pipeline.Codec    { return c.codec }
func (c *fakeChain) Waiting() bool            { return c.waiting }

func (c *fakeChain) Progress() (taken uint64, busy bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.taken, c.busy
}

func (c *fakeChain) Close() error {
	<-time.After(c.script.close)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed++
	if c.closed == 1 {
		c.end(nil)
	}
	return nil
}

func (c *fakeChain) end(err error) {
	select {
	case c.ended <- err:
	default:
	}
}

// push passes a frame to the encoder, and reports whether that produces a sample.
func (c *fakeChain) push(pts int64) bool {
	c.encoder.Pushed()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.busy || c.closed > 0 {
		return false
	}
	faulty := int(c.taken)+1 >= c.script.frame
	switch c.script.fault {
	case refusesFormat:
		c.end(errBroken)
		return false
	case fails:
		if faulty {
			c.end(errBroken)
			return false
		}
	case hangs:
		c.busy = faulty
	case swallows:
		if faulty {
			c.taken++
			return false
		}
	case reorders:
		pts -= 2 * int64(c.taken%2) * int64(interval) // Every other sample is before its predecessor.
	case works, refusesReady:
	}
	c.taken++
	return !c.busy && c.encoder.Sample(pts)
}

// fakeProver chooses among encoders that exist only in this test.
type fakeProver struct {
	mu        sync.Mutex // protects the following fields
	here      []proof.Candidate
	rejected  map[string]string // why, by candidate
	forgotten []string
	wants     []proof.Want
	choose    func(ctx context.Context) error // what Choose waits for; may be nil
}

func candidate(codec pipeline.Codec, factory string, family catalogue.Family) proof.Candidate {
	return proof.Candidate{Row: catalogue.Row{Codec: codec, Factory: factory, Family: family}}
}

func (p *fakeProver) Choose(ctx context.Context, want proof.Want) (proof.Choice, error) {
	if p.choose != nil {
		if err := p.choose(ctx); err != nil {
			return proof.Choice{}, err
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wants = append(p.wants, want)
	none := &pipeline.NoEncoderError{Codec: want.Codec, Hardware: want.Hardware, Encoder: want.Encoder}
	for _, c := range p.here {
		switch reason := p.rejected[c.String()]; {
		case c.Row.Codec != want.Codec:
		case slices.Contains(want.Except, c.String()):
			none.Rejected = append(none.Rejected, pipeline.Rejection{Encoder: c.String(), Reason: "it has failed before"})
		case reason != "":
			none.Rejected = append(none.Rejected, pipeline.Rejection{Encoder: c.String(), Reason: reason})
		case want.SpatialLayers > 1 && c.Row.Layers.Spatial < want.SpatialLayers:
			none.Rejected = append(none.Rejected, pipeline.Rejection{Encoder: c.String(), Reason: "it has no layers"})
		default:
			return proof.Choice{Candidate: c, Report: proof.Report{Proven: true, FPS: 100}, Rejected: none.Rejected}, nil
		}
	}
	return proof.Choice{}, none
}

func (p *fakeProver) Forget(candidates ...proof.Candidate) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range candidates {
		p.forgotten = append(p.forgotten, c.String())
	}
}

// fakeHost is a layer of a source with 30 frames a second.
type fakeHost struct {
	t       *testing.T
	s       *Supervisor[*fakeChain]
	prover  *fakeProver
	scripts map[string]script // by factory
	codecs  []pipeline.Codec
	layers  int   // requested
	refusal error // of Replace
	kept    chan error

	mu       sync.Mutex // protects the following fields
	chains   []*fakeChain
	events   []Event
	replaced []string // codecs that Replace was called for
	gaveUp   error
	samples  []time.Time // the time of each
	installs int
}

const (
	interval = time.Second / 30

	hardware = "nvh264enc"
	second   = "vah264enc"
	software = "x264enc"
)

// newHost returns a host with hardware and software encoders for H.264.
func newHost(t *testing.T) *fakeHost {
	t.Helper()
	h := &fakeHost{
		t: t, scripts: map[string]script{}, codecs: []pipeline.Codec{pipeline.H264}, layers: 1, kept: make(chan error, 1),
		prover: &fakeProver{rejected: map[string]string{}, here: []proof.Candidate{
			candidate(pipeline.H264, hardware, catalogue.NVENC), candidate(pipeline.H264, software, catalogue.Software),
		}},
	}
	h.s = New(Options[*fakeChain]{
		Host: h, Prover: h.prover, Context: t.Context(), Go: func(f func() error) { go func() { _ = f() }() },
		SoftwareLook: func(time.Time) time.Duration { return 250 * time.Millisecond }, Logger: slog.New(slog.DiscardHandler),
	})
	return h
}

func (h *fakeHost) Codecs() []pipeline.Codec { return h.codecs }

func (h *fakeHost) Want(codec pipeline.Codec) proof.Want {
	return proof.Want{Codec: codec, SpatialLayers: h.layers}
}

func (h *fakeHost) Build(choice proof.Choice) (*fakeChain, error) {
	s, ok := h.scripts[choice.Row.Factory]
	if ok && s.fault == works && s.frame < 0 {
		return nil, errBroken
	}
	c := &fakeChain{script: s, codec: choice.Row.Codec, started: make(chan struct{}), ended: make(chan error, 1)}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.chains = append(h.chains, c)
	return c, nil
}

func (h *fakeHost) Replace(_ context.Context, old, next *Encoder[*fakeChain]) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.replaced = append(h.replaced, fmt.Sprintf("%s by %s", old.Chain.Codec(), next.Chain.Codec()))
	return h.refusal
}

func (h *fakeHost) Prepare(e *Encoder[*fakeChain]) { e.Chain.encoder = e }

func (h *fakeHost) Installed(e *Encoder[*fakeChain], replaces bool) {
	require.Same(h.t, e, h.s.Current())
	require.Equal(h.t, h.installs > 0, replaces)
	h.installs++
}

func (h *fakeHost) Tell(ev Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events = append(h.events, ev)
}

func (h *fakeHost) GiveUp(cause error) error {
	h.gaveUp = cause
	return cause
}

// begin starts the first encoder, and runs Keep.
func (h *fakeHost) begin() {
	h.t.Helper()
	e, err := h.s.Start(h.t.Context())
	require.NoError(h.t, err)
	require.True(h.t, h.s.Install(e))
	go func() { h.kept <- h.s.Keep() }()
}

// capture passes n frames to the current encoder, at the source's frame rate.
func (h *fakeHost) capture(n int) {
	for range n {
		if e := h.s.Current(); e != nil && e.Chain.push(time.Now().UnixNano()) {
			h.samples = append(h.samples, time.Now())
		}
		<-time.After(interval)
		synctest.Wait()
	}
}

// longestGap returns the longest time between two samples.
func (h *fakeHost) longestGap() (gap time.Duration) {
	for i := 1; i < len(h.samples); i++ {
		gap = max(gap, h.samples[i].Sub(h.samples[i-1]))
	}
	return gap
}

// stop ends the encoder as a publication does, and returns the result of Keep.
func (h *fakeHost) stop() error {
	if e := h.s.End(); e != nil {
		require.NoError(h.t, e.Chain.Close())
	}
	return <-h.kept
}

// requireClosed checks that each chain was closed.
func (h *fakeHost) requireClosed() {
	h.t.Helper()
	for _, c := range h.chains {
		require.Equal(h.t, 1, c.closed, "%+v", c.script)
	}
}

// story returns a summary of the events.
func (h *fakeHost) story() (story []string) {
	for _, ev := range h.events {
		verb := " chosen"
		if ev.Failed {
			verb = " failed"
		}
		story = append(story, ev.Encoder+verb)
	}
	return story
}
