// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package congestion

import "time"

const (
	// tick and ticks are the resolution and the length of a rate's window.
	tick  = 25 * time.Millisecond
	ticks = 40
)

// meter counts bytes over the last second.
type meter struct {
	bytes [ticks]int
	at    int64 // the newest tick
	since int64 // the first tick
	begun bool
}

// add counts bytes at a time. Times before the window are ignored.
func (m *meter) add(now time.Duration, bytes int) {
	n := int64(now / tick)
	if !m.begun {
		*m = meter{at: n, since: n, begun: true}
	}
	m.advance(n)
	if n > m.at-ticks {
		m.bytes[slot(n)] += bytes
	}
}

func (m *meter) advance(n int64) {
	if n-m.at >= ticks {
		m.bytes, m.at = [ticks]int{}, n
		return
	}
	for m.at < n {
		m.at++
		m.bytes[slot(m.at)] = 0
	}
}

// rate returns the rate in bit/s over the last window, which is at most a second and ends now. The
// tick that contains now counts with its elapsed part.
func (m *meter) rate(now, window time.Duration) int {
	if !m.begun {
		return 0
	}
	n := int64(now / tick)
	count := min(int64(window/tick), ticks)
	if n-m.at >= count {
		return 0
	}
	sum := 0
	for i := max(m.at-ticks+1, n-count+1); i <= m.at; i++ {
		sum += m.bytes[slot(i)]
	}
	span := time.Duration(count-1)*tick + now - time.Duration(n)*tick
	return perSecond(sum, max(span, tick))
}

func slot(n int64) int {
	return int((n%ticks + ticks) % ticks)
}

// perSecond returns bytes in a time as bit/s.
func perSecond(bytes int, d time.Duration) int {
	if d <= 0 {
		return 0
	}
	return int(float64(bytes) * 8 / d.Seconds())
}

// duration returns how long so many bytes take at a rate in bit/s, at most an hour.
func duration(bytes float64, rate int) time.Duration {
	if rate <= 0 || bytes <= 0 {
		return 0
	}
	return time.Duration(min(bytes*8/float64(rate), 3600) * float64(time.Second))
}
