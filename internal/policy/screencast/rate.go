// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package screencast

import "time"

const (
	// minFPS, down and up are libwebrtc's steps for maintaining the resolution
	// (call/adaptation/video_stream_adapter.cc).
	minFPS   = 2.0
	downStep = 2.0 / 3
	upStep   = 3.0 / 2

	// queueTime is how much of what can be sent may still be queued when the next frame is encoded.
	queueTime = 120 * time.Millisecond
	// longestPause ends the wait for a frame that was too large. LiveKit's server considers a
	// screen stopped after two seconds.
	longestPause = 1500 * time.Millisecond
	// downAfter and upAfter are the minimum times between steps. A step up goes as far as frames
	// like the last ones fit: a scroll that slows down has small frames after large ones, and the
	// link would be idle.
	downAfter = 250 * time.Millisecond
	upAfter   = 100 * time.Millisecond
	// headroom is the part of the estimate that a higher frame rate may be expected to use.
	headroom = 0.9
	// obedient is the part of its target that an encoder uses which keeps to it.
	obedient = 1.02
	// sizeWeight is the weight of a new frame in the mean size.
	sizeWeight = 0.25
	// lastWeight is its weight in the mean of the last ones.
	lastWeight = 0.5
	// sentWindow is the time over which the sent rate is measured.
	sentWindow = time.Second
)

// rate fits the frames into what can be sent: through the encoder's target while that is above the
// floor, then through the frame rate.
type rate struct {
	nominal  float64 // frames a second
	floor    int     // bit/s
	highest  int     // bit/s
	estimate int     // bit/s; 0 for none
	limited  bool    // the link carries no more

	effort effort

	fps     float64
	stepped time.Duration // when it last changed
	size    float64       // mean size of a moving frame, in bits
	last    float64       // mean size of the last ones
	queue   float64       // bits still on their way, according to the estimate
	drained time.Duration // the time of queue

	sent []sentSize // of the last sentWindow
}

type sentSize struct {
	at    time.Duration
	bytes int
}

func newRate(o Options) rate {
	return rate{
		nominal: float64(o.FPS), floor: o.Floor, highest: o.MaxBitrate, fps: float64(o.FPS),
		effort: effort{offered: o.Sharpness.Thorough},
	}
}

// target returns the encoder's target in bit/s, at the nominal frame rate.
func (r *rate) target() int {
	if r.estimate == 0 {
		return r.highest
	}
	return max(min(r.estimate, r.highest), r.floor)
}

// next returns the frame rate one step up.
func (r *rate) next() float64 { return min(r.nominal, r.fps*upStep) }

func (r *rate) interval() time.Duration { return time.Duration(float64(time.Second) / r.fps) }

// enough reports whether the floor can be sent.
func (r *rate) enough() bool { return r.estimate == 0 || r.estimate >= r.floor }

func (r *rate) drain(now time.Duration) {
	if now > r.drained {
		r.queue = max(0, r.queue-float64(r.estimate)*(now-r.drained).Seconds())
		r.drained = now
	}
}

func (r *rate) setEstimate(now time.Duration, bps int, limited bool) {
	r.drain(now)
	if !r.limited {
		r.queue = 0 // Everything encoded until now has left.
	}
	r.estimate, r.limited = bps, limited && bps > 0
}

// ready returns when the next frame can be sent without waiting too long behind the previous ones.
// last is when the previous one was encoded.
func (r *rate) ready(now, last time.Duration) time.Duration {
	if !r.limited {
		return now
	}
	r.drain(now)
	over := r.queue - float64(r.estimate)*queueTime.Seconds()
	if over <= 0 {
		return now
	}
	wait := time.Duration(over / float64(r.estimate) * float64(time.Second))
	return max(now, min(now+wait, last+longestPause))
}

// empty returns when everything encoded so far has been sent.
func (r *rate) empty(now time.Duration) time.Duration {
	r.drain(now)
	return now + time.Duration(r.queue/float64(r.estimate)*float64(time.Second))
}

// hold records that a frame has to wait for the previous ones to be sent. As long as more frames
// than at the next lower rate can be sent, waiting is enough: a whole step would leave up to a
// third of the link unused.
func (r *rate) hold(now time.Duration) {
	lower := max(minFPS, r.fps*downStep)
	tooMuch := r.limited && r.size*lower >= float64(r.estimate)
	if tooMuch && now-r.stepped >= downAfter && r.fps > minFPS {
		r.fps, r.stepped = lower, now
	}
}

// encoded lets the frame rate rise again if there is room: if frames fit at the current rate,
// waiting for each other is enough at the next.
func (r *rate) encoded(now time.Duration) {
	if now-r.stepped < upAfter {
		return
	}
	for r.fps < r.nominal && r.fits() {
		r.fps, r.stepped = r.next(), now
	}
}

// fits reports whether frames like the last ones can be sent at the current frame rate. An encoder
// that keeps to its target needs no headroom.
func (r *rate) fits() bool {
	share, estimate := float64(r.target())/r.nominal, float64(r.estimate)
	growth := r.effort.growth(r.fps, r.next())
	return !r.limited || r.last*growth*r.fps <= headroom*estimate ||
		r.last*growth <= obedient*share && share*r.fps <= obedient*estimate
}

// sampled records the size of a sample. moving reports whether it was a change and not a key frame:
// more like it will follow.
func (r *rate) sampled(now time.Duration, bytes int, moving bool) {
	r.drain(now)
	bits := float64(8 * bytes)
	r.queue += bits
	if moving {
		r.size += (bits - r.size) * sizeWeight
		r.last += (bits - r.last) * lastWeight
	}
	r.forget(now)
	r.sent = append(r.sent, sentSize{now, bytes})
}

func (r *rate) forget(now time.Duration) {
	old := 0
	for old < len(r.sent) && r.sent[old].at <= now-sentWindow {
		old++
	}
	if old > 0 {
		r.sent = r.sent[:copy(r.sent, r.sent[old:])]
	}
}

// sentRate returns what was encoded in the last second, in bit/s.
func (r *rate) sentRate(now time.Duration) int {
	r.forget(now)
	bytes := 0
	for _, s := range r.sent {
		bytes += s.bytes
	}
	return int(float64(8*bytes) / sentWindow.Seconds())
}
