// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package screencast

import (
	"fmt"
	"slices"
)

// Sharpness decides when a still frame is good enough. The rule for quantizers is libwebrtc's
// (video/quality_convergence_monitor.cc).
type Sharpness struct {
	// Quantizer is that of a sharp frame, on the codec's own scale.
	Quantizer int
	// Scale is the codec's highest quantizer.
	Scale int
	// Bytes is the maximum size of a repeat that adds nothing any more, for codecs whose quantizer
	// alone does not show it: an encoder may raise it from block to block. 0 means any size.
	Bytes int
	// Steps is the number of steps to the encoder's sharpest setting; each of them is taken.
	Steps int
	// Exact reports whether the encoder can encode without loss: then it reports a quantizer of 0.
	Exact bool
	// Thorough reports whether the encoder has a slower mode for motion with smaller frames.
	Thorough bool
}

// SharpnessOf returns the Sharpness for a codec. VP8, VP9 and AV1 have libwebrtc's numbers
// (video/quality_convergence_controller.cc), H264 and H265 our own: libwebrtc has none, and repeats
// forever.
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
	// dynamicShare is how much of the scale a quantizer that has stopped falling may be above that
	// of a sharp frame.
	dynamicShare = 0.06
	// recentRepeats and pastRepeats are compared to detect that.
	recentRepeats, pastRepeats = 6, 6
	// finished repeats in a row that add next to nothing (finishedSize bytes) also end it: an
	// encoder that skips all blocks has nothing to add.
	finished, finishedSize = 3, 400
	// smallRepeats in a row, of Sharpness.Bytes, end it if the quantizer is low.
	smallRepeats = 2
	// smallChange times Sharpness.Bytes is the size up to which a change's quantizer is trusted.
	smallChange = 4
	// mostRepeats always end it.
	mostRepeats = 30
)

// convergence follows a still screen until it is sharp.
type convergence struct {
	rule    Sharpness
	done    bool
	rough   bool  // done, except for what the sharpest quality would add to small changes
	step    int   // the highest step taken
	repeats int   // since the last new frame
	small   int   // in a row, so far
	window  []int // quantizers of the last repeats
}

func newConvergence(rule Sharpness) convergence {
	return convergence{rule: rule, window: make([]int, 0, recentRepeats+pastRepeats)}
}

// begin restarts: the frame has changed, or what was known about it is void.
func (c *convergence) begin() {
	c.done, c.rough, c.step, c.repeats, c.small, c.window = false, false, 0, 0, 0, c.window[:0]
}

// changed records how a new frame was encoded. A frame that follows a sharp one, and is encoded
// well, is sharp too. Otherwise it may have blocks that were skipped.
func (c *convergence) changed(wasSharp bool, sample Sample) {
	c.begin()
	small := c.rule.Bytes == 0 || sample.Bytes <= smallChange*c.rule.Bytes
	c.done = wasSharp && small && c.low(sample.Quantizer)
	c.rough = c.done
}

func (c *convergence) low(quantizer int) bool {
	return quantizer >= 0 && quantizer <= c.rule.Quantizer
}

// sharp reports whether a repeat ends the convergence.
func (c *convergence) sharp(sample Sample) bool {
	return c.low(sample.Quantizer) && c.step >= c.rule.Steps && (c.rule.Bytes == 0 || c.small >= smallRepeats)
}

// repeated records how a repeat was encoded, and at which step.
func (c *convergence) repeated(sample Sample, step int) {
	if sample.Key {
		c.begin() // It replaced what was there.
	}
	if c.done {
		return
	}
	c.repeats++
	c.small++
	c.step = step
	if sample.Bytes > max(finishedSize, c.rule.Bytes) {
		c.small = 0
	}
	switch {
	case c.sharp(sample), c.repeats >= mostRepeats, c.small >= max(finished, c.rule.Steps):
		c.done = true
	case sample.Quantizer < 0 || c.rule.Bytes > 0 || step < c.rule.Steps:
		// Its scale is unknown, or says nothing.
	default:
		c.done = c.settled(sample.Quantizer)
	}
}

// settled reports whether the quantizer is low and has stopped falling.
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
