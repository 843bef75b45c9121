// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package frames is the way of raw frames from a source to its consumers, by reference.
package frames

import (
	"time"

	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/inside"
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
	// FullRange reports whether only I420 converts the frame's colours correctly: those of full range in
	// BT.601, as JPEG has them. See gst.Caps.KeepRange.
	FullRange bool
	// Planar converts the frame for I420. It is the source's; nil if there is none.
	Planar *Planar
}

// Consumer receives a source's frames. The source calls Offer in the order of the frames; Offer
// must not block and must not call the source. It returns the number of unused frames that the new
// one replaced. An error means that the consumer has failed for good.
type Consumer interface {
	Offer(f Frame) (replaced int, err error)
}

// Source is a source of frames. Its methods are safe for concurrent use, but must not be called
// from within Offer.
type Source interface {
	// Attach starts to pass every new frame to the feed, until Detach.
	Attach(f *Feed)
	// Detach stops the feed. Once it returns, the feed receives no more frames. It is idempotent.
	Detach(f *Feed)
	// Repeat passes the last frame to an attached feed again, as of now, unless there is none or a
	// frame was captured less than quiet ago. A screen that has not been captured yet is black.
	// Repeat reports whether it passed a frame.
	Repeat(f *Feed, quiet time.Duration) bool
	// CaptureBuffer captures a frame that a pipeline produced, by reference: the source takes its
	// own references. captureNS is the buffer's running time in ns, or negative for now. The errors
	// are those of appsrc.VideoSource.CaptureFrame.
	CaptureBuffer(b gst.Buffer, caps *gst.Caps, captureNS int64) error
	// Unclaimed returns the number of new frames that were captured while no feed was attached.
	Unclaimed() uint64
}

// Of returns what is inside a source of package appsrc.
func Of(s interface{ Inside(k inside.Key) Source }) Source { return s.Inside(inside.Key{}) }

// Feed connects one consumer to a source. Its methods are safe for concurrent use, but must not be
// called from within Offer.
type Feed struct {
	source   Source
	consumer Consumer
}

// NewFeed returns a feed that is not attached yet.
func NewFeed(s Source, c Consumer) *Feed { return &Feed{source: s, consumer: c} }

// Attach starts to pass every new frame to the consumer, until Detach.
func (f *Feed) Attach() { f.source.Attach(f) }

// Detach stops the feed. Once it returns, the consumer receives no more frames. It is idempotent.
func (f *Feed) Detach() { f.source.Detach(f) }

// Repeat passes the last frame to the consumer again: see Source.
func (f *Feed) Repeat(quiet time.Duration) bool { return f.source.Repeat(f, quiet) }

// Offer passes a frame to the consumer. Only the source calls it.
func (f *Feed) Offer(frame Frame) (replaced int, err error) { return f.consumer.Offer(frame) }
