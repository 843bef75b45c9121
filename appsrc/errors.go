// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package appsrc

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// Errors of this package, for use with errors.Is.
var (
	// ErrClosed is returned for a frame captured after Close.
	ErrClosed = errors.New("appsrc: the source is closed")
	// ErrNil means that a frame or an image is nil.
	ErrNil = errors.New("appsrc: the frame or image is nil")
	// ErrFormat means that a buffer type does not exist.
	ErrFormat = errors.New("appsrc: unknown buffer type")
	// ErrSize means that a width or height is not between 1 and [MaxDimension].
	ErrSize = errors.New("appsrc: bad frame size")
	// ErrPlanes means that a frame has more or fewer planes than its type.
	ErrPlanes = errors.New("appsrc: wrong number of planes")
	// ErrStride means that a plane's stride is too short for a row.
	ErrStride = errors.New("appsrc: bad stride")
	// ErrLength means that a frame or a plane has too few or too many bytes.
	ErrLength = errors.New("appsrc: wrong data length")
	// ErrRotation means that a rotation is not one of the four.
	ErrRotation = errors.New("appsrc: unknown rotation")
	// ErrTimestamp matches a [*TimestampError].
	ErrTimestamp = errors.New("appsrc: timestamp before that of the previous frame")
)

// FrameError describes what is wrong with a frame. It matches the sentinel in Err: [ErrFormat],
// [ErrSize], [ErrPlanes], [ErrStride] or [ErrLength].
type FrameError struct {
	// Type, Width (px) and Height (px) are the frame's own.
	Type          BufferType
	Width, Height int
	// Plane is the index of the plane, or -1 for the whole frame.
	Plane int
	// Want and Got are in bytes for ErrStride and ErrLength, in planes for ErrPlanes, and in pixels
	// for ErrSize (Want is the maximum).
	Want, Got int
	// Err is the sentinel.
	Err error
}

func frameError(typ BufferType, width, height int, sentinel error, want, got int) error {
	return planeError(typ, width, height, -1, sentinel, want, got)
}

func planeError(typ BufferType, width, height, plane int, sentinel error, want, got int) error {
	return &FrameError{
		Type: typ, Width: width, Height: height, Plane: plane, Want: want, Got: got, Err: sentinel,
	}
}

func (e *FrameError) Error() string {
	if errors.Is(e.Err, ErrFormat) {
		return fmt.Sprintf("%v %d, want 0 to %d", ErrFormat, int(e.Type), len(formats)-1)
	}
	return fmt.Sprintf("appsrc: %v frame of %dx%d: %s", e.Type, e.Width, e.Height, e.problem())
}

func (e *FrameError) problem() string {
	switch {
	case errors.Is(e.Err, ErrSize):
		return fmt.Sprintf("width and height must be between 1 and %d", e.Want)
	case errors.Is(e.Err, ErrPlanes):
		return fmt.Sprintf("has %d planes, want %d", e.Got, e.Want)
	case errors.Is(e.Err, ErrStride):
		return fmt.Sprintf("%s has a stride of %d bytes, want %s", e.part(), e.Got, e.wantStride())
	case errors.Is(e.Err, ErrLength) && e.Plane < 0: // Packed data: too many bytes are wrong as well.
		return fmt.Sprintf("%s has %d bytes, want %d", e.part(), e.Got, e.Want)
	case errors.Is(e.Err, ErrLength):
		return fmt.Sprintf("%s has %d bytes, want at least %d", e.part(), e.Got, e.Want)
	default:
		return fmt.Sprint(e.Err)
	}
}

func (e *FrameError) wantStride() string {
	f := e.Type.format()
	switch {
	case e.Got > math.MaxInt32:
		return fmt.Sprintf("at most %d", e.Want)
	case f != nil && e.Got > e.Want:
		return fmt.Sprintf("a multiple of the sample size, %d bytes", f.sample)
	default:
		return fmt.Sprintf("at least %d", e.Want)
	}
}

// part names the part of the frame.
func (e *FrameError) part() string {
	f := e.Type.format()
	if f == nil || e.Plane < 0 || e.Plane >= f.count {
		return "data"
	}
	return fmt.Sprintf("plane %d (%s)", e.Plane, f.planes[e.Plane].name)
}

// Unwrap returns the sentinel.
func (e *FrameError) Unwrap() error { return e.Err }

// TimestampError means that a frame was rejected because its timestamp is before that of the
// previous frame. A later frame that continues the rejected timestamp is taken: then the clock was
// set. It matches [ErrTimestamp].
type TimestampError struct {
	// TimestampUS is the rejected timestamp and LastUS the previous one, both in microseconds on
	// the caller's clock.
	TimestampUS, LastUS int64
}

func (e *TimestampError) Error() string {
	// The difference of any two int64 in order fits a uint64.
	back := uint64(e.LastUS) - uint64(e.TimestampUS)
	by := fmt.Sprintf("%d µs", back)
	if back <= math.MaxInt64/uint64(time.Microsecond) {
		by = (time.Duration(back) * time.Microsecond).String()
	}
	return fmt.Sprintf("appsrc: timestamp %d µs is %s before that of the previous frame, %d µs"+
		" (after a clock reset, capture one frame with timestamp 0)", e.TimestampUS, by, e.LastUS)
}

// Is reports whether target is [ErrTimestamp].
func (e *TimestampError) Is(target error) bool { return target == ErrTimestamp }

// PipelineError means that the pipeline behind the source has failed, so the source takes no more
// frames.
type PipelineError struct {
	// Err is the failure: the element and GStreamer's own text.
	Err error
}

func (e *PipelineError) Error() string {
	return fmt.Sprintf("appsrc: the source's pipeline failed: %v", e.Err)
}

// Unwrap returns the failure of the pipeline.
func (e *PipelineError) Unwrap() error { return e.Err }
