// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/gstpublish/gstpublish/internal/gst"
)

// closeTimeout bounds how long Close waits for elements to let go.
const closeTimeout = 10 * time.Second

// busWait is how long the bus is waited for at a time. What is to end the wait
// wakes it; each time it ends by itself costs a thread's way to Go and back.
const busWait = time.Minute

// State is how far a pipeline has come. It only ever grows.
type State int

// The states of a pipeline, in their order.
const (
	StateBuilt    State = iota // nothing moves yet
	StateStarted               // Run was called, the elements are starting
	StateRunning               // media flows
	StateDraining              // Stop was called, what is inside comes out
	StateStopped               // it has ended and can't be run again
)

func (s State) String() string {
	return [...]string{"built", "started", "running", "draining", "stopped"}[s]
}

// Options are what all pipelines have in common. The zero value works.
type Options struct {
	// Logger gets warnings of elements and changes of state. Defaults to silence.
	Logger *slog.Logger
}

func (o *Options) logger() *slog.Logger {
	if o == nil || o.Logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return o.Logger
}

// Pipeline runs one GStreamer pipeline. Run blocks while it plays, Stop drains
// it, Close gives everything back and must be called. All methods may be called
// at the same time.
type Pipeline struct {
	log     *slog.Logger
	gp      *gst.Pipeline
	outputs []*Output
	input   *gst.AppSrc       // of an EncodeChain; nil for launch text
	explain func(error) error // adds to why an element failed what is known of it; may be nil
	drain   func()            // sends the end of the stream in
	drained chan struct{}     // closed when drain has returned
	started chan struct{}     // closed when the sinks can be pulled from, or never will be
	done    chan struct{}     // closed when Run is over
	force   chan struct{}     // closed when Run must not wait for the drain

	mu        sync.Mutex // protects what follows
	state     State
	draining  bool // drain was called
	forced    bool
	closed    bool
	err       error // why it stopped
	closeErr  error
	closeDone chan struct{}

	starting sync.Mutex // held while the elements are paused, and while they are released
	paused   bool       // Preroll has paused the elements; protected by starting
}

// Parse builds a pipeline from launch text. What it leaves unlinked becomes its
// outputs. Errors are *LaunchError, around *MissingElementError,
// *PropertyError or GStreamer's own words.
func Parse(text string, opts *Options) (*Pipeline, error) {
	return build(launchText{text: text}, opts)
}

// ParseArgs builds a pipeline from command-line words, quoted as for
// gst-launch-1.0.
func ParseArgs(args []string, opts *Options) (*Pipeline, error) {
	return build(launchText{text: joinArgs(args)}, opts)
}

// ParseFile builds a pipeline from a launch file: launch text over several
// lines, with comments in lines that begin with #.
func ParseFile(path string, opts *Options) (*Pipeline, error) {
	text, err := readLaunchFile(path, os.ReadFile)
	if err != nil {
		return nil, err
	}
	return build(text, opts)
}

func build(text launchText, opts *Options) (*Pipeline, error) {
	gp, err := text.parse()
	if err != nil {
		return nil, err
	}
	p := newPipeline(gp, opts)
	p.drain = func() { gp.SendEOS() }
	if p.outputs, err = findOutputs(gp, p.started); err != nil {
		return nil, text.fail(0, errors.Join(err, p.Close()))
	}
	return p, nil
}

func newPipeline(gp *gst.Pipeline, opts *Options) *Pipeline {
	return &Pipeline{
		log:       opts.logger(),
		gp:        gp,
		started:   make(chan struct{}),
		drained:   make(chan struct{}),
		done:      make(chan struct{}),
		force:     make(chan struct{}),
		closeDone: make(chan struct{}),
	}
}

// Outputs are the places where media leaves, in the order of the text.
func (p *Pipeline) Outputs() []*Output { return p.outputs }

// State is how far the pipeline has come.
func (p *Pipeline) State() State {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state
}

// Err is why the pipeline stopped; nil while it runs and after a clean end.
func (p *Pipeline) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// Started is closed when media can flow, or when it never will: Err tells.
func (p *Pipeline) Started() <-chan struct{} { return p.started }

// Done is closed when the pipeline has stopped: Err tells why.
func (p *Pipeline) Done() <-chan struct{} { return p.done }

// Dot draws the pipeline as it is now, in Graphviz's language.
func (p *Pipeline) Dot() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return ""
	}
	return p.gp.Dot()
}

// upgrade moves the state forward and tells whether it did.
func (p *Pipeline) upgrade(to State) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state >= to {
		return false
	}
	p.state = to
	p.log.Debug("pipeline state", "state", to.String())
	return true
}

// Run plays the pipeline until its stream ends (nil), an element fails
// (*ElementError), Stop is called (nil) or ctx is done (its cause; nothing is
// drained then). It can be called once; later calls return ErrStopped.
func (p *Pipeline) Run(ctx context.Context) error {
	if !p.upgrade(StateStarted) {
		return ErrStopped
	}
	err := p.play(ctx)
	if err == nil {
		close(p.started)
		p.upgrade(StateRunning)
		err = p.watch(ctx)
	} else {
		err = p.startFailure(err)
	}
	// Handling the end of the stream may hold the pipeline's state while it
	// waits for a thread that waits for a pull, so nobody may wait for that.
	for _, o := range p.outputs {
		if discardErr := o.discard(); discardErr != nil {
			p.log.Warn("an output could not be emptied", "err", discardErr)
		}
	}
	nullErr := p.gp.SetState(context.WithoutCancel(ctx), gst.StateNull)
	for _, o := range p.outputs {
		o.wake()
	}
	if err == nil && nullErr != nil {
		err = fmt.Errorf("pipeline: stopping: %w", nullErr)
	}
	if err != nil && p.explain != nil {
		err = p.explain(err)
	}
	p.finish(err)
	return err
}

// Preroll starts the elements but not the clock, so that Run can play at once: files
// are opened, devices are ready, and nothing flows yet. It need not be called. live
// reports whether the sources make media at the pace of a clock, as cameras do. ctx,
// or without a deadline ten seconds, bounds it. It must come before Run, once; after
// an error, and where Run will not follow, the pipeline must be closed.
func (p *Pipeline) Preroll(ctx context.Context) (live bool, err error) {
	p.starting.Lock()
	defer p.starting.Unlock()
	if p.State() != StateBuilt || p.paused {
		return false, ErrStopped
	}
	if err := p.gp.SetState(ctx, gst.StatePaused); err != nil {
		return false, p.startFailure(err)
	}
	p.paused = true
	return p.gp.IsLive(), nil
}

// pause starts the elements, unless Preroll has.
func (p *Pipeline) pause(ctx context.Context) error {
	p.starting.Lock()
	defer p.starting.Unlock()
	if p.paused {
		return nil
	}
	return p.gp.SetState(ctx, gst.StatePaused)
}

// play sets the elements going. What isn't live, such as a file, would come as
// fast as it can be read: it is slowed down to the pace of its time stamps.
func (p *Pipeline) play(ctx context.Context) error {
	if err := p.pause(ctx); err != nil {
		return err
	}
	if !p.gp.IsLive() {
		for _, o := range p.outputs {
			if err := o.sink.Pace(); err != nil {
				return err
			}
		}
	}
	return p.gp.SetState(ctx, gst.StatePlaying)
}

// finish ends the life of a pipeline that will not play any more.
func (p *Pipeline) finish(err error) {
	p.mu.Lock()
	p.state, p.err = StateStopped, err
	p.mu.Unlock()
	select {
	case <-p.started:
	default:
		close(p.started)
	}
	close(p.done)
}

// startFailure finds what an element said when the state change failed.
func (p *Pipeline) startFailure(stateErr error) error {
	for {
		switch m := p.gp.Next(0); m.Type {
		case gst.MessageError:
			return fmt.Errorf("pipeline: starting: %w", m.Err)
		case gst.MessageNone:
			return fmt.Errorf("pipeline: starting: %w", stateErr)
		case gst.MessageEOS, gst.MessageWarning: // not why it failed
		}
	}
}

// watch reads the bus until the pipeline is over.
func (p *Pipeline) watch(ctx context.Context) error {
	woken := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(woken)
		p.gp.Wake()
	})
	defer func() {
		if !stop() {
			<-woken // The bus must outlive it.
		}
	}()
	for {
		m := p.gp.Next(busWait)
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-p.force:
			return nil
		default:
		}
		switch m.Type {
		case gst.MessageEOS:
			return nil
		case gst.MessageError:
			return fmt.Errorf("pipeline: %w", m.Err)
		case gst.MessageWarning:
			p.log.Warn("warning from an element", "element", m.Err.Element(), "text", m.Err.Message, "debug", m.Err.Debug)
		case gst.MessageNone:
		}
	}
}

// Stop ends the stream and waits until what is inside has come out, or until
// ctx is done: then the rest is thrown away and the error is ErrDrain. Run
// returns nil either way. Stopping twice is fine.
func (p *Pipeline) Stop(ctx context.Context) error {
	p.mu.Lock()
	state := p.state
	if state == StateBuilt {
		p.state = StateStopped
		close(p.started)
		close(p.done)
	}
	p.mu.Unlock()
	if state == StateBuilt {
		return nil
	}
	if p.beginDrain() {
		// An element's EOS handler may block; the deadline holds all the same.
		go func() {
			defer close(p.drained)
			p.drain()
		}()
	}
	select {
	case <-p.done:
		return nil
	case <-ctx.Done():
		p.abort()
		<-p.done
		return fmt.Errorf("%w: %w", ErrDrain, context.Cause(ctx))
	}
}

// beginDrain tells the one caller that sends the end of the stream.
func (p *Pipeline) beginDrain() bool {
	if !p.upgrade(StateDraining) {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.draining = true
	return true
}

// abort makes Run return without waiting for the drain.
func (p *Pipeline) abort() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.forced {
		p.forced = true
		close(p.force)
		p.gp.Wake()
	}
}

// Close ends the pipeline without draining, waits for Run to return and gives
// back all that GStreamer holds. It is idempotent. Outputs end with io.EOF.
func (p *Pipeline) Close() error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		<-p.closeDone
		return p.closeErr
	}
	p.closed = true
	state := p.state
	if state == StateBuilt {
		p.state = StateStopped
		close(p.started)
		close(p.done)
	}
	p.mu.Unlock()
	if state != StateBuilt && state != StateStopped {
		p.abort()
	}
	<-p.done
	p.closeErr = p.release()
	close(p.closeDone)
	return p.closeErr
}

// release gives back what GStreamer holds, once nothing plays any more.
func (p *Pipeline) release() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	p.mu.Lock()
	draining := p.draining
	p.mu.Unlock()
	if draining {
		select {
		case <-p.drained:
		case <-ctx.Done():
			return fmt.Errorf("pipeline: closing: an element still handles the end of the stream: %w", gst.ErrTimeout)
		}
	}
	p.starting.Lock()
	defer p.starting.Unlock()
	for _, o := range p.outputs {
		o.close()
	}
	if p.input != nil {
		p.input.Close()
	}
	if err := p.gp.Close(ctx); err != nil {
		return fmt.Errorf("pipeline: closing: %w", err)
	}
	return nil
}
