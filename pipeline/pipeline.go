// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/gst/describe"
	"github.com/gstpublish/gstpublish/internal/inside"
)

// closeTimeout limits how long Close waits for elements to stop.
const closeTimeout = 10 * time.Second

// busWait is how long to wait for the bus at a time. Anything that ends the wait wakes it; a wait
// that times out costs a thread's switch to Go and back.
const busWait = time.Minute

// State is how far a pipeline has come. It only increases.
type State int

// The states of a pipeline, in order.
const (
	StateBuilt    State = iota // nothing moves yet
	StateStarted               // Run was called; the elements are starting
	StateRunning               // media flows
	StateDraining              // Stop was called; the pipeline is draining
	StateStopped               // it has ended and cannot be run again
)

func (s State) String() string {
	return [...]string{"built", "started", "running", "draining", "stopped"}[s]
}

// Options configures any pipeline. The zero value works.
type Options struct {
	origin

	// IsScreencast reports that the pipeline's video shows a screen, which is published
	// as a screen share and encoded as one. Defaults to a camera.
	IsScreencast bool
	// Policy limits what launch text may use. The default permits everything: then launch text is code,
	// which can read and write files and open connections.
	Policy *Policy
	// Variable returns the value of a variable ${name} of a launch file. If it returns "" or false, the
	// variable's default is used. If it is nil, all variables have their defaults.
	Variable func(name string) (value string, ok bool)
	// Restart makes the pipeline begin again when it ends. By default it does not.
	Restart Restart
	// SourceTimeout is how long nothing may come, once there was a sample, before the source counts as failed: the error
	// is a *SilentError. It is for sources that fall silent when they are gone, such as a playlist that is not continued.
	// By default there is no limit.
	SourceTimeout time.Duration
	// Logger receives elements' warnings and state changes. The default discards them.
	Logger *slog.Logger
}

func (o *Options) logger() *slog.Logger {
	if o == nil || o.Logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return o.Logger
}

// Pipeline runs one GStreamer pipeline. Run blocks while it plays, Stop drains it, and Close
// releases everything and must be called. All methods are safe for concurrent use.
type Pipeline struct {
	log          *slog.Logger
	gp           *gst.Pipeline
	isScreencast bool               // of Options
	text         *parsed            // nil for media.Parts
	written      []describe.Element // what the text has built, without what was added to it

	outputs []*Output
	pace    *pacing           // of the outputs that are not live
	again   *restarts         // nil if it does not begin again
	timeout time.Duration     // Options.SourceTimeout
	input   *gst.AppSrc       // of media.Parts; nil for other launch text
	explain func(error) error // adds known causes to an element's failure; may be nil
	drain   func()            // sends the end of the stream in
	drained chan struct{}     // closed when drain has returned
	started chan struct{}     // closed when the sinks can be pulled from, or never will be
	done    chan struct{}     // closed when Run is over
	force   chan struct{}     // closed when Run must not wait for the drain

	mu        sync.Mutex // protects the following fields
	state     State
	draining  bool // drain was called
	forced    bool
	closed    bool
	err       error // why it stopped
	closeErr  error
	closeDone chan struct{}

	starting sync.Mutex // held while the elements are paused or released
	paused   bool       // Preroll has paused the elements; protected by starting
}

func build(text launchText, opts *Options) (*Pipeline, error) {
	if opts != nil {
		text.policy = opts.Policy
	}
	gp, source, err := text.build()
	if err != nil {
		return nil, err
	}
	p := newPipeline(gp, opts)
	p.text, p.written = source, gp.Describe()
	if opts != nil {
		p.isScreencast, p.timeout = opts.IsScreencast, opts.SourceTimeout
		switch from := opts.Inside(inside.Key{}); {
		case from.Assemble != nil:
			if err = p.assemble(from.Assemble); err != nil {
				return nil, err
			}
			return p, nil
		case from.Source != nil:
			if err = gp.TakeSource(from.Source, from.SourceOf); err != nil {
				return nil, errors.Join(fmt.Errorf("pipeline: %w", err), p.Close())
			}
		}
	}
	p.again, p.drain = newRestarts(p, text, opts), p.drainText
	protect(gp)
	gp.FollowContainers()
	if p.outputs, err = p.findOutputs(); err != nil {
		err = source.at(gp, err)
		return nil, source.fail(errors.Join(err, p.Close()))
	}
	return p, nil
}

func newPipeline(gp *gst.Pipeline, opts *Options) *Pipeline {
	return &Pipeline{
		log:       opts.logger(),
		gp:        gp,
		pace:      newPacing(),
		started:   make(chan struct{}),
		drained:   make(chan struct{}),
		done:      make(chan struct{}),
		force:     make(chan struct{}),
		closeDone: make(chan struct{}),
	}
}

// IsScreencast reports whether the pipeline's video shows a screen: see Options.
func (p *Pipeline) IsScreencast() bool { return p.isScreencast }

// Outputs returns the outputs in the order of the text.
func (p *Pipeline) Outputs() []*Output { return p.outputs }

// State returns how far the pipeline has come.
func (p *Pipeline) State() State {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state
}

// Err returns why the pipeline stopped; nil while it runs and after a clean end.
func (p *Pipeline) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// Started returns a channel that is closed when media can flow, or when it never will: see Err.
func (p *Pipeline) Started() <-chan struct{} { return p.started }

// Done returns a channel that is closed when the pipeline has stopped: see Err.
func (p *Pipeline) Done() <-chan struct{} { return p.done }

// Dot returns the pipeline's current graph in Graphviz's language.
func (p *Pipeline) Dot() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return ""
	}
	return p.gp.Dot()
}

// upgrade moves the state forward and reports whether it did.
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

// Run plays the pipeline until its stream ends (nil), an element fails (*ElementError), Stop is
// called (nil), or ctx is done (its cause, without draining). It can be called once; later calls
// return ErrStopped.
func (p *Pipeline) Run(ctx context.Context) error {
	if !p.upgrade(StateStarted) {
		return ErrStopped
	}
	err := p.play(ctx)
	if err == nil {
		close(p.started)
		p.upgrade(StateRunning)
		err = p.watchRuns(ctx)
	} else {
		err = p.startFailure(err)
	}
	// Handling the end of the stream may hold the pipeline's state while it waits for a thread that
	// waits for a pull, so no pull may be pending.
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

// Preroll starts the elements but not the clock, so that Run can play at once: files are opened and
// devices are ready, but nothing flows yet. Calling it is optional. live reports whether the
// sources produce media at the pace of a clock, as cameras do. ctx limits it, or ten seconds if ctx
// has no deadline. Call it at most once, before Run. After an error, or if Run will not follow,
// close the pipeline.
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

// play starts playback.
func (p *Pipeline) play(ctx context.Context) error {
	if err := p.pause(ctx); err != nil {
		return err
	}
	return p.gp.SetState(ctx, gst.StatePlaying)
}

// finish ends a pipeline that will not play any more.
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

// startFailure returns the message of the element that made the state change fail.
func (p *Pipeline) startFailure(stateErr error) error {
	for {
		switch m := p.gp.Next(0); m.Type {
		case gst.MessageError, gst.MessageLost:
			return fmt.Errorf("pipeline: starting: %w", elementError(withAdvice(m.Err)))
		case gst.MessageNone:
			return fmt.Errorf("pipeline: starting: %w", stateErr)
		case gst.MessageEOS, gst.MessageWarning: // not the reason for the failure
		}
	}
}

// Stop ends the stream and waits until everything inside has come out, or until ctx is done: then
// the rest is discarded and the error is ErrDrain. What is not live, such as a file, is not played to
// its end: its outputs discard what has not been pulled. Run returns nil in all cases. Stop may be
// called twice.
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
		// An element's EOS handler may block; the deadline applies nevertheless.
		go func() {
			defer close(p.drained)
			p.drain()
			p.outputEnded()
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

// beginDrain reports true to the one caller that must send the end of the stream.
func (p *Pipeline) beginDrain() bool {
	if !p.upgrade(StateDraining) {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.draining = true
	p.again.stop()
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

// Close ends the pipeline without draining, waits for Run to return and releases all GStreamer
// resources. It is idempotent. Outputs return io.EOF.
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

// release releases GStreamer's resources, once nothing plays any more.
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
		_ = o.discard() // If that fails, closing times out.
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
