// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package appsrc

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/gstpublish/gstpublish/internal/frames"
	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/inside"
	"github.com/gstpublish/gstpublish/internal/video"
)

// Options configures a VideoSource. The zero value works.
type Options struct {
	// IsScreencast marks the source as a screen: it is published as a screen share, with the
	// encoder's settings for screen content, and a frame with the same pixels as the last one is
	// dropped. The default is a camera.
	IsScreencast bool
	// FPS is the nominal frame rate, in frames a second. Frames may come at any rate. The default
	// is 30.
	FPS int
	// Logger receives messages that are not errors. The default discards them.
	Logger *slog.Logger

	// now is a monotonic clock; tests replace it.
	now func() time.Duration
}

// CaptureOptions applies to one frame. The zero value works.
type CaptureOptions struct {
	// TimestampUS is when the frame was captured, in microseconds of any clock that moves forward.
	// 0, the default, means now. If the clock is set back, one frame is refused with a
	// *TimestampError, and the next one is taken.
	TimestampUS int64
	// Rotation is how far the frame must be turned clockwise to be upright. The default is not at
	// all.
	Rotation Rotation
}

// VideoSource takes frames from a program and passes them to its consumers. Its methods are safe
// for concurrent use; frames are ordered by their calls. Close must be called.
type VideoSource struct {
	door

	width, height int
	opts          Options
	log           *slog.Logger

	mu        sync.Mutex // protects the following fields
	closed    bool
	stamps    timestamps
	format    sourceFormat
	foreign   *gst.Caps     // of the last sample; nil without any
	last      frames.Frame  // kept, to be repeated
	i420      frames.Planar // of the last frame
	changes   *gst.Changes  // of frames like the last one; nil for a camera
	compared  bool          // they say what the frame in hand has changed
	captured  time.Duration // when the last frame arrived
	feeds     []*frames.Feed
	dropped   uint64
	unchanged uint64
	unclaimed uint64 // new frames without a feed
}

// NewVideoSource returns a source of frames of the given size in px. That size is announced when
// the source is published; frames may have any size at any time. If both are 0, the size of the
// first frame is announced. If opts is nil, the defaults are used.
func NewVideoSource(width, height int, opts *Options) (*VideoSource, error) {
	var o Options
	if opts != nil {
		o = *opts
	}
	if o.FPS == 0 {
		o.FPS = video.DefaultFPS
	}
	if width < 0 || height < 0 || width > MaxDimension || height > MaxDimension || (width == 0) != (height == 0) {
		return nil, fmt.Errorf("%w: width and height must be between 1 and %d, or both 0, got %dx%d",
			ErrSize, MaxDimension, width, height)
	}
	if o.FPS < 1 || o.FPS > video.MaxFPS {
		return nil, fmt.Errorf("appsrc: FPS must be between 1 and %d, got %d", video.MaxFPS, o.FPS)
	}
	if o.now == nil {
		start := time.Now()
		o.now = func() time.Duration { return time.Since(start) }
	}
	log := o.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	gst.Init()
	s := &VideoSource{width: width, height: height, opts: o, log: log, stamps: timestamps{log: log}}
	s.door = inside.New[frames.Source]((*behind)(s))
	return s, nil
}

// Size returns the size in px of the last frame, or before the first frame the announced size. Both
// are 0 if neither is known yet.
func (s *VideoSource) Size() (width, height int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last.Buffer.Valid() {
		return s.last.Caps.Size()
	}
	return s.width, s.height
}

// IsScreencast reports whether the source is a screen.
func (s *VideoSource) IsScreencast() bool { return s.opts.IsScreencast }

// FPS returns the nominal frame rate, in frames a second.
func (s *VideoSource) FPS() int { return s.opts.FPS }

// CaptureFrame passes one frame to the source. It never waits for an encoder. Once it returns, the
// caller may reuse the frame's memory, unless Release is set.
//
// While an encoder is busy, one frame waits for it, and a newer frame replaces that one. This is not
// an error: Dropped counts such frames.
//
// The error is a [*FrameError], [ErrRotation] or a [*TimestampError] if the frame was rejected; a
// [*PipelineError] if a consumer has failed; or [ErrClosed].
func (s *VideoSource) CaptureFrame(frame *VideoFrame, opts *CaptureOptions) error {
	var o CaptureOptions
	if opts != nil {
		o = *opts
	}
	wrapped, err := s.capture(frame, o)
	if !wrapped && frame != nil && frame.Release != nil {
		frame.Release()
	}
	return err
}

// capture reports whether it took the frame's memory by reference, so that the buffer calls
// Release.
func (s *VideoSource) capture(frame *VideoFrame, o CaptureOptions) (wrapped bool, err error) {
	if err = errors.Join(frame.Validate(), o.Rotation.check()); err != nil {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false, ErrClosed
	}
	now := s.opts.now()
	pts, err := s.stamps.place(o.TimestampUS, now)
	if err != nil {
		return false, err
	}
	if o.Rotation == Rotation0 && s.shows(frame) {
		s.unchanged++
		return false, nil
	}
	buffer, wrapped, err := s.buffer(frame, o.Rotation)
	if err != nil {
		return false, err
	}
	if o.Rotation != Rotation0 && s.showsBuffer(buffer, s.format.caps) {
		s.unchanged++
		buffer.Unref()
		return false, nil
	}
	return wrapped, s.hand(frames.Frame{Buffer: buffer, Caps: s.format.caps, PTS: pts}, now)
}

// hand passes a frame to the consumers and keeps it as the last one. It takes over the buffer's
// reference.
func (s *VideoSource) hand(f frames.Frame, now time.Duration) error {
	f.Buffer = s.keep(f)
	s.captured = now
	if len(s.feeds) == 0 {
		s.unclaimed++
	}
	replaced, err := s.offer(f)
	if err != nil {
		return err
	}
	s.dropped += uint64(replaced)
	return nil
}

// keep keeps a frame as the last one, and returns its buffer, which then refers to what changed.
func (s *VideoSource) keep(f frames.Frame) gst.Buffer {
	s.last.Buffer.Unref()
	s.i420.Forget()
	if s.last.Caps == nil || !s.last.Caps.Equal(f.Caps) {
		s.last.Caps.Unref()
		s.last.Caps = f.Caps.Ref()
		s.last.FullRange = f.Caps.KeepRange()
		s.i420.Close()
		s.compared = false
	}
	if s.opts.IsScreencast {
		if !s.compared {
			s.changes.Close()
			s.changes = gst.NewChanges(f.Caps)
		}
		f.Buffer = s.changes.Attach(f.Buffer)
	}
	s.last.Buffer, s.last.PTS, s.last.Captured, s.last.Planar = f.Buffer, f.PTS, f.PTS, &s.i420
	return f.Buffer
}

func (s *VideoSource) offer(f frames.Frame) (replaced int, err error) {
	f.Captured, f.Planar, f.FullRange = f.PTS, &s.i420, s.last.FullRange
	for _, feed := range s.feeds {
		n, failure := feed.Offer(f)
		replaced = max(replaced, n)
		if failure != nil && err == nil {
			err = &PipelineError{Err: failure}
		}
	}
	return replaced, err
}

// Unchanged returns how many frames of a screen were dropped because they were the same as the last
// one.
func (s *VideoSource) Unchanged() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.unchanged
}

// Dropped returns how many frames were replaced by a newer one while an encoder was busy.
// Statistics of a publication count the same for each encoder.
func (s *VideoSource) Dropped() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dropped
}

// Close releases the source's memory, except for frames that an encoder still uses, which it
// releases later. Captures that are waiting or come later return ErrClosed. A publication of the
// source stays published until it is closed too. Close is idempotent and returns nil.
func (s *VideoSource) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.feeds = nil
	s.last.Buffer.Unref()
	s.last.Caps.Unref()
	s.last = frames.Frame{}
	s.i420.Close()
	s.changes.Close()
	s.changes = nil
	s.format.close()
	s.foreign.Unref()
	s.foreign = nil
	return nil
}
