// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/gstpublish/gstpublish/internal/media"
)

// DefaultStandIn is the default of Restart.StandIn.
const DefaultStandIn = 2 * time.Second

// standEvery is the time between two frames that stand in.
const standEvery = time.Second

// stand is what stands in for the frames of a lost source. Only the puller uses last, kept and key.
type stand struct {
	last   media.Buffer // the last raw frame, if kept
	kept   bool
	key    media.Sample // the last key frame of video that the pipeline has encoded; without Data before there is one
	stands atomic.Bool  // it has stood in since the source was lost
}

func (s *stand) forget() {
	if s.kept {
		s.last.Unref()
	}
	s.kept = false
}

// mayStandIn reports whether a frame may ever have to stand in.
func (o *Output) mayStandIn() bool { return o.again != nil && o.again.Patience != 0 }

// isLost reports whether the source is lost, and its next run has brought nothing yet. Only the puller calls it.
func (o *Output) isLost() bool { return o.again.isAway() || o.flow.awaited }

// remember keeps a frame, if it may have to stand in.
func (o *Output) remember(frame media.Buffer) {
	if !o.mayStandIn() {
		return
	}
	o.stand.forget()
	o.stand.last, o.stand.kept = frame.Ref(), true
}

// standIn returns the last frame again, as of now. It reports false if there is none.
func (o *Output) standIn() (s media.RawSample, ok bool) {
	o.pulling.Lock()
	defer o.pulling.Unlock()
	if !o.stand.kept || !o.isLost() {
		return s, false
	}
	o.stand.stands.Store(true)
	s.Buffer, s.PTS = o.stand.last.Ref(), o.timing.standIn(o.again.begun)
	return s, true
}

// rememberKey keeps a key frame, if it may have to stand in.
func (o *Output) rememberKey(s *media.Sample) {
	if !o.mayStandIn() || o.Kind != EncodedVideo || !s.Key {
		return
	}
	data := o.stand.key.Data[:0]
	data = append(data, s.Data...)
	o.stand.key = *s
	o.stand.key.Data, o.stand.key.Gap, o.stand.key.CapsChange = data, false, false
}

// standInKey returns the last key frame again, as of now, with its bytes in dst[:0]: nothing else can be decoded alone.
// It reports false if there is none.
func (o *Output) standInKey(dst []byte) (s media.Sample, ok bool) {
	o.pulling.Lock()
	defer o.pulling.Unlock()
	if len(o.stand.key.Data) == 0 || !o.isLost() {
		return s, false
	}
	o.stand.stands.Store(true)
	s = o.stand.key
	s.Data = append(dst[:0], s.Data...)
	s.PTS = o.timing.standIn(o.again.begun)
	return s, true
}

// repeats reports whether a sample was there before the source fell silent: a playlist that is opened again begins with
// its last segments. Then the sound up to the end of those is no new one either.
func (o *Output) repeats(s *media.Sample) bool {
	if !o.mayStandIn() {
		return false
	}
	if o.Kind != EncodedVideo {
		return o.again.replays.Load()
	}
	if o.again.replays.Load() {
		if o.past.Repeats(s.Data) {
			return true
		}
		o.again.replays.Store(false)
	}
	o.past.Add(s.Data)
	return false
}

// mayReplay reports whether the next run of a source that was lost for that reason may begin with samples that were
// there before, and they can be recognised.
func (p *Pipeline) mayReplay(why error) bool {
	silent := (*SilentError)(nil)
	return errors.As(why, &silent) &&
		slices.ContainsFunc(p.outputs, func(o *Output) bool { return o.Kind == EncodedVideo })
}

// standIn returns the presentation time of a frame that stands in now. Stamps of live frames begin with the pipeline.
func (t *timing) standIn(begun time.Time) int64 {
	if !t.live {
		return t.presentation()
	}
	t.end = max(t.end, int64(time.Since(begun)))
	if t.line == nil {
		return t.end
	}
	t.at, _ = t.line.Place(t.end, t.now(), int64(usualInterval))
	return t.at
}

// flow is what is known of the samples of an output. Only the puller uses awaited.
type flow struct {
	begun   time.Time
	awaited bool         // the source was lost, and this run has brought nothing yet
	since   atomic.Int64 // when the puller began to wait; 0 if it does not
	last    atomic.Int64 // when the last sample came; 0 if there was none in this run
}

// now returns the time of a clock that only rises, in ns.
func (f *flow) now() int64 { return int64(time.Since(f.begun)) + 1 }

// begin notes that a run begins.
func (f *flow) begin(awaited bool) {
	f.awaited = awaited
	f.since.Store(0)
	f.last.Store(0)
}

// wait notes that the puller waits.
func (f *flow) wait() { f.since.CompareAndSwap(0, f.now()) }

// step returns how long a pull may wait before it checks its state.
func (o *Output) step() time.Duration {
	switch {
	case !o.flow.awaited:
		return pullStep
	case o.stand.stands.Load():
		return standEvery
	}
	return o.again.StandIn
}

// arrived notes that the puller has a sample.
func (o *Output) arrived() {
	o.flow.since.Store(0)
	o.flow.last.Store(o.flow.now())
	if o.flow.awaited {
		o.flow.awaited = false
		o.stand.stands.Store(false)
		o.again.back()
	}
}

// silence reports whether nothing has come for as long as limit, and whether the puller has waited for that long.
func (o *Output) silence(limit time.Duration) (silent, waits bool) {
	o.life.RLock()
	defer o.life.RUnlock()
	before := o.flow.now() - int64(limit)
	if o.sink == nil || o.timing.waits.Load() || o.sink.Holds() || o.flow.last.Load() > before {
		return false, false
	}
	since := o.flow.since.Load()
	return true, since > 0 && since <= before
}

// SilentError reports a source that has brought nothing for Options.SourceTimeout.
type SilentError struct{ After time.Duration }

func (e *SilentError) Error() string {
	return fmt.Sprintf("pipeline: the source has brought nothing for %v: it has stopped, or is out of reach", e.After)
}

// guardEvery is how often guard looks.
const guardEvery = 250 * time.Millisecond

// guard ends a run with the reason if its source falls silent, or brings nothing in time after it was lost. The channel
// is closed when guard has ended, which it does after ctx is done.
func (p *Pipeline) guard(ctx context.Context, end context.CancelCauseFunc) <-chan struct{} {
	over := make(chan struct{})
	if p.timeout <= 0 && (p.again == nil || !p.again.lost.Load()) {
		close(over)
		return over
	}
	go func() {
		defer close(over)
		every := time.NewTicker(guardEvery)
		defer every.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-every.C:
				if err := p.isGone(); err != nil {
					end(err)
				}
			}
		}
	}()
	return over
}

// isGone returns why a run must end, or nil.
func (p *Pipeline) isGone() error {
	came := false
	if p.again != nil && p.again.lost.Load() {
		if err := p.again.overdue(); err != nil {
			return err
		}
		came = true // in an earlier run
	}
	if p.timeout <= 0 {
		return nil
	}
	waits := false
	for _, o := range p.outputs {
		silent, hungry := o.silence(p.timeout)
		if !silent {
			return nil
		}
		came, waits = came || o.flow.last.Load() > 0, waits || hungry
	}
	if !came || !waits {
		return nil
	}
	return &SilentError{After: p.timeout}
}

// overdue returns why the source was lost if the patience is over.
func (r *restarts) overdue() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.Patience > 0 && time.Since(r.lostAt) > r.Patience {
		return r.why
	}
	return nil
}
