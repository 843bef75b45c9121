// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package congestion

import "time"

// These are goog_cc's (libwebrtc, trendline_estimator.cc).
const (
	groupSpan      = 5 * time.Millisecond
	trendGroups    = 20
	trendSmoothing = 0.9
	trendGain      = 4
	trendMost      = 60
	thresholdFirst = 12.5 // ms
	thresholdLeast = 6    // ms
	thresholdMost  = 600  // ms
	thresholdUp    = 0.0087
	thresholdDown  = 0.039
	overuseTime    = 10 * time.Millisecond
)

// trend says whether one-way delays grow: a line through the smoothed delays of the last groups of packets,
// against a threshold that adapts to what is usual.
type trend struct {
	groupSent   time.Duration // first packet of the group
	sent        time.Duration // last packet of the group
	arrival     time.Duration
	inGroup     bool
	prevSent    time.Duration // the group before
	prevArrival time.Duration
	prev        bool

	accumulated, smoothed float64 // ms
	x, y                  [trendGroups]float64
	groups                int
	origin                time.Duration
	threshold             float64
	lastChange            time.Duration
	over                  time.Duration
	overGroups            int
	slope                 float64
	growing               bool
}

// add takes a packet that arrived.
func (t *trend) add(sent, arrival time.Duration) {
	switch {
	case !t.inGroup:
		t.begin(sent, arrival)
	case sent < t.groupSent: // out of order
	case sent-t.groupSent <= groupSpan:
		t.sent = max(t.sent, sent)
		t.arrival = max(t.arrival, arrival)
	default:
		t.close()
		t.begin(sent, arrival)
	}
}

func (t *trend) begin(sent, arrival time.Duration) {
	t.groupSent, t.sent, t.arrival, t.inGroup = sent, sent, arrival, true
}

// close ends a group, and compares it with the one before.
func (t *trend) close() {
	if t.prev {
		took, passed := t.arrival-t.prevArrival, t.sent-t.prevSent
		change := took - passed
		if change.Abs() > 3*time.Second { // a clock has jumped
			*t = trend{}
			return
		}
		t.point(change, passed)
	}
	t.prevSent, t.prevArrival, t.prev = t.sent, t.arrival, true
}

func (t *trend) point(change, passed time.Duration) {
	if t.groups == 0 {
		t.origin, t.threshold = t.arrival, thresholdFirst
	}
	t.accumulated += millis(change)
	t.smoothed = trendSmoothing*t.smoothed + (1-trendSmoothing)*t.accumulated
	i := t.groups % trendGroups
	t.x[i], t.y[i] = millis(t.arrival-t.origin), t.smoothed
	t.groups++
	slope := t.slope
	if t.groups >= trendGroups {
		slope = fit(&t.x, &t.y)
	}
	t.judge(slope, passed)
}

// judge compares the slope with the threshold.
func (t *trend) judge(slope float64, passed time.Duration) {
	value := float64(min(t.groups, trendMost)) * slope * trendGain
	switch {
	case value > t.threshold:
		t.over += passed
		t.overGroups++
		if t.over > overuseTime && t.overGroups > 1 && slope >= t.slope {
			t.growing = true
		}
	default:
		t.over, t.overGroups, t.growing = 0, 0, false
	}
	t.slope = slope
	t.adapt(value)
}

// adapt moves the threshold towards what is usual.
func (t *trend) adapt(value float64) {
	if value < 0 {
		value = -value
	}
	passed := min(t.arrival-t.lastChange, 100*time.Millisecond)
	t.lastChange = t.arrival
	if value > t.threshold+15 { // a sudden change, not what is usual
		return
	}
	k := thresholdUp
	if value < t.threshold {
		k = thresholdDown
	}
	t.threshold += k * (value - t.threshold) * max(millis(passed), 0)
	t.threshold = min(max(t.threshold, thresholdLeast), thresholdMost)
}

// fit is the slope of the line of least squares.
func fit(x, y *[trendGroups]float64) float64 {
	var mx, my float64
	for i := range x {
		mx += x[i] / trendGroups
		my += y[i] / trendGroups
	}
	var above, below float64
	for i := range x {
		above += (x[i] - mx) * (y[i] - my)
		below += (x[i] - mx) * (x[i] - mx)
	}
	if below == 0 {
		return 0
	}
	return above / below
}

func millis(d time.Duration) float64 {
	return float64(d) / float64(time.Millisecond)
}
