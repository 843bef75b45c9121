// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package link

import (
	"slices"
	"time"
)

// maxHistory limits the history since a mark: 6 MB, or four minutes at 10 Mbit/s.
const maxHistory = 1 << 18

// Stats counts what went through a direction so far. Bytes include the IP and UDP headers, 28 for
// each packet.
type Stats struct {
	PacketsIn, BytesIn   uint64 // that arrived
	PacketsOut, BytesOut uint64 // that were passed on
	// Dropped packets found no room in the queue. Lost packets were lost on the wire.
	Dropped, Lost uint64
	// Queued is the size of the queue, in bytes, including the whole packet that is being sent.
	Queued int
	// QueueDelay is how long a packet that arrives now would wait for the transmission of its first
	// bit. MaxQueueDelay is the maximum of the packets sent since the last mark.
	QueueDelay, MaxQueueDelay time.Duration
}

// History is what a direction did since a mark.
type History struct {
	// Since is the time of the mark.
	Since time.Time
	// Events are in order. There are at most 262,144.
	Events []Event
}

// Event is the fate of a packet.
type Event struct {
	// At is when its last bit was sent, or when it was dropped, since the mark.
	At time.Duration
	// Wait is how long it waited for the transmission of its first bit.
	Wait time.Duration
	// Bytes includes the IP and UDP headers.
	Bytes int32
	// Lost reports that the packet was lost on the wire; Dropped that it was not sent.
	Lost, Dropped bool
}

// Window summarizes a part of a history.
type Window struct {
	// Packets and Bytes count what was sent, including what was lost on the wire.
	Packets, Bytes int
	// Rate is the rate of these packets, in bit/s.
	Rate float64
	// MaxQueueDelay is the maximum wait of a packet; P50 and P95 are percentiles of the wait.
	MaxQueueDelay, P50, P95 time.Duration
	// Lost and Dropped count packets.
	Lost, Dropped int
}

// Window summarizes the events from a time until before another one, both since the mark.
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

// record collects Stats and the history.
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

// begin restarts the history.
func (r *record) begin(now time.Duration) {
	r.marked, r.mark, r.history = true, now, nil
	r.stats.MaxQueueDelay = 0
}
