// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package congestion

import (
	"math"
	"time"
)

const (
	quick = 100 * time.Millisecond
	slow  = 500 * time.Millisecond
	// atLeast is the least time in which the link was busy that says anything.
	atLeast = 60 * time.Millisecond
	// stillFor, and stillOver of a packet's own time, are a gap in which the link stood still.
	stillFor  = 100 * time.Millisecond
	stillOver = 8
)

// throughput measures what a link carries while it has a queue: then packets leave it at its rate,
// however they were sent. So it does not matter how much the application sends, and nothing is
// measured while a screen is still.
type throughput struct {
	quick, slow decaying
	busy        time.Duration // of the present queue
	last        time.Duration // arrival
	lastSent    time.Duration
	begun       bool
	sending     decaying // how fast the same packets were sent
}

// decaying is bytes over time, where the past counts less.
type decaying struct{ bytes, seconds float64 }

func (d *decaying) add(bytes int, gap, constant time.Duration) {
	f := math.Exp(-float64(gap) / float64(constant))
	d.bytes = d.bytes*f + float64(bytes)
	d.seconds = d.seconds*f + gap.Seconds()
}

func (d *decaying) rate() float64 {
	if d.seconds <= 0 {
		return 0
	}
	return d.bytes * 8 / d.seconds
}

// add takes a packet that arrived, how long it had waited, and how long it should
// take the link. It waited all the time since the one before it had arrived where the link
// was busy. A gap of far more than its own time isn't the link's rate: radios stand still
// for a moment, and then send all at once.
func (t *throughput) add(sent, arrival time.Duration, bytes int, queue, noise, own time.Duration) {
	gap := arrival - t.last
	if t.begun && gap < 0 {
		return // out of order
	}
	still := gap > stillFor && gap > stillOver*own
	if !t.begun || still || queue < noise || queue < gap-time.Millisecond {
		t.end()
	} else {
		t.quick.add(bytes, gap, quick)
		t.slow.add(bytes, gap, slow)
		t.sending.add(bytes, max(sent-t.lastSent, 0), quick)
		t.busy += gap
	}
	t.begun, t.last, t.lastSent = true, arrival, sent
}

// end says that the queue is gone.
func (t *throughput) end() {
	t.quick, t.slow, t.sending, t.busy = decaying{}, decaying{}, decaying{}, 0
}

// filling says whether packets arrive more slowly than they were sent. Where they don't, a
// longer way and a queue look alike.
func (t *throughput) filling() bool {
	return t.busy >= atLeast && t.quick.rate() < 0.92*t.sending.rate()
}

// rate is what the link carries in bit/s, 0 if it has no queue.
func (t *throughput) rate() int {
	if t.busy < atLeast {
		return 0
	}
	q, s := t.quick.rate(), t.slow.rate()
	if q < 0.8*s || q > 1.25*s {
		return int(q)
	}
	return int(s)
}
