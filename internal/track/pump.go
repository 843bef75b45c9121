// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package track

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gstpublish/gstpublish/internal/media"
	"github.com/gstpublish/gstpublish/internal/stamps"
)

const (
	// leadFirst is how long the first key frame of a file waits for viewers who are in the room: the server only informs
	// them of a track that it receives, and then each asks for a key frame, which a file cannot make.
	leadFirst = 2 * time.Second
	// leadAgain is how often it is sent until then: the server may not have been ready for the first packets.
	leadAgain = 250 * time.Millisecond
	// leadNext is how long it waits for the next of them.
	leadNext = 300 * time.Millisecond
	// leadMost limits all of that.
	leadMost = 5 * time.Second
	// answerTime is how long later requests are answered, by sending all samples since the last key frame again: a viewer
	// may not have been ready for the key frame. It asks again after up to half a second, and the server passes on one
	// request a second (pli_throttle).
	answerTime = 5 * time.Second
	// haltSpan is how much time between two calls of Look shows that the process was stopped: usually it is a quarter
	// of a second.
	haltSpan = time.Second
)

// pump is how samples of a pipeline reach a track.
type pump struct {
	begun    time.Time
	bound    chan struct{} // closed when the track is bound for the first time
	bindOnce sync.Once
	asked    chan struct{} // receives when a viewer asks for a key frame

	looked atomic.Int64  // when Look was called, on the clock of now; 0 for never
	halts  atomic.Uint64 // how often the process was stopped
	binds  atomic.Uint64 // how often the track was bound

	// Only for the one who writes.
	repeating bool          // the sample at hand was written or dropped before
	shift     time.Duration // of all presentation times, by what the first sample waited for viewers
	backlog   stamps.Backlog
	halted    uint64 // halts that the backlog knows
	// knownBinds are those of binds that isBoundAgain has reported.
	knownBinds uint64
	group      group
	answers    time.Time // until when requests for a key frame are answered
	caughtUp   bool      // samples were sent again, which may be later than the next
	opened     bool      // the track of a live stream that is kept has been open
	waiting    int       // samples of the group that wait for that, and are not counted yet
}

// ask notes that a viewer asks for a key frame. It is safe for concurrent use.
func (p *pump) ask() {
	select {
	case p.asked <- struct{}{}:
	default:
	}
}

// bind notes that the track was bound. Samples that are sent from now on answer earlier requests for key frames. It is
// safe for concurrent use.
func (p *pump) bind() {
	select {
	case <-p.asked:
	default:
	}
	p.binds.Add(1)
}

// now returns the time of a clock that only rises, in ns.
func (p *pump) now() int64 { return int64(time.Since(p.begun)) }

// tick notices that the process was stopped.
func (p *pump) tick() {
	at := p.now()
	if last := p.looked.Swap(at); last != 0 && at-last > int64(haltSpan) {
		p.halts.Add(1)
	}
}

// wasHalted reports whether the process was stopped since the last call.
func (p *pump) wasHalted(now int64) bool {
	halts, last := p.halts.Load(), p.looked.Load()
	halted := halts != p.halted || last != 0 && now-last > int64(haltSpan)
	p.halted = halts
	return halted
}

// AwaitBound waits until the track is bound for the first time, and the server has accepted it. It reports whether that
// happened before ctx was done.
func (t *Track) AwaitBound(ctx context.Context) bool {
	select {
	case <-t.pump.bound:
	case <-ctx.Done():
		return false
	}
	ticker := time.NewTicker(connectedCheck)
	defer ticker.Stop()
	for !t.State().Negotiated { // The server's answer may come after.
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// Lead writes the first sample of a stream that is not live, and that was counted already. If there are viewers in the
// room, it waits until they have asked for a key frame, and writes the sample again: they could not decode anything
// before the next key frame, which a file may not have. Pump continues from there.
func (t *Track) Lead(ctx context.Context, first *media.Sample, viewers bool) {
	t.pump.isBoundAgain()
	t.pump.group.add(first, mostGroupBytes)
	begun := time.Now()
	t.Write(ctx, *first)
	if !t.video || !viewers {
		return
	}
	t.awaitViewers(ctx, func() {
		t.pump.shift = time.Since(begun)
		t.again(ctx, *first)
	}, leadFirst)
}

// awaitViewers waits until viewers have asked for a key frame, for the first of them as long as first says, and calls
// write, which sends one, whenever they do. It also calls it from time to time until the first has asked.
func (t *Track) awaitViewers(ctx context.Context, write func(), first time.Duration) {
	defer func() { t.pump.answers = time.Now().Add(answerTime) }()
	end := time.NewTimer(leadMost)
	defer end.Stop()
	next := time.NewTimer(first)
	defer next.Stop()
	again := time.NewTicker(leadAgain)
	defer again.Stop()
	for {
		select {
		case <-again.C:
			write()
		case <-t.pump.asked:
			again.Stop()
			write()
			next.Reset(leadNext)
		case <-next.C:
			return
		case <-end.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

// again writes a sample that was written before.
func (t *Track) again(ctx context.Context, s media.Sample) {
	s.PTS += int64(t.pump.shift)
	t.writeAgain(ctx, s)
}

// Way is the way of an output to its viewers.
type Way struct {
	// Remote reports whether no element of the pipeline encodes the video, so that it cannot be asked for key frames.
	Remote bool
	// AwaitBack may wait until media reaches the server again, and reports whether it has waited. It is called before a
	// sample is written that is not live.
	AwaitBack func() (waited bool)
	// Viewers reports whether there are viewers in the room.
	Viewers func() bool
}

// Pump writes an output's samples until it ends. The errors are those of Receive, and of the output.
func (t *Track) Pump(ctx context.Context, out media.Output, way *Way) error {
	var buf []byte
	for {
		s, err := out.Pull(buf)
		if errors.Is(err, io.EOF) {
			t.sendKept(ctx, way)
			return nil
		}
		if err != nil {
			return err
		}
		buf = s.Data
		arrived := time.Now()
		pass, err := t.Receive(&s)
		if err != nil {
			return err
		}
		live := out.Live()
		if !pass || t.isBacklog(out, &s) {
			if live {
				t.lose()
			}
			continue
		}
		if live && way.Remote && t.keep(ctx, &s) {
			continue
		}
		if t.hold(ctx, out, &s, way) {
			arrived, s.PTS = time.Now(), out.Again()
		}
		if s.PTS >= 0 {
			s.PTS += int64(t.pump.shift)
		}
		if s.PTS >= 0 && s.PTS <= t.pts && t.pump.caughtUp {
			s.PTS = t.pts + leastGroupStep
		}
		if t.Write(ctx, s) {
			t.n.Sending.Observe(time.Since(arrived))
		}
	}
}

// hold holds a sample that is not live until viewers can receive and decode it, and reports whether that took time.
func (t *Track) hold(ctx context.Context, out media.Output, s *media.Sample, way *Way) (held bool) {
	if out.Live() {
		return false
	}
	t.pump.group.add(s, mostGroupBytes)
	held = way.AwaitBack()
	held = t.catchUp(ctx, out, s, way.Viewers) || held
	if !held {
		t.answer(ctx, out, s)
	}
	return held
}

// isBacklog counts and drops a live sample that waited while the process was stopped.
func (t *Track) isBacklog(out media.Output, s *media.Sample) bool {
	if s.PTS < 0 || !out.Live() {
		return false
	}
	now := t.pump.now()
	if !t.pump.backlog.Add(s.PTS, now, t.pump.wasHalted(now)) {
		return false
	}
	t.n.Backlog.Add(1)
	if t.video {
		t.AwaitKey()
		t.RequestKey()
	}
	return true
}
