// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package link

import (
	"math"
	"math/rand/v2"
	"time"
)

const (
	// overhead is the size of a datagram's IPv4 and UDP headers without options, in bytes.
	overhead = 20 + 8
	// defaultQueue is the default of Shape.Queue.
	defaultQueue = 500 * time.Millisecond
	// maxHeld limits the bytes that a direction holds, whatever its shape.
	maxHeld = 16 << 20
)

// Shape is the behavior of one direction of a flow. The zero value passes packets on immediately.
type Shape struct {
	// Rate is in bit/s of IP packets. 0 is unlimited.
	Rate int
	// Delay is the delay of the wire, without queueing and transmission.
	Delay time.Duration
	// Loss is the fraction of packets, from 0 to 1, that are lost on the wire, after their
	// transmission. 1 cuts the link.
	Loss float64
	// Queue is the capacity of the queue, as time at Rate. Packets that arrive while it is full are
	// dropped; a single packet always fits. The default is 500 ms. Without a Rate there is no
	// queue.
	Queue time.Duration
}

func (s Shape) withDefaults() Shape {
	s.Rate, s.Delay = max(s.Rate, 0), max(s.Delay, 0)
	if s.Queue <= 0 {
		s.Queue = defaultQueue
	}
	return s
}

// takes returns the transmission time of some bits.
func (s Shape) takes(bits float64) time.Duration {
	if s.Rate == 0 {
		return 0
	}
	return time.Duration(math.Round(bits * float64(time.Second) / float64(s.Rate)))
}

// packet is a datagram in flight.
type packet struct {
	data    []byte
	arrived time.Duration
	due     time.Duration // when it is passed on; set when it leaves the queue
}

func (p *packet) size() int { return len(p.data) + overhead }

func (p *packet) bits() float64 { return float64(8 * p.size()) }

// schedule is the state machine of a direction. Times count from the link's start and never
// decrease.
type schedule struct {
	shape  Shape
	random *rand.Rand
	record record

	waiting fifo // the first packet is being sent
	queued  int  // bytes in waiting
	began   time.Duration
	left    float64 // bits of the first packet that remain to be sent after began

	flying fifo
	aloft  int           // bytes of flying
	last   time.Duration // due of the last packet in flying
}

func newSchedule(s Shape, seed, stream uint64) *schedule {
	return &schedule{shape: s.withDefaults(), random: rand.New(rand.NewPCG(seed, stream))}
}

// push queues a packet. The schedule owns its memory from now on.
func (s *schedule) push(now time.Duration, data []byte) {
	s.advance(now)
	p := packet{data: data, arrived: now}
	size := p.size()
	s.record.arrived(size)
	if s.queued > 0 && s.shape.takes(float64(8*(s.queued+size))) > s.shape.Queue ||
		s.queued+s.aloft+size > maxHeld {
		s.record.dropped(now, size)
		return
	}
	if s.waiting.empty() {
		s.began, s.left = now, p.bits()
	}
	s.waiting.push(p)
	s.queued += size
	s.advance(now) // Without a rate it has left already.
}

// pop returns the next packet that is due. ok is false if there is none yet.
func (s *schedule) pop(now time.Duration) (data []byte, ok bool) {
	s.advance(now)
	if s.flying.empty() || s.flying.first().due > now {
		return nil, false
	}
	p := s.flying.pop()
	s.aloft -= p.size()
	s.record.delivered(p.size())
	return p.data, true
}

// next returns when to call pop again. ok is false if there is nothing to wait for.
func (s *schedule) next() (at time.Duration, ok bool) {
	at = math.MaxInt64
	if !s.flying.empty() {
		at, ok = s.flying.first().due, true
	}
	if !s.waiting.empty() {
		at, ok = min(at, s.finish()), true
	}
	return at, ok
}

// set changes the shape. A rate applies to queued packets and to the rest of the packet that is
// being sent, a delay to packets that leave the queue from now on.
func (s *schedule) set(now time.Duration, shape Shape) {
	s.advance(now)
	if !s.waiting.empty() {
		s.left -= float64(s.shape.Rate) * (now - s.began).Seconds()
		s.began, s.left = now, max(s.left, 0)
	}
	s.shape = shape.withDefaults()
	s.advance(now)
}

// wait returns how long a packet that arrives now would wait.
func (s *schedule) wait(now time.Duration) time.Duration {
	s.advance(now)
	if s.waiting.empty() {
		return 0
	}
	behind := 8*s.queued - 8*s.waiting.first().size()
	return s.finish() - now + s.shape.takes(float64(behind))
}

// finish returns when the transmission of the first packet in the queue ends.
func (s *schedule) finish() time.Duration { return s.began + s.shape.takes(s.left) }

// advance removes the packets that have been sent by now.
func (s *schedule) advance(now time.Duration) {
	for !s.waiting.empty() && s.finish() <= now {
		at := s.finish()
		p := s.waiting.pop()
		s.queued -= p.size()
		s.depart(at, p)
		if !s.waiting.empty() {
			s.began, s.left = at, s.waiting.first().bits()
		}
	}
}

// depart puts a packet that was sent on the wire.
func (s *schedule) depart(at time.Duration, p packet) {
	wait := max(at-p.arrived-s.shape.takes(p.bits()), 0)
	lost := s.random.Float64() < s.shape.Loss
	s.record.sent(at, wait, p.size(), lost)
	if lost {
		return
	}
	p.due = max(at+s.shape.Delay, s.last) // With a shorter delay, packets keep their order.
	s.last = p.due
	s.flying.push(p)
	s.aloft += p.size()
}

// fifo is a queue of packets.
type fifo struct {
	items []packet
	begin int
}

func (f *fifo) empty() bool { return f.begin == len(f.items) }

func (f *fifo) first() *packet { return &f.items[f.begin] }

func (f *fifo) push(p packet) {
	if f.begin > 0 && len(f.items) == cap(f.items) {
		f.items = f.items[:copy(f.items, f.items[f.begin:])]
		f.begin = 0
	}
	f.items = append(f.items, p)
}

func (f *fifo) pop() packet {
	p := f.items[f.begin]
	f.items[f.begin] = packet{}
	f.begin++
	if f.empty() {
		f.items, f.begin = f.items[:0], 0
	}
	return p
}
