// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package congestion

import "time"

const (
	// eras and era divide the window of the minimum delay: a minute, in which clocks that differ by
	// 100 ppm drift 6 ms apart.
	eras = 6
	era  = 10 * time.Second
	// lately is how many packets the minimum queueing delay is taken from: jitter comes and goes
	// within them, a queue does not.
	lately = 8
)

// delays turns one-way delays, between two unrelated clocks, into queueing delays: the excess over
// the minimum of the last minute.
type delays struct {
	least  [eras]time.Duration
	known  [eras]bool
	now    int64 // the current era
	base   time.Duration
	any    bool
	recent [lately]time.Duration // one-way
	count  int
	last   time.Duration // one-way
	jitter time.Duration
}

// add records a packet's one-way delay at its time of sending.
func (d *delays) add(sent, oneWay time.Duration) {
	d.turn(int64(sent / era))
	slot := int((d.now%eras + eras) % eras)
	if !d.known[slot] || oneWay < d.least[slot] {
		d.least[slot], d.known[slot] = oneWay, true
	}
	if !d.any || oneWay < d.base {
		d.base = oneWay
	}
	if d.any {
		change := (oneWay - d.last).Abs()
		d.jitter += (min(change, 50*time.Millisecond) - d.jitter) / 16
	}
	d.any, d.last = true, oneWay
	d.recent[d.count%lately] = oneWay
	d.count++
}

// turn begins a new era and forgets the oldest.
func (d *delays) turn(n int64) {
	if n <= d.now && d.any {
		return
	}
	for i := max(d.now+1, n-eras+1); i <= n; i++ {
		d.known[int((i%eras+eras)%eras)] = false
	}
	d.now = n
	first := true
	for i, known := range d.known {
		if known && (first || d.least[i] < d.base) {
			d.base, first = d.least[i], false
		}
	}
	if first {
		d.any = false
	}
}

// queue returns the queueing delay of a one-way delay.
func (d *delays) queue(oneWay time.Duration) time.Duration {
	if !d.any {
		return 0
	}
	return max(oneWay-d.base, 0)
}

// standing returns the minimum queueing delay of the last packets.
func (d *delays) standing() time.Duration {
	if d.count == 0 {
		return 0
	}
	least := d.recent[0]
	for _, oneWay := range d.recent[:min(d.count, lately)] {
		least = min(least, oneWay)
	}
	return d.queue(least)
}

// rebase makes the current delay the minimum: the path has become longer.
func (d *delays) rebase() {
	base := d.base + d.standing()
	kept := *d
	*d = delays{recent: kept.recent, count: kept.count, last: kept.last, jitter: kept.jitter, now: kept.now}
	slot := int((d.now%eras + eras) % eras)
	d.least[slot], d.known[slot], d.base, d.any = base, true, base, true
}
