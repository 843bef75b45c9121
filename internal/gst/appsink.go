// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package gst

// #include "shim.h"
import "C"

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"
	"unsafe"

	"github.com/gstpublish/gstpublish/internal/gst/screenenc"
	"github.com/gstpublish/gstpublish/internal/gst/upstream"
)

// AppSink takes buffers out of a pipeline. One goroutine at a time may pull;
// ForceKeyFrame may be called from any.
type AppSink struct {
	e     *Element
	ready *os.File   // has a byte when it may be worth to look
	tell  *os.File   // its other end
	heard [64]byte   // what was read of it
	pull  C.ShimPull // reused, so that a pull allocates nothing
	caps  *Caps      // of the last buffer
	begun bool       // there was a buffer
}

// Sample is one coded buffer. Data is valid until the next pull.
type Sample struct {
	Data       []byte
	PTS        int64 // ns of running time; -1 if the buffer had none
	Duration   int64 // ns; -1 if the buffer had none
	Key        bool  // can be decoded without what came before
	CapsChange bool  // Caps() differs from the sample before
	Gap        bool  // buffers before it may be missing; always true for the first
	Corrupted  bool  // parts of it may be missing
	// SampleInfo is what one of our own encoders says of it; N is 0 where another made it.
	Info SampleInfo
}

// SampleInfo is what our own encoders say of a frame.
type SampleInfo = screenenc.SampleInfo

// RawSample is one raw buffer by reference; the caller calls Buffer.Unref.
type RawSample struct {
	Buffer     Buffer
	PTS        int64 // ns of running time; -1 if the buffer had none
	CapsChange bool
}

// NewAppSink takes over an appsink element: not synchronised to a clock,
// without preroll, keeping no buffer behind, blocking upstream at queued
// buffers. The element is released by Close, or here where there is an error.
func NewAppSink(e *Element, queued int) (*AppSink, error) {
	props := [][2]string{
		{"sync", "false"},
		{"async", "false"},
		{"qos", "false"},
		{"enable-last-sample", "false"},
		{"emit-signals", "false"},
		{"drop", "false"},
		{"max-buffers", fmt.Sprint(queued)},
	}
	for _, p := range props {
		if err := e.Set(p[0], p[1]); err != nil {
			err = fmt.Errorf("gst: setting up %s: %w", e.Name(), err)
			e.Release()
			return nil, err
		}
	}
	s := &AppSink{e: e}
	if err := s.listen(); err != nil {
		s.Close()
		return nil, fmt.Errorf("gst: setting up %s: %w", e.Name(), err)
	}
	return s, nil
}

// listen makes the pipe that tells of buffers: waiting in C would hold a thread,
// and keep Go's scheduler awake to watch it.
func (s *AppSink) listen() (err error) {
	if s.ready, s.tell, err = os.Pipe(); err != nil {
		return err
	}
	done := false
	err = withFD(s.ready, func(read uintptr) error {
		return withFD(s.tell, func(write uintptr) error {
			done = C.shim_sink_notify(s.e.ptr, C.int(read), C.int(write)) != 0
			return nil
		})
	})
	if err == nil && !done {
		err = errors.New("no file descriptor is left")
	}
	return err
}

// withFD calls f with a file's descriptor, which stays as it is: non-blocking.
func withFD(file *os.File, f func(fd uintptr) error) error {
	conn, err := file.SyscallConn()
	if err != nil {
		return err
	}
	return errors.Join(conn.Control(func(fd uintptr) { err = f(fd) }), err)
}

// Wake makes a pull that waits look again. It is safe for concurrent use.
func (s *AppSink) Wake() {
	_, _ = s.tell.Write([]byte{0}) // A full or closed pipe is word enough.
}

// Name is the element's name.
func (s *AppSink) Name() string { return s.e.Name() }

// Caps is what the last buffer held; nil before the first.
func (s *AppSink) Caps() *Caps { return s.caps }

// Pull waits for a coded buffer and appends its bytes to dst[:0]. The error is
// io.EOF at the end of the stream or when the pipeline is stopped, and
// ErrTimeout when nothing came.
func (s *AppSink) Pull(timeout time.Duration, dst []byte) (Sample, error) {
	if err := s.next(timeout, 1); err != nil {
		return Sample{}, err
	}
	defer C.shim_pull_done(&s.pull)
	m := &s.pull._map
	info, _ := screenenc.SampleInfoOf(unsafe.Pointer(s.pull.buffer))
	return Sample{
		Data:       append(dst[:0], unsafe.Slice((*byte)(unsafe.Pointer(m.data)), int(m.size))...),
		PTS:        clockTime(s.pull.pts),
		Duration:   clockTime(s.pull.duration),
		Key:        s.pull.key != 0,
		CapsChange: s.noteCaps(),
		Gap:        s.pull.gap != 0,
		Corrupted:  s.pull.corrupted != 0,
		Info:       info,
	}, nil
}

// PullRaw waits for a raw buffer and returns it by reference. Errors as Pull.
func (s *AppSink) PullRaw(timeout time.Duration) (RawSample, error) {
	if err := s.next(timeout, 0); err != nil {
		return RawSample{}, err
	}
	defer C.shim_pull_done(&s.pull)
	return RawSample{
		Buffer:     Buffer{ptr: C.gst_buffer_ref(s.pull.buffer)},
		PTS:        clockTime(s.pull.pts),
		CapsChange: s.noteCaps(),
	}, nil
}

func (s *AppSink) next(timeout time.Duration, mapped C.gboolean) error {
	deadline := time.Now().Add(timeout)
	if err := s.ready.SetReadDeadline(deadline); err != nil {
		return fmt.Errorf("gst: waiting for a buffer: %w", err)
	}
	for {
		switch C.shim_sink_pull(s.e.ptr, mapped, &s.pull) {
		case C.SHIM_PULL_OK:
			if !s.begun {
				s.begun = true
				C.shim_sink_drop_preroll(s.e.ptr)
			}
			return nil
		case C.SHIM_PULL_EOS:
			return io.EOF
		case C.SHIM_PULL_NONE:
		default:
			return errors.New("gst: a buffer could not be read")
		}
		if _, err := s.ready.Read(s.heard[:]); errors.Is(err, os.ErrDeadlineExceeded) {
			return ErrTimeout
		} else if err != nil {
			return fmt.Errorf("gst: waiting for a buffer: %w", err)
		}
	}
}

// noteCaps keeps the caps of the pulled sample and reports whether they are new.
func (s *AppSink) noteCaps() bool {
	if s.pull.caps == nil {
		return false
	}
	if s.caps != nil && (s.caps.ptr == s.pull.caps || C.gst_caps_is_equal(s.caps.ptr, s.pull.caps) != 0) {
		return false
	}
	s.caps.Unref()
	s.caps = &Caps{ptr: C.gst_caps_ref(s.pull.caps)}
	return true
}

// ForceKeyFrame requests a key frame, with its headers, from the encoder upstream. It applies to the
// next frame. It reports whether an element took the request.
func (s *AppSink) ForceKeyFrame() bool { return C.shim_force_key_frame(s.e.ptr) != 0 }

// Watch begins to observe the elements that feed the appsink.
func (s *AppSink) Watch() *upstream.Watch { return upstream.NewWatch(unsafe.Pointer(s.e.ptr)) }

// Pace makes buffers come at the time of their PTS, by the pipeline's clock.
func (s *AppSink) Pace() error { return s.e.Set("sync", "true") }

// Discard throws away what waits and what comes, so that nothing upstream
// waits for a pull any more. It is safe for concurrent use.
func (s *AppSink) Discard() error {
	return errors.Join(s.e.Set("drop", "true"), s.e.Set("wait-on-eos", "false"))
}

// Close releases the element. Nothing may pull any more.
func (s *AppSink) Close() {
	s.caps.Unref()
	s.caps = nil
	s.e.Release()
	for _, f := range []*os.File{s.ready, s.tell} {
		if f != nil {
			_ = f.Close() // A pipe has nothing to lose.
		}
	}
}

func clockTime(t C.GstClockTime) int64 {
	if t == C.GST_CLOCK_TIME_NONE {
		return -1
	}
	return int64(t)
}
