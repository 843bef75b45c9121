// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package screencast

import "time"

const (
	// thoroughShare is the part of the time between frames that encoding one thoroughly may take.
	thoroughShare = 0.9
	// thoroughGain is how much larger frames may be without it: VP8's of scrolled text are two to
	// three times as large.
	thoroughGain = 3
	// tookWeight is the weight of a new frame in the mean time.
	tookWeight = 0.25
	// promptly is how soon after the previous sample was sent the next one is pulled if it had to
	// wait for that.
	promptly = time.Millisecond
)

// effort decides whether there is time to encode frames thoroughly, which makes them smaller. How
// long it takes is unknown before the first one.
type effort struct {
	offered bool          // the encoder has such a mode
	took    time.Duration // the mean time of a thorough frame; 0 if unknown
}

// fits reports whether frames can be encoded thoroughly at a frame rate.
func (e *effort) fits(fps float64) bool {
	return e.offered && e.took.Seconds()*fps <= thoroughShare
}

// growth is how much larger frames may become if the frame rate changes.
func (e *effort) growth(from, to float64) float64 {
	if e.fits(from) && !e.fits(to) {
		return thoroughGain
	}
	return 1
}

// encoded records how long a thorough frame took. exact is false if it may have been ready before,
// since the previous one was still being sent.
func (e *effort) encoded(took time.Duration, exact bool) {
	switch {
	case exact && e.took == 0, took < e.took && !exact:
		e.took = took
	case exact:
		e.took += time.Duration(float64(took-e.took) * tookWeight)
	}
}
