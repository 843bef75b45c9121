// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package encode

import (
	"errors"
	"fmt"
	"time"

	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/pipeline"
)

// maxSize limits a frame's width and height, in px: VP8 stores each in 14 bits (RFC 6386, section
// 9.1).
const maxSize = 16383

// scalerText scales before the conversion, which then has fewer pixels, and sets the size. It
// passes on frames that keep their size.
//
// For 720p text in I420, bilinear, which has two taps whatever the factor, keeps some strokes and
// loses others: at a third to a sixth of the size it reaches 21 to 24 dB compared with a Lanczos
// filter, bilinear2 35 to 38. lanczos is sharper, up to 45 dB, and takes up to twice as long, 0.5
// to 0.8 ms. At half the size bilinear2 is the mean of four pixels, which takes 0.1 ms.
const scalerText = "videoscale name=scaler add-borders=false method=bilinear2 ! capsfilter name=size"

var errNoScaling = errors.New("encode: cannot change the size of a chain without Options.Scales")

// scale is the size at which frames are encoded.
type scale struct {
	scaler        *gst.Scaler // nil if frames are not scaled
	width, height int         // in px, or 0 for the frames' own size
	changed       bool        // since the last push
}

func (s *scale) setUp(p *gst.Pipeline) error {
	scaler, filter := p.ByName("scaler"), p.ByName("size")
	defer scaler.Release()
	defer filter.Release()
	if s.scaler = scaler.Scaler(filter); s.scaler == nil {
		return errors.New("the scaler does not have exactly one sink pad")
	}
	return nil
}

// pushing makes a new size begin with the frame of that time.
func (s *scale) pushing(pts time.Duration) {
	if s.scaler != nil && s.changed {
		s.scaler.Set(s.width, s.height, pts.Nanoseconds())
		s.changed = false
	}
}

func (s *scale) release() {
	if s.scaler != nil {
		s.scaler.Release()
		s.scaler = nil
	}
}

// SetSize sets the size in px at which frames are encoded, from the next Push on. The chain must
// have Options.Scales. 0 and 0, the default, keep the frames' own size. Frames fill the size,
// whatever their shape. For an encoder that only encodes even sizes, it is rounded down. Each new
// size costs a key frame. SetSize is safe for concurrent use and does not wait for the encoder.
func (c *Chain) SetSize(width, height int) error {
	if width < 0 || height < 0 || width > maxSize || height > maxSize || (width == 0) != (height == 0) {
		return fmt.Errorf("encode: width and height must be between 1 and %d, or both 0 for the frames' own "+
			"size, got %dx%d",
			maxSize, width, height)
	}
	if c.encoder.row.Even && width > 0 {
		width, height = max(2, width&^1), max(2, height&^1)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.encoder.element == nil:
		return pipeline.ErrStopped
	case c.scale.scaler == nil && width > 0:
		return errNoScaling
	case width != c.scale.width || height != c.scale.height:
		c.scale.width, c.scale.height, c.scale.changed = width, height, true
	}
	return nil
}
