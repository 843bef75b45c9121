// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/inside"
	"github.com/gstpublish/gstpublish/internal/media"
)

// Forever is a Restart.Patience without a limit.
const Forever time.Duration = -1

// Restart says when a pipeline begins again instead of ending: its elements are created again, its outputs stay, and
// their time stamps continue. With the zero value it never does.
type Restart struct {
	// Loop begins again when the stream ends by itself, as that of a media file does. The next run opens its files
	// while the one before still plays, so that nothing is missing in between.
	Loop bool
	// Patience is how long to retry after a source without an end of its own has failed or ended, such as a camera that
	// was unplugged or a connection that was closed: 0 for never, or Forever. It applies once there was a sample,
	// and is counted from the loss. The time between two attempts grows from half a second to five.
	Patience time.Duration
	// StandIn is how long viewers see nothing new from a lost source before its last raw frame is sent again, once a
	// second, for those who join and as a sign of life. Of video that the pipeline has encoded, it is the last key frame:
	// the others cannot be decoded alone. Defaults to DefaultStandIn.
	StandIn time.Duration
	// OnLost is called with the reason when the source is lost, and with nil when it brings samples again. It must not
	// block, nor call the pipeline. The default does nothing.
	OnLost func(err error)
}

// The time before the first attempt to run a lost source again, and the most between two.
const (
	firstWait = 500 * time.Millisecond
	lastWait  = 5 * time.Second
)

// restarts is how a pipeline begins again. To a nil pointer, stop, turn and await do nothing.
type restarts struct {
	Restart

	p     *Pipeline
	build func() (*Pipeline, error)

	// Only the goroutine of Run uses these fields.
	begun time.Time     // when the first run began to play
	ready chan readyRun // the next run of a loop; nil if there is none
	wait  time.Duration // before the next attempt

	away     atomic.Bool   // the elements have stopped, and the next run has not begun
	lost     atomic.Bool   // the next run has begun after a loss, and has brought nothing yet
	replays  atomic.Bool   // the next run has brought only what was there before the source fell silent
	over     chan struct{} // closed when the pipeline must not begin again
	overOnce sync.Once

	mu     sync.Mutex    // protects the following fields, which only the goroutine of Run writes
	next   chan struct{} // closed when the next run begins
	lostAt time.Time     // when the source was lost
	why    error         // the source was lost
}

// errOver ends the attempts to run a lost source again.
var errOver = errors.New("pipeline: stopped")

// readyRun is a run that can play at once.
type readyRun struct {
	p   *Pipeline
	err error
}

// newRestarts returns nil if the pipeline does not begin again.
func newRestarts(p *Pipeline, text launchText, opts *Options) *restarts {
	if opts == nil || !opts.Restart.Loop && opts.Restart.Patience == 0 {
		return nil
	}
	once := *opts
	once.Restart = Restart{}
	once.Put(inside.Key{}, media.Origin{}) // Its source is gone.
	r := &restarts{
		Restart: opts.Restart, p: p, over: make(chan struct{}), next: make(chan struct{}),
		build: func() (*Pipeline, error) { return build(text, &once) },
	}
	if r.StandIn <= 0 {
		r.StandIn = DefaultStandIn
	}
	if r.OnLost == nil {
		r.OnLost = func(error) {}
	}
	return r
}

// stop makes this run the last one.
func (r *restarts) stop() {
	if r != nil {
		r.overOnce.Do(func() { close(r.over) })
	}
}

// isAway reports whether no elements run.
func (r *restarts) isAway() bool { return r != nil && r.away.Load() }

// turn returns a channel that is closed when the next run begins.
func (r *restarts) turn() <-chan struct{} {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.next
}

// What becomes of a pipeline whose run has ended.
const (
	runOver  = iota // there is no other one
	runBegun        // the next has begun
	runAway         // the source is lost, and the time for a frame that stands in has come
)

// await waits for the run that turn announces, or until the last frame must stand in.
func (r *restarts) await(turn <-chan struct{}, s *stand) int {
	if r == nil {
		return runOver
	}
	wait := r.StandIn
	if s.stands.Load() {
		wait = standEvery
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-turn:
		return runBegun
	case <-r.p.done:
		return runOver
	case <-timer.C:
		return runAway
	}
}

// watchRuns watches all runs of a pipeline.
func (p *Pipeline) watchRuns(ctx context.Context) error {
	r := p.again
	if r == nil {
		return p.watch(ctx)
	}
	r.begun, r.wait = time.Now(), firstWait
	defer r.discard() //nolint:contextcheck // It closes what ctx has ended.
	r.prepare(ctx)
	err := p.watch(ctx)
	for {
		next, why := r.after(ctx, err)
		if errors.Is(why, errOver) {
			return nil
		}
		if next == nil {
			return why
		}
		taken, failure := p.adopt(next, r.shift(), r.lostAt.IsZero()) //nolint:contextcheck // It closes what ctx has ended.
		if !taken {
			return failure
		}
		if err = failure; err != nil {
			continue
		}
		r.prepare(ctx)
		err = p.watch(ctx)
	}
}

// after returns the run that follows one that has ended with an error, or without one. If there is none, it returns
// the error of the pipeline.
func (r *restarts) after(ctx context.Context, ended error) (*Pipeline, error) {
	select {
	case <-r.over:
		return nil, r.stopped(ended)
	case <-r.p.force:
		return nil, r.stopped(ended)
	case <-ctx.Done():
		return nil, ended
	default:
	}
	came := r.came()
	switch {
	case ended == nil && r.Loop && came:
		r.setLost(time.Time{}, nil)
		return r.takeReady()
	case ended != nil && r.Patience != 0 && !r.lostAt.IsZero() && !came, r.isLoss(ended) && came:
		return r.retry(ctx, ended, came)
	}
	return nil, ended
}

// stopped returns the error of a run that has ended when the pipeline was stopped: a source that ended at the same time
// would have been awaited.
func (r *restarts) stopped(ended error) error {
	if gone := (*EndedError)(nil); r.Patience != 0 && errors.As(ended, &gone) {
		return errOver
	}
	return ended
}

// setLost notes when and why the source was lost.
func (r *restarts) setLost(at time.Time, why error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lostAt, r.why = at, why
}

// back notes that there is a sample of a source that was lost.
func (r *restarts) back() {
	if !r.lost.CompareAndSwap(true, false) {
		return
	}
	r.mu.Lock()
	at := r.lostAt
	r.mu.Unlock()
	r.p.log.Info("the source runs again", "after", time.Since(at).Round(time.Millisecond))
	r.OnLost(nil)
}

// isLoss reports whether an error is that of a source that may come back.
func (r *restarts) isLoss(err error) bool {
	element, gone, silent := (*ElementError)(nil), (*EndedError)(nil), (*SilentError)(nil)
	if r.Patience == 0 || !errors.As(err, &element) && !errors.As(err, &gone) && !errors.As(err, &silent) {
		return false
	}
	for _, o := range r.p.outputs {
		if (*behind)(o).feed().Duration > 0 {
			return false // A file would fail again in the same place.
		}
	}
	return true
}

// came reports whether there was a sample in this run. It does not wait for a consumer that pulls from a silent source.
func (r *restarts) came() bool {
	return slices.ContainsFunc(r.p.outputs, func(o *Output) bool { return o.flow.last.Load() > 0 })
}

// shift returns the time to add to the time stamps of the next run.
func (r *restarts) shift() int64 {
	var end int64
	live := false
	for _, o := range r.p.outputs {
		o.pulling.Lock()
		end = max(end, o.timing.end)
		live = live || o.timing.live
		o.pulling.Unlock()
	}
	if live {
		return max(end, int64(time.Since(r.begun)))
	}
	return end
}

// prepare makes the next run of a loop ready.
func (r *restarts) prepare(ctx context.Context) {
	if !r.Loop {
		return
	}
	ready := make(chan readyRun, 1)
	r.ready = ready
	go func() {
		p, err := r.build()
		if err == nil {
			if _, err = p.Preroll(ctx); err != nil {
				err = errors.Join(err, p.Close()) //nolint:contextcheck // It closes what ctx has ended.
			}
		}
		if err != nil {
			p = nil
		}
		ready <- readyRun{p, err}
	}()
}

// takeReady waits for the next run of a loop and plays it.
func (r *restarts) takeReady() (*Pipeline, error) {
	run := <-r.ready // Preroll has a limit.
	r.ready = nil
	if run.err != nil {
		return nil, fmt.Errorf("pipeline: beginning again: %w", run.err)
	}
	return run.p, nil
}

// discard closes a run that was not needed.
func (r *restarts) discard() {
	if r.ready == nil {
		return
	}
	if run := <-r.ready; run.p != nil {
		if err := run.p.Close(); err != nil {
			r.p.log.Warn("closing the next run", "err", err)
		}
	}
}

// retry tries to run a lost source again, for as long as the patience lasts.
func (r *restarts) retry(ctx context.Context, loss error, came bool) (*Pipeline, error) {
	if came {
		r.wait = firstWait
		r.setLost(time.Now(), loss)
		r.p.log.Info("the source is lost", "err", loss)
		r.OnLost(loss)
	}
	r.discard() //nolint:contextcheck // as below
	r.ready = nil
	r.p.silence() //nolint:contextcheck // It stops what ctx has ended.
	for r.Patience < 0 || time.Since(r.lostAt)+r.wait <= r.Patience {
		select {
		case <-time.After(r.wait):
		case <-r.over:
			return nil, errOver
		case <-r.p.force:
			return nil, errOver
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		r.wait = min(2*r.wait, lastWait)
		next, err := r.build()
		if err == nil {
			if _, err = next.Preroll(ctx); err == nil {
				return next, nil
			}
			err = errors.Join(err, next.Close()) //nolint:contextcheck // It closes what ctx has ended.
		}
		r.p.log.Debug("the source does not run yet", "err", err)
		loss = err
	}
	return nil, loss
}

// silence stops the elements, so that the next run may open the same device.
func (p *Pipeline) silence() {
	p.again.away.Store(true)
	for _, o := range p.outputs {
		o.abandon()
	}
	if err := p.gp.SetState(context.Background(), gst.StateNull); err != nil {
		p.log.Warn("stopping a source that is lost", "err", err)
	}
	for _, o := range p.outputs {
		o.wake()
	}
}

// adopt continues with the elements of the next run, and closes those of the one before. It plays them, and owns them
// also if there is an error. joins reports whether the next run continues this one without a gap. If taken is false,
// the pipeline is ending.
func (p *Pipeline) adopt(next *Pipeline, shift int64, joins bool) (taken bool, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	p.mu.Lock()
	if p.state >= StateDraining || p.closed {
		p.mu.Unlock()
		return false, next.Close()
	}
	old := p.gp
	p.gp = next.gp
	p.mu.Unlock()
	lost := !p.again.lostAt.IsZero()
	p.again.lost.Store(lost)
	p.again.replays.Store(lost && p.mayReplay(p.again.why))
	sinks := make([]*gst.AppSink, 0, len(p.outputs))
	for i, o := range p.outputs {
		sinks = append(sinks, o.adopt(next.outputs[i], shift, joins, lost))
	}
	playErr := p.gp.SetState(ctx, gst.StatePlaying)
	p.again.begin()
	for _, sink := range sinks {
		_ = sink.Discard() // If that fails, closing times out.
		sink.Close()
	}
	if err = old.Close(ctx); err != nil {
		p.log.Warn("closing a run of the pipeline", "err", err)
	}
	if playErr != nil {
		return true, p.startFailure(playErr)
	}
	return true, nil
}

// begin tells the pullers that the next run has begun.
func (r *restarts) begin() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.away.Store(false)
	close(r.next)
	r.next = make(chan struct{})
}

// abandon stops the elements upstream from waiting for a pull.
func (o *Output) abandon() {
	o.life.RLock()
	defer o.life.RUnlock()
	if o.sink != nil {
		_ = o.sink.Discard() // If that fails, stopping times out.
	}
}

// adopt takes the appsink of an output of the next run, and returns the old one. awaited reports whether the source was
// lost.
func (o *Output) adopt(next *Output, shift int64, joins, awaited bool) *gst.AppSink {
	o.pulling.Lock()
	defer o.pulling.Unlock()
	o.life.Lock()
	defer o.life.Unlock()
	old := o.sink
	o.sink, next.sink = next.sink, nil
	o.changes.close()
	o.changes.origin, next.changes.origin = next.changes.origin, nil
	o.flow.begin(awaited)
	o.past.Rewind()
	o.timing.shift, o.timing.joins = shift, joins
	return old
}
