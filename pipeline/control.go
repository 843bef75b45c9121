// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"errors"
	"time"

	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// control is how an encoder encodes.
type control struct {
	bps     int // its target, in bit/s
	quality int // of SetQuality
	active  int // of SetActiveLayers
}

// SetBitrate changes the encoder's target, in bit/s, from the next picture on. A
// target out of the element's range becomes the nearest in it. For an encoder
// whose changes cost key frames, the change waits for its time: half a second
// after the last one to go down, three seconds else.
func (c *EncodeChain) SetBitrate(bps int) error { return c.SetRate(bps, float64(c.fps)) }

// SetRate is SetBitrate for pictures that come at fps frames a second, no more
// than the nominal rate. Each keeps the share of the target that it has at the
// nominal rate, also where the encoder would spread the target over time.
func (c *EncodeChain) SetRate(bps int, fps float64) error {
	if err := checkBitrate(bps); err != nil {
		return err
	}
	if c.encoder.row.Spreads && fps > 0 && fps < float64(c.fps) {
		bps = max(minBitrate, int(float64(bps)*fps/float64(c.fps)))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.encoder.element == nil {
		return ErrStopped
	}
	if c.gate.want(bps) {
		c.wanted.bps = bps
	}
	return nil
}

// Qualities of SetQuality.
const (
	QualityMotion = 0  // what moves: the rate control bounds it
	QualityIdle   = -1 // what is sharp, once more
	QualityCoarse = -2 // what moves on a link that carries no more: it keeps to its share
)

// SetQuality says how the pictures from the next one on are encoded:
// QualityMotion, QualityCoarse, QualityIdle, or from 1 on step by step sharper, as a picture that
// stands still. An encoder that knows fewer steps stays at its last.
func (c *EncodeChain) SetQuality(quality int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wanted.quality = max(QualityCoarse, min(quality, len(c.encoder.row.Sharp)))
}

// pushing sets a target that has waited for its time, and sees to it that what is
// wanted is done before the picture.
func (c *EncodeChain) pushing(pts time.Duration) {
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

// beforePicture does what is wanted. It is called on the thread that brings the
// encoder its pictures: elsewhere it would have to wait until the encoder is done
// with the last one.
func (c *EncodeChain) beforePicture() {
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
