// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package appsrc

import (
	"slices"
	"time"

	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/video"
)

// Frame is a frame on its way to an encoder, by reference. A consumer takes its own reference to
// anything it keeps.
type Frame struct {
	Buffer gst.Buffer
	Caps   *gst.Caps
	// PTS is when to show the frame, on the source's monotonic clock. It is at least 1 ms after
	// that of the previous frame.
	PTS time.Duration
	// Captured is when it was captured, on the same clock.
	Captured time.Duration
	// Again reports whether this is a repeat: then PTS is after Captured.
	Again bool

	i420 *i420 // the source's
}

// Consumer receives a source's frames. The source calls Offer in the order of the frames; Offer
// must not block and must not call the source. It returns the number of unused frames that the new
// one replaced. An error means that the consumer has failed for good.
type Consumer interface {
	Offer(f Frame) (replaced int, err error)
}

// Feed connects one consumer to a source. Its methods are safe for concurrent use, but must not be
// called from within Offer.
type Feed struct {
	src      *VideoSource
	consumer Consumer
}

// NewFeed returns a feed that is not attached yet.
func NewFeed(src *VideoSource, c Consumer) *Feed { return &Feed{src: src, consumer: c} }

// Attach starts to pass every new frame to the consumer, until Detach.
func (f *Feed) Attach() {
	s := f.src
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed && !slices.Contains(s.feeds, f) {
		s.feeds = append(s.feeds, f)
	}
}

// Detach stops the feed. Once it returns, the consumer receives no more frames. It is idempotent.
func (f *Feed) Detach() {
	s := f.src
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.Index(s.feeds, f); i >= 0 {
		s.feeds = slices.Delete(s.feeds, i, i+1)
	}
}

// Repeat passes the last frame to the consumer again, as of now, unless there is none or a frame
// was captured less than quiet ago. A screen that has not been captured yet is black. Repeat
// reports whether it passed a frame.
func (f *Feed) Repeat(quiet time.Duration) bool {
	s := f.src
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.opts.now()
	if !slices.Contains(s.feeds, f) || !s.something() || now-s.captured < quiet {
		return false
	}
	frame := s.last
	frame.PTS, frame.Again = s.stamps.align.advance(now), true
	_, err := f.consumer.Offer(frame)
	return err == nil
}

// something reports whether there is a frame to repeat. For a screen there always is: LiveKit's
// server gives up on a track that stays empty for 30 seconds
// (pkg/rtc/supervisor/publication_monitor.go).
func (s *VideoSource) something() bool {
	if s.last.Buffer.Valid() || !s.opts.IsScreencast {
		return s.last.Buffer.Valid()
	}
	width, height := s.width, s.height
	if width == 0 {
		width, height = video.DefaultWidth, video.DefaultHeight
	}
	black, err := s.black(width, height)
	if err != nil {
		s.log.Warn("can't send a black first frame", "err", err)
		return false
	}
	s.keep(black)
	return true
}

// black returns a black frame. Y is 16 and the chroma 128 in BT.601's range.
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
	return Frame{Buffer: buffer, Caps: s.format.caps, PTS: s.stamps.align.advance(s.opts.now())}, err
}
