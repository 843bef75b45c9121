// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/stamps"
)

const (
	// usualInterval is the distance of two samples that have neither time stamps nor a frame rate: 25 a second, which
	// GStreamer's and FFmpeg's parsers assume too.
	usualInterval = 40 * time.Millisecond
	// leastInterval keeps samples that arrive together apart: samples of the same RTP time are one to receivers.
	leastInterval = time.Millisecond
)

// pacing keeps those outputs of a pipeline that are not live at the pace of their time stamps, and together. Its
// methods are safe for concurrent use.
type pacing struct {
	begun time.Time

	mu      sync.Mutex // protects the following fields
	pacer   stamps.Pacer
	flowing bool // an output has resumed
}

func newPacing() *pacing { return &pacing{begun: time.Now()} }

// now returns the time of a clock that only rises, in ns.
func (p *pacing) now() int64 { return int64(time.Since(p.begun)) }

// due returns when the sample with presentation time at is due, and its presentation time for viewers.
func (p *pacing) due(at int64) (due, pts int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	due = p.pacer.Due(at, p.now(), 0)
	return due, p.pacer.Time(due)
}

// presentation returns the presentation time of what is due now.
func (p *pacing) presentation() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pacer.Time(p.now())
}

// resume makes the sample with presentation time at due now, unless an output has resumed before.
func (p *pacing) resume(at int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.flowing {
		p.flowing = true
		p.pacer.Resume(at, p.now())
	}
}

// What is known of an output's samples.
const (
	natureUnknown = iota // there was none
	natureLive           // they come at the pace of a clock
	natureFile           // they do not
)

// timing says when the samples of an output are due, and what their presentation times are. Only hurry, nature and
// waits are safe for concurrent use.
type timing struct {
	*pacing // nil for samples that come as they are

	changes *changes
	log     *slog.Logger
	kind    Kind
	nature  atomic.Int32 // whether samples come at the pace of a clock
	waits   atomic.Bool  // a sample waits until it is due
	live    bool         // samples come at the pace of a clock; the puller's
	arrives bool         // what has no stamp was made when it arrived
	line    *stamps.Line // of the stream; nil for live frames, whose source judges their stamps
	at      int64        // presentation time of the last sample on the line

	shift int64 // of stamps, since the pipeline began again
	end   int64 // of the sample that ends last, on the shifted clock of the stamps
	joins bool  // the next sample continues the stream although it is the first of another run

	toldMissing, toldWrong, toldStep bool // were logged

	once  sync.Once
	hasty chan struct{} // closed when nothing waits any more
}

// hurry ends all waiting.
func (t *timing) hurry() { t.once.Do(func() { close(t.hasty) }) }

// place waits until the sample that was just pulled is due, and turns its stamp, in ns or negative for none, into its
// presentation time. duration is the sample's in ns, or negative. decodeOnly reports whether the stamp is not a PTS.
func (t *timing) place(sink *gst.AppSink, stamp *int64, duration int64, decodeOnly bool) {
	if t.pacing == nil {
		return
	}
	t.know(sink)
	t.move(sink, stamp, duration)
	if t.arrives && decodeOnly {
		t.tell(stamps.Missing, *stamp)
		t.isLate(stamp)
		return
	}
	if t.line == nil {
		return
	}
	if duration <= 0 && sink.Caps() != nil {
		duration = int64(sink.Caps().Interval())
	}
	if duration <= 0 {
		duration = int64(usualInterval)
	}
	at, verdict := t.line.Place(*stamp, t.now(), duration)
	t.tell(verdict, *stamp)
	if t.live && verdict == stamps.Missing {
		at = max(at, t.at+int64(leastInterval))
	}
	*stamp, t.at = at, at
	if t.live {
		return
	}
	due, pts := t.due(t.at)
	*stamp = pts
	t.wait(time.Duration(due - t.now()))
}

// move shifts a stamp by what earlier runs of the pipeline took.
func (t *timing) move(sink *gst.AppSink, stamp *int64, duration int64) {
	if *stamp < 0 {
		return
	}
	*stamp += t.shift
	if duration <= 0 && sink.Caps() != nil {
		duration = int64(sink.Caps().Interval())
	}
	t.end = max(t.end, *stamp+max(duration, 0))
}

// continues reports, once, whether the sample that was just pulled continues the stream of an earlier run.
func (t *timing) continues() bool {
	joins := t.joins
	t.joins = false
	return joins
}

// tell counts stamps that do not continue the stream, and steps of its clock, and logs the first of each.
func (t *timing) tell(v stamps.Verdict, stamp int64) {
	switch v {
	case stamps.Missing:
		t.changes.missing.Add(1)
	case stamps.Wrong:
		t.changes.replaced.Add(1)
	case stamps.Step:
		t.changes.steps.Add(1)
	case stamps.Regular:
		return
	}
	switch {
	case v == stamps.Missing && !t.toldMissing:
		t.toldMissing = true
		t.log.Info("the pipeline's samples have no time stamps: they get those of their arrival or of the frame rate",
			"instead", "a parser or a container that has time stamps")
	case v == stamps.Wrong && !t.toldWrong:
		t.toldWrong = true
		t.log.Warn("a time stamp of the pipeline does not continue those before it: the sample has another one",
			"stamp", time.Duration(stamp), "after", time.Duration(t.at))
	case v == stamps.Step && !t.toldStep:
		t.toldStep = true
		t.log.Warn("the clock of the pipeline's time stamps was set: it is followed from here", "stamp", time.Duration(stamp))
	}
}

// know finds out how the output's stream comes, once there is a sample.
func (t *timing) know(sink *gst.AppSink) {
	if t.nature.Load() != natureUnknown {
		return
	}
	feed := sink.Feed()
	t.live, t.arrives = feed.Live, feed.Arrives && !feed.Live
	if t.live {
		t.nature.Store(natureLive)
	} else {
		t.nature.Store(natureFile)
	}
	if !t.live || t.kind != RawVideo {
		t.line = stamps.NewLine(t.live, t.kind != Opus)
	}
}

// isLate gives a sample of a pipe or the network the time of its arrival: it has no PTS, and its DTS, if there is one,
// was made up by a parser.
func (t *timing) isLate(stamp *int64) {
	t.at = max(t.now(), t.at+int64(leastInterval))
	*stamp = t.at
}

// wait waits for a time, or until hurry is called.
func (t *timing) wait(d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	t.waits.Store(true)
	defer t.waits.Store(false)
	select {
	case <-timer.C:
	case <-t.hasty:
	}
}

// resume makes the last sample due now.
func (t *timing) resume() {
	if t.nature.Load() == natureFile {
		t.pacing.resume(t.at)
	}
}

// again returns the presentation time of the last sample if it is sent now: what was held up continues from there.
func (t *timing) again() int64 {
	if t.nature.Load() != natureFile {
		return t.at
	}
	_, pts := t.due(t.at)
	return pts
}

// drainText ends the streams of launch text. What is not live is not played to its end: it was not captured, and has
// been asked to stop.
func (p *Pipeline) drainText() {
	for _, o := range p.outputs {
		if (*behind)(o).Live() {
			continue
		}
		if err := o.discard(); err != nil {
			p.log.Warn("an output could not be emptied", "err", err)
		}
	}
	if p.again.isAway() {
		return // The elements have stopped, and would keep the event.
	}
	p.gp.SendEOS()
	p.gp.EndStills()
}

// outputEnded ends the outputs that nothing feeds, such as that for the sound of a file without sound: the stream ends
// with the last one that has media.
func (p *Pipeline) outputEnded() {
	for _, o := range p.outputs {
		o.end()
	}
}

// EndedError reports a source on the network whose stream has ended by itself.
type EndedError struct {
	// Source is the name of the element.
	Source string
	// Missing is what has not come of a stream whose duration is known; 0 if it is not known.
	Missing time.Duration
	// Incomplete reports whether the stream's container, such as an MP4, has not come to its end.
	Incomplete bool
}

func (e *EndedError) Error() string {
	when := "ended"
	switch {
	case e.Missing > 0:
		when = fmt.Sprintf("ended %v before its end", e.Missing.Round(time.Second))
	case e.Incomplete:
		when = "ended before the last bytes of its container"
	}
	return "pipeline: the stream of " + e.Source + " " + when + ": the other side closed the connection or stopped sending"
}

// endOfStream waits until what was pulled is due, and returns the error of a stream that has ended: an *EndedError if
// it has no end of its own or has not come to it, otherwise nil. What is in the appsinks was pulled before: it holds
// back the end of the stream.
func (p *Pipeline) endOfStream(ctx context.Context) error {
	if p.State() >= StateDraining {
		return nil
	}
	var end, duration time.Duration
	select {
	case end = <-p.reached():
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-p.force:
		return nil
	}
	p.warnOfGaps()
	if p.gp.Failed() != nil {
		return p.failure(nil)
	}
	if !p.gp.ReadsNetwork() {
		return nil
	}
	for _, o := range p.outputs {
		duration = max(duration, (*behind)(o).feed().Duration)
	}
	missing := missingOf(duration, end)
	if source := p.gp.Incomplete(); source != "" {
		return &EndedError{Source: source, Missing: missing, Incomplete: true}
	}
	if duration > 0 && missing == 0 {
		return nil
	}
	if source := p.gp.Endless(missing > 0); source != "" {
		return &EndedError{Source: source, Missing: missing}
	}
	return nil
}

// reached returns, once all that was pulled is due, where the samples of this run end.
func (p *Pipeline) reached() <-chan time.Duration {
	reached := make(chan time.Duration, 1)
	go func() {
		var end int64
		for _, o := range p.outputs {
			o.pulling.Lock() // The one who pulls has it until the sample is due.
			end = max(end, o.timing.end-o.timing.shift)
			o.pulling.Unlock()
		}
		reached <- time.Duration(end)
	}()
	return reached
}

// missingOf returns what is missing of a stream of a known duration that ends; 0 for what servers and containers round,
// and for a track that ends before another.
func missingOf(duration, end time.Duration) time.Duration {
	if missing := duration - end; missing > max(2*time.Second, duration/50) {
		return missing
	}
	return 0
}
