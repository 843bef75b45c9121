// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package incoming

import (
	"errors"

	"github.com/gstpublish/gstpublish/internal/bitstream"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// mostReordered is how many frames may be out of order. One can be left from a stream that was cut.
const mostReordered = 1

// settled is the number of samples within which h264parse and h265parse mark a frame that is out of order as one after
// a gap, if the container has no DTS: they mark the first.
const settled = 8

// Sample is what is known of a sample without reading it.
type Sample struct {
	Data []byte
	// Key is what its producer says. It counts only if the sample's header cannot be read.
	Key bool
	// Gap reports whether samples before it may be missing.
	Gap bool
	// Corrupted reports whether parts of the sample itself may be missing.
	Corrupted bool
}

// Verdict is what to do with a sample.
type Verdict struct {
	// Key reports whether the sample can be decoded by itself.
	Key bool
	// Drop reports whether the sample cannot be decoded, since it, or one that it refers to, is
	// missing or damaged.
	Drop bool
	// Began reports whether a gap begins here, so a key frame is needed.
	Began bool
	// Warning is a format that some viewers cannot decode; "" except for the first sample in it.
	Warning string
	// Err is a *FormatError or a *ReorderedError: the stream must not be sent.
	Err error
}

// Check looks at the samples of one stream. Make it with New. It is not safe for concurrent use.
type Check struct {
	codec     catalogue.Codec
	parser    *bitstream.Parser
	format    bitstream.Format // the last that was judged
	samples   int              // so far, up to settled
	isRead    bool             // the parser has read a frame of the stream, so it knows the stream's syntax
	waiting   bool             // for a key frame
	reordered int              // frames
}

// New returns a check for a stream of a codec.
func New(c catalogue.Codec) *Check { return &Check{codec: c, parser: bitstream.NewParser(c)} }

// Format returns the format of the last sample; the zero value if it is not known.
func (c *Check) Format() bitstream.Format { return c.parser.Format() }

// Describe names the format of the last sample for people: codec, profile, chroma and depth.
func (c *Check) Describe() string { return Describe(c.codec, c.parser.Format()) }

// Fmtp returns the SDP parameters that announce the format of the last sample; "" for the codec's default.
func (c *Check) Fmtp() string { return Fmtp(c.codec, c.parser.Format()) }

// Look judges the next sample. It does not keep the data, and allocates memory only for a warning or an error.
func (c *Check) Look(s *Sample) (v Verdict) {
	frame, err := c.parser.Parse(s.Data)
	v.Key = frame.Key
	if err != nil && !c.isRead {
		v.Key = s.Key
	}
	isBroken := s.Corrupted || c.isRead && isDamage(err)
	isMarked := c.samples < settled && err == nil && frame.Reordered
	if isBroken || s.Gap && c.samples > 0 && !isMarked {
		v.Began = !c.waiting
		c.waiting = true
	}
	c.samples = min(c.samples+1, settled)
	if c.waiting && (isBroken || !v.Key) {
		v.Drop = true
		return v
	}
	c.waiting = false
	if err != nil {
		return v
	}
	c.isRead = true
	c.judge(&frame, &v)
	return v
}

// judge notes what a frame that was read means for the stream.
func (c *Check) judge(frame *bitstream.Frame, v *Verdict) {
	if f := c.parser.Format(); f != c.format {
		c.format = f
		v.Warning, v.Err = judge(c.codec, f)
	}
	if frame.Reordered {
		c.reordered++
	}
	if c.reordered > mostReordered && v.Err == nil {
		v.Err = &ReorderedError{c.codec}
	}
}

// isDamage reports whether a frame that the parser could not read is incomplete or wrong.
func isDamage(err error) bool {
	return err != nil && !errors.Is(err, bitstream.ErrNoFrame)
}
