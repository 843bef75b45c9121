// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package track

import (
	"context"
	"time"

	"github.com/gstpublish/gstpublish/internal/media"
)

const (
	// mostGroup and mostGroupBytes bound what a group keeps: 20 s at 30 frames a second, 13 s at 10 Mbit/s. FFmpeg's
	// default is a key frame every 250 frames. Chromium keeps up to 800 frames that wait for its decoder.
	mostGroup      = 600
	mostGroupBytes = 16 << 20
	// groupStep and leastGroupStep are the most and the least time between the presentation times of two samples that are
	// sent again. The least is nine ticks of RTP time: receivers take frames of the same time for one.
	groupStep      = int64(time.Millisecond)
	leastGroupStep = int64(100 * time.Microsecond)
)

// group holds the samples since the last key frame of a file, or of another stream that cannot make one when a track
// opens: later samples refer to these. The zero value is ready to use.
type group struct {
	samples []media.Sample // without Data
	ends    []int          // where each ends in data
	data    []byte
}

// add adds a sample. A key frame begins another group. A group of more than most bytes is empty until the next key
// frame.
func (g *group) add(s *media.Sample, most int) {
	if s.Key {
		g.samples, g.ends, g.data = g.samples[:0], g.ends[:0], g.data[:0]
	} else if len(g.samples) == 0 {
		return
	}
	if len(g.samples) == mostGroup || len(g.data)+len(s.Data) > most {
		*g = group{}
		return
	}
	g.data = append(g.data, s.Data...)
	g.ends = append(g.ends, len(g.data))
	g.samples = append(g.samples, *s)
	g.samples[len(g.samples)-1].Data = nil
}

// before returns how many samples of the group come before the one that was added last.
func (g *group) before() int { return max(len(g.samples)-1, 0) }

// at returns a sample, which is valid until the next call of add.
func (g *group) at(i int) media.Sample {
	s, begin := g.samples[i], 0
	if i > 0 {
		begin = g.ends[i-1]
	}
	s.Data = g.data[begin:g.ends[i]]
	return s
}

// isBoundAgain reports, once, whether the track was bound again since the last call: its viewers have to subscribe to
// it again.
func (p *pump) isBoundAgain() bool {
	bound := p.binds.Load()
	again := bound != p.knownBinds
	p.knownBinds = bound
	return again
}

// catchUp prepares a track that has opened for a sample of a stream that is not live, and was added to the group. It
// sends again what the sample refers to, as fast as the network permits, since viewers would see nothing until the next
// key frame, which may be far. If the track was bound again, it first waits for viewers, as Lead does. It reports
// whether it did anything.
func (t *Track) catchUp(ctx context.Context, out media.Output, s *media.Sample, viewers func() bool) bool {
	if !t.video || !t.awaitKey.Load() || len(t.pump.group.samples) == 0 || !t.Open() {
		return false
	}
	waited := false
	// The SDK may not know the participants yet. A viewer who has asked for a key frame before is likely to come back,
	// and may take longer than a viewer who has stayed in the room.
	if t.pump.isBoundAgain() && (t.n.PLIs.Load() > 0 || viewers()) {
		waited, t.pump.caughtUp = true, true
		again := func() {
			key := t.pump.group.at(0)
			key.PTS = max(out.Again()+int64(t.pump.shift), t.pts+groupStep)
			t.writeAgain(ctx, key)
		}
		again()
		t.awaitViewers(ctx, again, leadMost)
	} else if s.Key {
		return false
	}
	first := 0
	if waited {
		first = 1 // The key frame was sent.
	}
	return t.replay(ctx, out, first) || waited
}

// answer sends again what a sample of a stream that is not live refers to if a viewer asks for a key frame soon after
// viewers were waited for.
func (t *Track) answer(ctx context.Context, out media.Output, s *media.Sample) {
	if !t.video || s.Key || !time.Now().Before(t.pump.answers) || !t.Open() {
		return
	}
	select {
	case <-t.pump.asked:
		t.replay(ctx, out, 0)
	default:
	}
}

// replay sends the samples of the group again, from a number on and without the one that was added last, as fast as
// the network permits. It reports whether there were any.
func (t *Track) replay(ctx context.Context, out media.Output, first int) bool {
	for i := first; i < t.pump.group.before(); i++ {
		t.pump.caughtUp = true
		one := t.pump.group.at(i)
		one.PTS = t.pts + t.step(out, i)
		if !t.writeAgain(ctx, one) {
			break
		}
	}
	return first < t.pump.group.before()
}

// writeAgain writes a sample that was written or dropped before.
func (t *Track) writeAgain(ctx context.Context, s media.Sample) bool {
	t.pump.repeating = true
	defer func() { t.pump.repeating = false }()
	return t.Write(ctx, s)
}

// step returns the distance of a sample of the group, which is sent again, from the one before it.
func (t *Track) step(out media.Output, i int) int64 {
	left := out.Again() + int64(t.pump.shift) - t.pts
	return min(max(left/int64(t.pump.group.before()-i+1), leastGroupStep), groupStep)
}
