// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package congestion

import "time"

const (
	// bearable is the fraction of lost packets that is no sign of congestion if no queue grows:
	// wireless links lose that much. goog_cc's is 10 %; this one allows for counting 10 % over
	// about 200 packets.
	bearable = 0.15
	// harmless is goog_cc's fraction below which the estimate may grow by itself.
	harmless = 0.02
	// lossMemory is how many packets the fraction is taken from.
	lossMemory = 200
	lossPause  = 500 * time.Millisecond
	// heavy is a fraction that only a full link loses for long, heavyStep the largest step down
	// then.
	heavy     = 0.3
	heavyStep = 5
)

// losses is the fraction of lost packets; recent ones count most.
type losses struct {
	share  float64
	weight int // packets that the fraction is taken from
	fresh  int // packets since the last cut
	ever   int // packets that were lost
	cutAt  time.Duration
	start  episode
	floor  float64 // estimate below which loss is not due to the sender; 0 if there is none
}

// episode is when loss began to lower the estimate.
type episode struct{ estimate, share float64 }

func (l *losses) add(isLost bool) {
	l.weight = min(l.weight+1, lossMemory)
	l.fresh++
	value := 0.0
	if isLost {
		value = 1
		l.ever++
	}
	l.share += (value - l.share) / float64(l.weight)
}

// found corrects a packet that was counted as lost and came late.
func (l *losses) found() {
	if l.weight > 0 {
		l.share = max(l.share-1/float64(l.weight), 0)
	}
}

// explained restarts, as if a few packets had arrived: the loss was due to a queue that is gone
// now. One lost packet among the first of a connection proves nothing either.
func (l *losses) explained() {
	l.share, l.weight, l.fresh, l.start, l.floor = 0, lossMemory/4, 0, episode{}, 0
}

// cut returns the estimate for the current loss: goog_cc's rate*(1-loss/2) with each new count, or
// at once nearly what arrives if much is lost.
func (l *losses) cut(now, rtt time.Duration, estimate, arrives float64) float64 {
	if l.share < bearable {
		if l.share < bearable/2 {
			l.start, l.floor = episode{}, 0
		}
		return estimate
	}
	if l.fresh < lossMemory/4 || now-l.cutAt < lossPause+rtt && l.start.estimate > 0 {
		return estimate
	}
	if l.start.estimate == 0 {
		l.start = episode{estimate: estimate, share: l.share}
	}
	if l.floor == 0 && estimate < l.start.estimate/3 && l.independent(estimate) {
		l.floor = estimate
	}
	l.cutAt, l.fresh, l.weight = now, 0, min(l.weight, lossMemory/4)
	next := estimate * (1 - l.share/2)
	if l.share > heavy {
		next = min(next, max(arrives, estimate/heavyStep))
	}
	return min(estimate, max(next, l.floor))
}

// independent reports whether loss stays although less is sent. If a full link caused it, it would
// be what the link does not carry of the estimate.
func (l *losses) independent(estimate float64) bool {
	carried := l.start.estimate * (1 - l.start.share)
	expected := max(1-carried/estimate, 0)
	return l.share > (expected+l.start.share)/2
}
