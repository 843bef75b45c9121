// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package appsrc

import (
	"slices"
	"time"

	"github.com/gstpublish/gstpublish/internal/frames"
	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/inside"
	"github.com/gstpublish/gstpublish/internal/video"
)

// door leads to what only this module uses of a VideoSource.
type door = inside.Door[frames.Source]

// behind is a VideoSource as the rest of this module sees it.
type behind VideoSource

// Attach implements frames.Source.
func (b *behind) Attach(f *frames.Feed) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.closed && !slices.Contains(b.feeds, f) {
		b.feeds = append(b.feeds, f)
	}
}

// Detach implements frames.Source.
func (b *behind) Detach(f *frames.Feed) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if i := slices.Index(b.feeds, f); i >= 0 {
		b.feeds = slices.Delete(b.feeds, i, i+1)
	}
}

// Repeat implements frames.Source.
func (b *behind) Repeat(f *frames.Feed, quiet time.Duration) bool {
	s := (*VideoSource)(b)
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.opts.now()
	if !slices.Contains(s.feeds, f) || !s.something() || now-s.captured < quiet {
		return false
	}
	frame := s.last
	frame.PTS, frame.Again = s.stamps.align.advance(now), true
	_, err := f.Offer(frame)
	return err == nil
}

// CaptureBuffer implements frames.Source.
func (b *behind) CaptureBuffer(buffer gst.Buffer, caps *gst.Caps, captureNS int64) error {
	s := (*VideoSource)(b)
	s.mu.Lock()
	defer s.mu.Unlock()
	timestampUS := int64(0)
	if captureNS >= 0 {
		timestampUS = captureNS/int64(time.Microsecond) + 1 // 0 would mean now
	}
	return s.captureBuffer(buffer, caps, timestampUS)
}

// captureBuffer captures a frame by reference. s.mu must be held.
func (s *VideoSource) captureBuffer(buffer gst.Buffer, caps *gst.Caps, timestampUS int64) error {
	if s.closed {
		return ErrClosed
	}
	now := s.opts.now()
	pts, err := s.stamps.place(timestampUS, now)
	if err != nil {
		return err
	}
	if s.showsBuffer(buffer, caps) {
		s.unchanged++
		return nil
	}
	return s.hand(frames.Frame{Buffer: buffer.Ref(), Caps: caps, PTS: pts}, now)
}

// Unclaimed implements frames.Source.
func (b *behind) Unclaimed() uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.unclaimed
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
func (s *VideoSource) black(width, height int) (frames.Frame, error) {
	if err := s.format.set(BufferI420, width, height, s.opts.FPS); err != nil {
		return frames.Frame{}, err
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
	return frames.Frame{Buffer: buffer, Caps: s.format.caps, PTS: s.stamps.align.advance(s.opts.now())}, err
}
