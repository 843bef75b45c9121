// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package bitstream reads the headers of samples: whether a sample is a key frame, whether it is shown, its quantizer
// and its size. It reads headers up to the quantizer and nothing behind it, and allocates nothing per frame.
//
// Comments name sections of the standards: RFC 6386 (VP8), the VP9 bitstream specification 0.6, the AV1 bitstream
// specification with errata 1, ITU-T H.264 and ITU-T H.265.
package bitstream

import (
	"errors"
	"fmt"

	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// The errors that Parse wraps.
var (
	// ErrTruncated says that the data ends within a header.
	ErrTruncated = errors.New("unexpected end of data")
	// ErrInvalid says that a header breaks the standard.
	ErrInvalid = errors.New("invalid header")
	// ErrMissing says that the frame needs a parameter set, a sequence header or a reference frame that the parser has
	// not seen.
	ErrMissing = errors.New("refers to data that has not been seen")
	// ErrNoFrame says that the data has no frame.
	ErrNoFrame = errors.New("no frame in the data")
)

// Frame describes a sample, as its headers do.
type Frame struct {
	// Key reports whether it is a key frame: in H.264 an IDR picture, in H.265 an IRAP picture. If a buffer has several
	// frames (VP9's superframes, AV1's temporal units), Key is that of the first.
	Key bool
	// Shown reports whether decoders show the frame. Otherwise it serves as a reference only.
	Shown bool
	// Quantizer is on the codec's own scale, where 0 is the finest: 0 to 127 for
	// VP8 (y_ac_qi), 0 to 255 for VP9 and AV1 (base_q_idx), 0 to 51 for H.264 and
	// H.265 (SliceQpY, the largest of all slices; values below zero, which streams of more than 8 bits have, count as
	// 0). Blocks and segments may differ from it.
	//
	// It is -1 if it could not be read, and for a frame that is shown again and that the parser has not seen.
	Quantizer int
	// Width and Height are the size in px after cropping, whether the frame itself has it or refers to earlier data.
	// They are 0 if the parser has not seen that data.
	Width, Height int
	// Reordered reports whether it is shown before a frame that came earlier, as B-frames are: H.264
	// and H.265 alone have such frames.
	Reordered bool
}

// unread is a frame that has not been read.
func unread() Frame { return Frame{Quantizer: -1} }

// Parser reads the frames of one stream in order. It remembers what later frames refer to: parameter sets, sequence
// headers, the sizes of reference frames. It is not safe for concurrent use.
type Parser struct {
	codec  catalogue.Codec
	frames frameParser
}

// frameParser is the part of a Parser that depends on the codec.
type frameParser interface {
	parse(data []byte) (Frame, error)
	// format is that of the last frame.
	format() Format
}

// NewParser returns a Parser for a stream of a codec.
func NewParser(c catalogue.Codec) *Parser {
	p := &Parser{codec: c}
	switch c {
	case catalogue.VP8:
		p.frames = &vp8Parser{}
	case catalogue.VP9:
		p.frames = &vp9Parser{}
	case catalogue.AV1:
		p.frames = &av1Parser{}
	case catalogue.H264:
		p.frames = &h264Parser{}
	case catalogue.H265:
		p.frames = &h265Parser{}
	}
	return p
}

// Parse reads one buffer of the stream, in the form of the codec's StreamCaps: a frame of VP8, a
// frame or superframe of VP9, a temporal unit of AV1 whose OBUs have size fields, an access unit of
// H.264 or H.265 with start codes. For several frames in one buffer it describes the last that is
// shown, or the last if none is.
//
// Parse does not keep the data. With an error the frame has its flags, as far as they were read,
// and neither size nor quantizer; the parser can continue with the next buffer.
func (p *Parser) Parse(data []byte) (Frame, error) {
	if p.frames == nil {
		return unread(), fmt.Errorf("bitstream: no parser for %s", p.codec)
	}
	f, err := p.frames.parse(data)
	if err != nil {
		f = Frame{Key: f.Key, Shown: f.Shown, Quantizer: -1}
		return f, fmt.Errorf("bitstream: reading %d bytes of %s: %w", len(data), p.codec, err)
	}
	return f, nil
}

// lastShown selects the frame that describes a buffer, from its frames in order.
type lastShown struct {
	frame Frame
	any   bool
}

func (l *lastShown) add(f Frame) {
	key := f.Key
	if l.any {
		key = l.frame.Key
	}
	if !l.any || f.Shown || !l.frame.Shown {
		l.frame = f
	}
	l.any, l.frame.Key = true, key
}

// failed returns the frame that accompanies an error.
func (l *lastShown) failed(err error) (Frame, error) {
	if !l.any {
		return unread(), err
	}
	return l.frame, err
}

// end returns the selected frame at the end of the buffer.
func (l *lastShown) end() (Frame, error) {
	if !l.any {
		return unread(), ErrNoFrame
	}
	return l.frame, nil
}
