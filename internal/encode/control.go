// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package encode

import (
	"errors"
	"time"

	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// control holds the settings of an encoder that can change while it runs.
type control struct {
	bps     int // the target, in bit/s
	quality int // of SetQuality
	active  int // of SetActiveLayers
}

// SetBitrate changes the encoder's target, in bit/s, from the next frame on. A target out of the
// element's range is clamped. If changes cost key frames, SetBitrate delays them: a reduction until
// half a second after the last change, other changes until three seconds after it.
func (c *Chain) SetBitrate(bps int) error { return c.SetRate(bps, float64(c.fps)) }

// SetRate is SetBitrate for frames that come at fps frames a second, at most the nominal rate. Each
// frame keeps the share of the target that it has at the nominal rate, even if the encoder would
// spread the target over time.
func (c *Chain) SetRate(bps int, fps float64) error {
	if err := checkBitrate(bps); err != nil {
		return err
	}
	if c.encoder.row.Spreads && fps > 0 && fps < float64(c.fps) {
		bps = max(minBitrate, int(float64(bps)*fps/float64(c.fps)))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.encoder.element == nil {
		return pipeline.ErrStopped
	}
	if c.gate.want(bps) {
		c.wanted.bps = bps
	}
	return nil
}

// Qualities for SetQuality.
const (
	QualityMotion = 0  // motion: the rate control bounds it
	QualityIdle   = -1 // a repeat of a sharp frame
	QualityCoarse = -2 // motion on a link with a limit: frames keep to their share
	QualityExact  = -3 // a still screen in 4:4:4, without loss
	// QualityThorough is QualityCoarse with a longer search for motion, if the encoder has one.
	QualityThorough = -4
)

// SetQuality sets how to encode from the next frame on: QualityMotion, QualityCoarse, QualityThorough,
// QualityIdle, QualityExact, or, from 1 on, step by step sharper, for a still screen. An encoder with fewer steps
// stays at its last.
func (c *Chain) SetQuality(quality int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wanted.quality = max(QualityThorough, min(quality, len(c.encoder.row.Sharp)))
}

// pushing sets a delayed target that is due, and arranges for changes to be made before the frame.
func (c *Chain) pushing(pts time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gate.due(pts) {
		c.wanted.bps = c.gate.current
		c.renew = c.renew || c.encoder.row.BitrateChange == catalogue.BitrateRenew
	}
	c.scale.pushing(pts)
	if c.wanted != c.has && c.hook != nil {
		c.hook.Arm()
	}
}

// beforeFrame makes the requested changes. It runs on the thread that passes frames to the
// encoder: elsewhere it would have to wait until the encoder has finished the last frame.
func (c *Chain) beforeFrame() {
	c.mu.Lock()
	defer c.mu.Unlock()
	want, has := c.wanted, c.has
	if want == has || c.encoder.element == nil {
		return
	}
	var err error
	if want.quality != has.quality {
		err = c.encoder.setQuality(has.quality, want.quality)
	}
	if rate := want.bps * c.encoder.rateAt(want.quality); rate != has.bps*c.encoder.rateAt(has.quality) {
		err = errors.Join(err, c.encoder.setBitrate(rate))
	}
	if want.active != has.active {
		err = errors.Join(err, c.encoder.setActive(want.active))
	}
	if err != nil {
		c.log.Warn("the encoder rejected a setting", "encoder", c.encoder.row.Factory, "err", err)
	}
	c.has = want
}
