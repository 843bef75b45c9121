// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"errors"

	"github.com/gstpublish/gstpublish/internal/bitstream"
	"github.com/gstpublish/gstpublish/internal/policy"
	"github.com/gstpublish/gstpublish/internal/supervise"
	"github.com/gstpublish/gstpublish/internal/track"
	"github.com/gstpublish/gstpublish/pipeline"
)

// encoder is a running encoder.
type encoder = supervise.Encoder[*chain]

// chain is a layer's encode chain, and the track that its samples go to.
type chain struct {
	*pipeline.EncodeChain

	track *track.Track

	// These are used only by Offer, whose calls do not overlap.
	dropped       uint64
	width, height int    // of the source's frames, in px
	size          [2]int // that frames are encoded at
	layers        int    // the number of encoded sizes in one stream; 0 for all

	parser *bitstream.Parser // used by the goroutine that pulls; nil for cameras
}

// Waiting implements supervise.Chain.
func (c *chain) Waiting() bool { return c.track.Waiting() > 0 }

// resized records the size of a frame, in px, and reports whether it has changed.
func (c *chain) resized(width, height int) bool {
	if c.width == width && c.height == height {
		return false
	}
	c.width, c.height = width, height
	return true
}

// control applies a decision to the next frame. An error means that the chain has ended, which its
// supervisor knows.
func (c *chain) control(d *policy.Decision) error {
	err := c.SetRate(d.Target, d.FPS)
	c.SetQuality(int(d.Quality))
	if size := [2]int{d.Width, d.Height}; d.Width > 0 && c.size != size {
		c.size = size
		err = errors.Join(err, c.SetSize(d.Width, d.Height))
	}
	if d.Layers > 0 && c.layers != d.Layers {
		c.layers = d.Layers
		c.SetActiveLayers(d.Layers)
	}
	if d.Key || c.track.KeyDue(d.Switch) {
		c.ForceKeyFrame()
	}
	return err
}
