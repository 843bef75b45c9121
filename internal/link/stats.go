// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package link

import (
	"slices"
	"time"
)

// maxHistory bounds what a direction remembers since a mark: 6 MB, or four
// minutes at 10 Mbit/s.
const maxHistory = 1 << 18

// Stats is what went through a direction so far. Bytes include the headers of
// IP and UDP, 28 for each packet.
type Stats struct {
	PacketsIn, BytesIn   uint64 // that came
	PacketsOut, BytesOut uint64 // that were handed on
	// Dropped are packets for which there was no place in the queue, Lost those
	// that got lost on the way.
	Dropped, Lost uint64
	// Queued is what waits now, in bytes, with all of the packet that is being
	// sent.
	Queued int
	// QueueDelay is how long a packet that came now would wait until the first
	// of its bits is sent, MaxQueueDelay the longest that one of those sent since
	// the last mark did.
	QueueDelay, MaxQueueDelay time.Duration
}

// History is what a direction did since a mark.
type History struct {
	// Since is when that was.
	Since time.Time
	// Events are in order. After 262,144 no more are added.
	Events []Event
}

// Event is what became of a packet.
type Event struct {
	// At is when its last bit was sent, or when it was dropped, from the mark on.
	At time.Duration
	// Wait is how long it waited until its first bit was sent.
	Wait time.Duration
	// Bytes with the headers of IP and UDP.
	Bytes int32
	// Lost says that it didn't arrive, and Dropped that it wasn't even sent.
	Lost, Dropped bool
}

// Window sums up a part of a history.
type Window struct {
	// Packets and Bytes that were sent, what got lost on the way included.
	Packets, Bytes int
	// Rate is what they are in bit/s.
	Rate float64
	// MaxQueueDelay is the longest that one of them waited, P50 and P95 are what
	// half of them and 95 % of them waited at most.
	MaxQueueDelay, P50, P95 time.Duration
	// Lost and Dropped are packets.
	Lost, Dropped int
}

// Window sums up what happened from a time on until before another one, both
// from the mark on.
func (h *History) Window(from, to time.Duration) Window {
	var w Window
	var waits []time.Duration
	for i := range h.Events {
		switch e := &h.Events[i]; {
		case e.At < from || e.At >= to:
		case e.Dropped:
			w.Dropped++
		default:
			w.Packets++
			w.Bytes += int(e.Bytes)
			waits = append(waits, e.Wait)
			if e.Lost {
				w.Lost++
			}
		}
	}
	if to > from {
		w.Rate = float64(8*w.Bytes) / (to - from).Seconds()
	}
	if n := len(waits); n > 0 {
		slices.Sort(waits)
		w.P50, w.P95, w.MaxQueueDelay = waits[(n-1)/2], waits[(n-1)*95/100], waits[n-1]
	}
	return w
}

// record gathers Stats and the history.
type record struct {
	stats   Stats
	marked  bool
	mark    time.Duration
	history []Event
}

func (r *record) arrived(size int) {
	r.stats.PacketsIn++
	r.stats.BytesIn += uint64(size)
}

func (r *record) delivered(size int) {
	r.stats.PacketsOut++
	r.stats.BytesOut += uint64(size)
}

func (r *record) dropped(at time.Duration, size int) {
	r.stats.Dropped++
	r.add(Event{At: at, Bytes: int32(size), Dropped: true})
}

func (r *record) sent(at, wait time.Duration, size int, lost bool) {
	r.stats.MaxQueueDelay = max(r.stats.MaxQueueDelay, wait)
	if lost {
		r.stats.Lost++
	}
	r.add(Event{At: at, Wait: wait, Bytes: int32(size), Lost: lost})
}

func (r *record) add(e Event) {
	if !r.marked || len(r.history) == maxHistory {
		return
	}
	e.At -= r.mark
	r.history = append(r.history, e)
}

// begin forgets the history before now.
func (r *record) begin(now time.Duration) {
	r.marked, r.mark, r.history = true, now, nil
	r.stats.MaxQueueDelay = 0
}
