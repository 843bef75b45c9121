// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package appsrc

import (
	"slices"
	"time"

	"github.com/gstpublish/gstpublish/internal/gst"
)

// Frame is a picture on its way to an encoder, by reference. Whoever gets it
// takes references of its own to what it keeps.
type Frame struct {
	Buffer gst.Buffer
	Caps   *gst.Caps
	// PTS is when it is to be shown, on the source's monotonic clock; each
	// frame's is at least 1 ms after the one before.
	PTS time.Duration
	// Captured is when it was captured, on the same clock.
	Captured time.Duration
	// Again says that it was handed on before: PTS is after Captured.
	Again bool

	i420 *i420 // of the source
}

// Consumer takes a source's frames. Offer is called in the order of the
// frames, must not block and must not call the source. It returns how many
// frames that it had not used yet the new one replaced; an error means that
// the consumer has failed for good.
type Consumer interface {
	Offer(f Frame) (replaced int, err error)
}

// Feed is what one consumer gets of a source. All methods may be called at the
// same time, but not from within Offer.
type Feed struct {
	src      *VideoSource
	consumer Consumer
}

// NewFeed makes one that gives nothing yet.
func NewFeed(src *VideoSource, c Consumer) *Feed { return &Feed{src: src, consumer: c} }

// Attach gives the consumer every frame from now on, until Detach.
func (f *Feed) Attach() {
	s := f.src
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed && !slices.Contains(s.feeds, f) {
		s.feeds = append(s.feeds, f)
	}
}

// Detach ends that. When it returns, the consumer gets no more frames. It is
// idempotent.
func (f *Feed) Detach() {
	s := f.src
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.Index(s.feeds, f); i >= 0 {
		s.feeds = slices.Delete(s.feeds, i, i+1)
	}
}

// Repeat gives the consumer the last frame once more, as of now, unless a frame
// was captured less than quiet ago, or there is none. A screen that hasn't been
// captured yet is black. It tells whether it did.
func (f *Feed) Repeat(quiet time.Duration) bool {
	s := f.src
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.opts.now()
	if !slices.Contains(s.feeds, f) || !s.something() || now-s.captured < quiet {
		return false
	}
	frame := s.last
	frame.PTS, frame.Again = s.align.advance(now), true
	_, err := f.consumer.Offer(frame)
	return err == nil
}

// What a screen is taken for that hasn't said its size.
const unknownWidth, unknownHeight = 1280, 720

// something tells whether there is a frame that can be shown; for a screen there
// is. LiveKit's server gives up on a track that stays empty for 30 seconds
// (pkg/rtc/supervisor/publication_monitor.go).
func (s *VideoSource) something() bool {
	if s.last.Buffer.Valid() || !s.opts.IsScreencast {
		return s.last.Buffer.Valid()
	}
	width, height := s.width, s.height
	if width == 0 {
		width, height = unknownWidth, unknownHeight
	}
	black, err := s.black(width, height)
	if err != nil {
		s.log.Warn("can't send a black first frame", "err", err)
		return false
	}
	s.keep(black)
	return true
}

// black makes a black picture. Y is 16 and the chroma 128 in BT.601's range.
func (s *VideoSource) black(width, height int) (Frame, error) {
	if err := s.format.set(BufferI420, width, height, s.opts.FPS); err != nil {
		return Frame{}, err
	}
	buffer, err := s.format.pool.Acquire(func(data []byte) {
		chroma := s.format.layout.Planes[1].Offset
		for i := range data {
			data[i] = 128
			if i < chroma {
				data[i] = 16
			}
		}
	})
	return Frame{Buffer: buffer, Caps: s.format.caps, PTS: s.align.advance(s.opts.now())}, err
}
