// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gstpublish/gstpublish/internal/track"
	"github.com/gstpublish/gstpublish/pipeline"
)

const (
	// quiet is how long no frame may arrive, or none may be sent, before that has a reason.
	quiet = 5 * time.Second
	// longestLook bounds the time between two looks. A longer time means that the process was stopped, not quiet.
	longestLook = 4 * muteCheck
)

// cause is why samples or frames were not sent, and how many.
type cause struct {
	reason Reason
	n      uint64
}

// flow counts what has come in and gone out so far.
type flow struct {
	arrived uint64   // frames, or samples that a pipeline has encoded
	offered uint64   // those that were to be sent
	encoded uint64   // bytes
	sent    uint64   // samples
	causes  [6]cause // why others were not sent
	waiting bool     // a sample waits for the network, so none is taken from the source
}

// lull notices that nothing arrives, or that nothing is sent of what arrives. The zero value is ready to use. look
// must not be called concurrently; reason is safe for concurrent use.
type lull struct {
	arrived, sent flow // the last flows with an arrival, and with a sample that was sent or about to be sent
	last          time.Time
	noneArrived   time.Duration
	noneSent      time.Duration
	found         atomic.Int32
}

// look compares the flow at a time with the earlier one. other reports whether there is another reason why nothing is
// sent.
func (l *lull) look(now time.Time, f *flow, other bool) {
	step := min(now.Sub(l.last), longestLook)
	if l.last.IsZero() {
		step = 0
	}
	l.last = now
	l.noneArrived += step
	l.noneSent += step
	if f.arrived != l.arrived.arrived || f.waiting {
		l.arrived, l.noneArrived = *f, 0
	}
	if other || f.sent != l.sent.sent || f.offered == l.sent.offered {
		l.sent, l.noneSent = *f, 0
	}
	found := ReasonNone
	switch {
	case l.noneArrived >= quiet:
		found = ReasonNoFrames
	case l.noneSent >= quiet:
		found = l.sent.why(f)
	}
	l.found.Store(int32(found))
}

// why returns why nothing was sent between two flows: the most frequent cause, or the stage that produces nothing.
func (f *flow) why(now *flow) Reason {
	best, most := ReasonNone, uint64(0)
	for i, c := range now.causes {
		if n := c.n - f.causes[i].n; n > most {
			best, most = c.reason, n
		}
	}
	switch {
	case best != ReasonNone:
		return best
	case now.waiting || now.encoded != f.encoded:
		return ReasonCongested
	}
	return ReasonNoSamples
}

// reason returns the result of the last look.
func (l *lull) reason() Reason { return Reason(l.found.Load()) }

// look notices silence of a layer.
func (e *encoding) look(now time.Time) {
	f := flow{
		offered: e.n.offered.Load(), encoded: e.n.Encoded.Load(), sent: e.n.Sent.Load(),
		causes: [...]cause{
			{ReasonCongested, e.n.congested.Load() + e.n.frameRate.Load()},
			{ReasonBusy, e.n.queueFull.Load()},
			{ReasonNoEncoder, e.n.switching.Load()},
			{ReasonNoKeyFrame, e.n.Undecodable.Load()},
			{ReasonNotWritten, e.n.WriteErrors.Load()},
			{ReasonNotNegotiated, e.n.Unbound.Load()},
		},
	}
	f.arrived = f.offered + e.src.Unchanged() + e.src.Timestamps().Refused
	if e.p.pipe == nil && e.p.opts.Screencast {
		f.waiting = true // A program may offer only the frames that differ.
	}
	e.lull.look(now, &f, e.facts().reason() != ReasonNone)
}

// flowOf returns the flow of a track that sends a pipeline's samples.
func flowOf(t *track.Track) *flow {
	n := t.Counters()
	received := n.Received.Load()
	return &flow{
		arrived: received, offered: received, encoded: n.Encoded.Load(), sent: n.Sent.Load(),
		causes: [...]cause{
			{ReasonNoKeyFrame, n.Damaged.Load()},
			{ReasonNoKeyFrame, n.Undecodable.Load()},
			{ReasonNotWritten, n.WriteErrors.Load()},
			{ReasonNotNegotiated, n.Unbound.Load()},
			{ReasonMuted, n.Muted.Load()},
			{ReasonUnwatched, n.Unwatched.Load()},
		},
		waiting: t.Waiting() > 0,
	}
}

// lookForSilence notices that nothing arrives or is sent, and explains it.
func (p *Publication) lookForSilence(now time.Time) {
	for _, e := range p.layers.each() {
		e.look(now)
	}
	if c := p.encoded.Load(); c != nil {
		c.lull.look(now, flowOf(c.track), c.facts().reason() != ReasonNone)
		n := c.track.Counters()
		if warning := c.plea.look(now, n.PLIs.Load(), n.KeyFrames.Load(), c.track.Passed(), c.isUnserved()); warning != "" {
			p.log.Warn(warning)
		}
	}
	for _, t := range p.all() {
		if !t.Video() {
			p.soundLull.look(now, flowOf(t), p.audioFacts(t).reason() != ReasonNone)
		}
	}
	if p.pipe != nil {
		p.videoSilence.look(p, p.reason())
		p.audioSilence.look(p, p.audioReason())
	}
}

const (
	// pleaSpan is the period in which requests for key frames are counted, and pleas is the count that leads to a
	// warning. LiveKit's server passes on one a second.
	pleaSpan = 10 * time.Second
	pleas    = 6
	// answers is the number of key frames that shows that requests are answered.
	answers = 3
)

// plea notices viewers who cannot decode the stream: those who request key frames endlessly, and those to whom the
// server does not send it.
type plea struct {
	begun      time.Time
	plis, keys uint64
	counted    string    // what the requests mean
	served     time.Time // when it was last otherwise
	said       atomic.Pointer[string]
}

// look receives the number of requests and of key frames so far, and the format. unserved reports that the room has
// other participants, and that the server sends the stream to none of them. look returns a text to log, or "".
func (l *plea) look(now time.Time, plis, keys uint64, passed track.Passed, unserved bool) (warning string) {
	l.count(now, plis, keys, passed.Format)
	text := l.counted
	if l.served.IsZero() || !unserved || passed.Warning == "" {
		l.served = now
	}
	if now.Sub(l.served) >= quiet {
		text = "the server sends the video to no participant in the room: clients that cannot decode " + passed.Format +
			" do not receive it; end the pipeline with a decoder and \"! videoconvert\", and gstpublish encodes it, " +
			"with a second codec where that is needed"
	}
	was := l.text()
	l.said.Store(&text)
	if text == was {
		return ""
	}
	return text
}

// count decides what the requests mean.
func (l *plea) count(now time.Time, plis, keys uint64, format string) {
	if !l.begun.IsZero() && now.Sub(l.begun) < pleaSpan {
		return
	}
	asked, answered := plis-l.plis, keys-l.keys
	first := l.begun.IsZero()
	l.begun, l.plis, l.keys = now, plis, keys
	switch {
	case first || asked < pleas:
		l.counted = ""
	case answered >= answers:
		l.counted = "viewers request key frames again and again, although they are sent: they may not be able to decode " +
			format + "; end the pipeline with a decoder and \"! videoconvert\", and gstpublish encodes it, " +
			"with a second codec where that is needed"
	default:
		l.counted = "viewers wait for key frames, and the pipeline makes too few: let its encoder make one every second or " +
			"two, or end the pipeline with a decoder and \"! videoconvert\", and gstpublish encodes it"
	}
}

// isUnserved reports whether the server sends the video to none of the participants in the room.
func (c *encodedVideo) isUnserved() bool {
	return c.facts().reason() == ReasonUnwatched && len(c.p.roomNow().GetRemoteParticipants()) > 0
}

// text returns the current warning, or "". It is safe for concurrent use.
func (l *plea) text() string {
	if said := l.said.Load(); said != nil {
		return *said
	}
	return ""
}

// explained is the explanation for an output of a pipeline that produces nothing.
type explained struct {
	what string // "video" or "audio"
	out  *pipeline.Output

	mu   sync.Mutex // protects the following fields
	held bool       // the current reason is explained
	why  string     // in words
}

// look looks for an explanation when the output has become silent, and forgets it when something comes.
func (s *explained) look(p *Publication, r Reason) {
	s.mu.Lock()
	defer s.mu.Unlock()
	silent := r == ReasonNoFrames || r == ReasonNoSamples
	was := s.held
	s.held = silent
	switch {
	case s.out == nil || was == silent:
	case silent && r == ReasonNoFrames:
		go s.explain(p)
	case silent:
		p.log.Warn("nothing is sent", "media", s.what, "reason", r.String())
	default:
		s.why = ""
		p.log.Info("the pipeline produces frames again", "media", s.what)
	}
}

// explain names the element that produces nothing. That takes a second.
func (s *explained) explain(p *Publication) {
	ctx, cancel := context.WithTimeout(p.ctx, quiet)
	defer cancel()
	why := s.out.Silence(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.held || ctx.Err() != nil {
		return
	}
	if s.why = why; why == "" {
		p.log.Info("the pipeline's next frame is not due yet", "media", s.what)
		return
	}
	p.log.Warn("the pipeline produces no frames any more: "+why, "media", s.what)
}

// words returns the explanation; "" if there is none.
func (s *explained) words() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.why
}
