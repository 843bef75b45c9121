// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package screencast

import (
	"fmt"
	"slices"
)

// Sharpness says when a picture that stands still is good enough. The rule for
// quantizers is libwebrtc's (video/quality_convergence_monitor.cc).
type Sharpness struct {
	// Quantizer, on the codec's own scale, is that of a sharp picture.
	Quantizer int
	// Scale is the codec's highest quantizer.
	Scale int
	// Bytes is what a repeat has at most that adds nothing any more, for codecs
	// whose quantizer alone doesn't tell: an encoder may raise it from block to
	// block. 0 is any size.
	Bytes int
	// Steps are how many the encoder has towards its sharpest: each is taken.
	Steps int
}

// SharpnessOf is that of a codec: VP8, VP9 or AV1 with libwebrtc's numbers
// (video/quality_convergence_controller.cc), H264 or H265 with our own:
// libwebrtc has none, and repeats for ever.
func SharpnessOf(codec string) Sharpness {
	switch codec {
	case "VP9":
		return Sharpness{Quantizer: 32, Scale: 255}
	case "AV1":
		return Sharpness{Quantizer: 60, Scale: 255}
	case "H264", "H265":
		return Sharpness{Quantizer: 18, Scale: 51, Bytes: 2000}
	default:
		return Sharpness{Quantizer: 15, Scale: 127}
	}
}

func (s Sharpness) check() error {
	if s.Quantizer < 0 || s.Scale < 1 || s.Quantizer > s.Scale || s.Bytes < 0 || s.Steps < 0 {
		return &OptionError{"Sharpness", s, fmt.Sprintf("the quantizer must be between 0 and %d, the end of the "+
			"scale", s.Scale)}
	}
	return nil
}

const (
	// dynamicShare of the scale is what a quantizer that has stopped to fall may
	// be above the one of a sharp picture.
	dynamicShare = 0.06
	// recentRepeats and pastRepeats are compared to see that.
	recentRepeats, pastRepeats = 6, 6
	// finished repeats in a row that add next to nothing, finishedSize bytes, end
	// it too: an encoder that leaves all blocks out has no more to say.
	finished, finishedSize = 3, 400
	// smallRepeats in a row, of Sharpness.Bytes, end it where the quantizer is low.
	smallRepeats = 2
	// smallChange times Sharpness.Bytes is a change in whose quantizer there is trust.
	smallChange = 4
	// mostRepeats end it in any case.
	mostRepeats = 30
)

// convergence follows a picture at rest until it is sharp.
type convergence struct {
	rule    Sharpness
	done    bool
	rough   bool  // done, but for what the sharpest quality would add to small changes
	step    int   // the furthest that was taken
	repeats int   // since the last fresh picture
	small   int   // in a row, up to now
	window  []int // quantizers of the last repeats
}

func newConvergence(rule Sharpness) convergence {
	return convergence{rule: rule, window: make([]int, 0, recentRepeats+pastRepeats)}
}

// begin: the picture has changed, or what was known of it is void.
func (c *convergence) begin() {
	c.done, c.rough, c.step, c.repeats, c.small, c.window = false, false, 0, 0, 0, c.window[:0]
}

// changed is told how a fresh picture was coded. One that was sharp before, and is
// coded well now, is sharp still. One that wasn't may have blocks that were left
// out.
func (c *convergence) changed(wasSharp bool, coded Coded) {
	c.begin()
	small := c.rule.Bytes == 0 || coded.Bytes <= smallChange*c.rule.Bytes
	c.done = wasSharp && small && c.low(coded.Quantizer)
	c.rough = c.done
}

func (c *convergence) low(quantizer int) bool {
	return quantizer >= 0 && quantizer <= c.rule.Quantizer
}

// sharp tells whether a repeat ends it.
func (c *convergence) sharp(coded Coded) bool {
	return c.low(coded.Quantizer) && c.step >= c.rule.Steps && (c.rule.Bytes == 0 || c.small >= smallRepeats)
}

// repeated is told how a picture was coded again, and at which step.
func (c *convergence) repeated(coded Coded, step int) {
	if coded.Key {
		c.begin() // It took the place of what was there.
	}
	if c.done {
		return
	}
	c.repeats++
	c.small++
	c.step = step
	if coded.Bytes > max(finishedSize, c.rule.Bytes) {
		c.small = 0
	}
	switch {
	case c.sharp(coded), c.repeats >= mostRepeats, c.small >= max(finished, c.rule.Steps):
		c.done = true
	case coded.Quantizer < 0 || c.rule.Bytes > 0 || step < c.rule.Steps:
		// Where it goes isn't known, or doesn't tell.
	default:
		c.done = c.settled(coded.Quantizer)
	}
}

// settled tells whether the quantizer is low and has stopped to fall.
func (c *convergence) settled(quantizer int) bool {
	if len(c.window) == cap(c.window) {
		c.window = slices.Delete(c.window, 0, 1)
	}
	c.window = append(c.window, quantizer)
	if len(c.window) <= recentRepeats {
		return false
	}
	split := len(c.window) - recentRepeats
	past, recent := mean(c.window[:split]), mean(c.window[split:])
	return past <= float64(c.rule.Quantizer)+dynamicShare*float64(c.rule.Scale) && past <= recent
}

func mean(values []int) float64 {
	sum := 0
	for _, v := range values {
		sum += v
	}
	return float64(sum) / float64(len(values))
}
