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
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/gstpublish/gstpublish/internal/gst/normalize"
	"github.com/gstpublish/gstpublish/internal/gst/screenenc"
	"github.com/gstpublish/gstpublish/internal/gst/upstream"
)

// AppSink takes buffers out of a pipeline. Only one goroutine at a time may pull; ForceKeyFrame is
// safe for concurrent use.
type AppSink struct {
	e     *Element
	pipe  *C.ShimPipe // the element's
	ready *os.File    // readable when a buffer may be available
	tell  *os.File    // its other end
	heard [64]byte    // what was read from ready
	pull  C.ShimPull  // reused, so that a pull allocates nothing
	caps  *Caps       // of the last buffer, as its pixels are seen
	whole *Caps       // of the last buffer that shows only a part of itself, nil for others
	part  C.ShimRect  // that it shows
	begun atomic.Bool // there was a buffer
}

// Sample is one encoded buffer. Data is valid until the next pull.
type Sample struct {
	Data       []byte
	PTS        int64 // ns of running time; the DTS if the buffer had no PTS, -1 if it had neither
	DecodeOnly bool  // PTS is not a PTS, but a DTS or missing
	Duration   int64 // ns; -1 if the buffer had none
	Key        bool  // can be decoded without earlier samples
	CapsChange bool  // whether Caps() differs from that of the previous sample
	Gap        bool  // buffers before it may be missing; always true for the first
	Corrupted  bool  // parts of it may be missing
	// Info is what one of our own encoders reports about the sample; N is 0 for other encoders.
	Info SampleInfo
}

// SampleInfo is what our own encoders report about a sample.
type SampleInfo = screenenc.SampleInfo

// RawSample is a reference to one raw buffer. The caller must call Buffer.Unref.
type RawSample struct {
	Buffer     Buffer
	PTS        int64 // ns of running time; the DTS if the buffer had no PTS, -1 if it had neither
	DecodeOnly bool  // PTS is not a PTS, but a DTS or missing
	CapsChange bool
}

// NewAppSink takes ownership of an appsink element. It configures the element without clock
// synchronization and preroll, to keep no last buffer, and to block upstream at queued buffers.
// Close releases the element; if there is an error, NewAppSink does.
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

// listen creates the pipe that announces buffers. Waiting in C would occupy a thread, and keep Go's
// scheduler awake to watch it.
func (s *AppSink) listen() (err error) {
	if s.ready, s.tell, err = os.Pipe(); err != nil {
		return err
	}
	err = withFD(s.ready, func(read uintptr) error {
		return withFD(s.tell, func(write uintptr) error {
			s.pipe = C.shim_sink_notify(s.e.ptr, C.int(read), C.int(write))
			return nil
		})
	})
	if err == nil && s.pipe == nil {
		err = errors.New("no file descriptor is left")
	}
	return err
}

// withFD calls f with a file's descriptor, without making it blocking.
func withFD(file *os.File, f func(fd uintptr) error) error {
	conn, err := file.SyscallConn()
	if err != nil {
		return err
	}
	return errors.Join(conn.Control(func(fd uintptr) { err = f(fd) }), err)
}

// Wake makes a waiting pull check again. It is safe for concurrent use.
func (s *AppSink) Wake() {
	_, _ = s.tell.Write([]byte{0}) // If the pipe is full or closed, the pull wakes anyway.
}

// Name returns the element's name.
func (s *AppSink) Name() string { return s.e.Name() }

// Caps returns the caps of the last buffer, or nil before the first.
func (s *AppSink) Caps() *Caps { return s.caps }

// Pull waits for a sample and appends its bytes to dst[:0]. The error is io.EOF at the end of the
// stream or when the pipeline is stopped, and ErrTimeout if no sample arrived in time.
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
		DecodeOnly: s.pull.decode_only != 0,
		Duration:   clockTime(s.pull.duration),
		Key:        s.pull.key != 0,
		CapsChange: s.noteCaps(),
		Gap:        s.pull.gap != 0,
		Corrupted:  s.pull.corrupted != 0,
		Info:       info,
	}, nil
}

// PullRaw waits for a raw buffer and returns a reference to it. Its errors are those of Pull.
func (s *AppSink) PullRaw(timeout time.Duration) (RawSample, error) {
	if err := s.next(timeout, 0); err != nil {
		return RawSample{}, err
	}
	defer C.shim_pull_done(&s.pull)
	r := RawSample{PTS: clockTime(s.pull.pts), DecodeOnly: s.pull.decode_only != 0}
	if s.pull.caps != nil && C.shim_buffer_visible(s.pull.buffer, s.pull.caps, &s.pull.part) != 0 {
		r.Buffer = Buffer{ptr: C.shim_buffer_crop(s.pull.buffer, s.pull.caps, s.pull.part)}
		r.CapsChange = s.noteCrop()
		return r, nil
	}
	r.Buffer, r.CapsChange = Buffer{ptr: C.gst_buffer_ref(s.pull.buffer)}, s.noteCaps()
	return r, nil
}

// noteCrop is noteCaps for a frame of which only a part is shown, as those of windows from PipeWire.
func (s *AppSink) noteCrop() bool {
	part := s.pull.part
	if s.whole != nil && s.part == part &&
		(s.whole.ptr == s.pull.caps || C.gst_caps_is_equal(s.whole.ptr, s.pull.caps) != 0) {
		return false
	}
	s.whole.Unref()
	s.whole, s.part = &Caps{ptr: C.gst_caps_ref(s.pull.caps)}, part
	s.caps.Unref()
	s.caps = s.whole.Variant(int(part.width), int(part.height), 0, 0)
	return true
}

func (s *AppSink) next(timeout time.Duration, mapped C.gboolean) error {
	deadline := time.Now().Add(timeout)
	if err := s.ready.SetReadDeadline(deadline); err != nil {
		return fmt.Errorf("gst: waiting for a buffer: %w", err)
	}
	for {
		switch C.shim_sink_pull(s.e.ptr, s.pipe, mapped, &s.pull) {
		case C.SHIM_PULL_OK:
			if !s.begun.Swap(true) {
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

// noteCaps keeps the caps of the pulled sample and reports whether they have changed.
func (s *AppSink) noteCaps() bool {
	if s.pull.caps == nil {
		return false
	}
	s.whole.Unref()
	s.whole = nil
	if s.caps != nil && (s.caps.ptr == s.pull.caps || C.gst_caps_is_equal(s.caps.ptr, s.pull.caps) != 0) {
		return false
	}
	s.caps.Unref()
	s.caps = &Caps{ptr: C.gst_caps_ref(s.pull.caps)}
	return true
}

// ForceKeyFrame requests a key frame, with its headers, from the encoder upstream. It applies to
// the next frame. ForceKeyFrame reports whether an element accepted the request.
func (s *AppSink) ForceKeyFrame() bool { return C.shim_force_key_frame(s.e.ptr) != 0 }

// Watch starts to observe the elements that feed the appsink.
func (s *AppSink) Watch() *upstream.Watch { return upstream.NewWatch(unsafe.Pointer(s.e.ptr)) }

// Begun reports whether a buffer was pulled. It is safe for concurrent use.
func (s *AppSink) Begun() bool { return s.begun.Load() }

// Holds reports whether the appsink has a buffer that waits for room. It is safe for concurrent use.
func (s *AppSink) Holds() bool { return C.shim_sink_holds(s.e.ptr) != 0 }

// Gate makes the streaming thread wait before it enters the appsink while so many buffers are in it: so the pipeline's
// state can change while nothing pulls. Discard must be called before the state becomes READY or NULL.
func (s *AppSink) Gate(room int) { C.shim_sink_gate(s.e.ptr, s.pipe, C.int(room)) }

// Form returns the form of what has come to the appsink. It is safe for concurrent use.
func (s *AppSink) Form() normalize.Form { return s.e.SinkForm() }

// Feed reports what feeds the appsink. It is safe for concurrent use.
func (s *AppSink) Feed() upstream.Feed { return upstream.FeedOf(unsafe.Pointer(s.e.ptr)) }

// IsFed reports whether a source feeds the appsink. It is safe for concurrent use, also while the stream ends.
func (s *AppSink) IsFed() bool { return upstream.IsFed(unsafe.Pointer(s.e.ptr)) }

// Coded returns the caps of what is decoded for the appsink: see upstream.Coded. It is safe for concurrent use.
func (s *AppSink) Coded() string { return upstream.Coded(unsafe.Pointer(s.e.ptr)) }

// End ends the stream of an appsink that nothing feeds. It is safe for concurrent use.
func (s *AppSink) End() { C.shim_sink_end(s.e.ptr) }

// Discard drops waiting and future buffers, so that no upstream element waits for a pull any more.
// It is safe for concurrent use.
func (s *AppSink) Discard() error {
	defer C.shim_pipe_open(s.pipe)
	return errors.Join(s.e.Set("drop", "true"), s.e.Set("wait-on-eos", "false"))
}

// Close releases the element. No pull may be running or follow.
func (s *AppSink) Close() {
	s.caps.Unref()
	s.whole.Unref()
	s.caps, s.whole = nil, nil
	s.e.Release()
	for _, f := range []*os.File{s.ready, s.tell} {
		if f != nil {
			_ = f.Close() // A pipe loses no data.
		}
	}
}

func clockTime(t C.GstClockTime) int64 {
	if t == C.GST_CLOCK_TIME_NONE {
		return -1
	}
	return int64(t)
}
