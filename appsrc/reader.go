// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package appsrc

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
)

// FrameReader reads raw video from an [io.Reader], one frame after another, into memory of its own. It does not
// allocate per frame. It is not safe for concurrent use.
type FrameReader struct {
	r     *bufio.Reader
	frame *VideoFrame
	data  []byte // of the frame that is read; grey is the rest of it
	y4m   bool

	fpsN, fpsD int64 // frames in seconds; 0 if unknown
	read       int64 // frames
}

// NewFrameReader reads frames of one type and size, one after the other without anything in between, such as the output
// of `ffmpeg -f rawvideo`. Their memory has the layout of [NewVideoFrame]. fps is the number of frames a second, for
// [FrameReader.Time], less than 1000; 0 means unknown.
//
// The error is [ErrNil], or a [*FrameError].
func NewFrameReader(r io.Reader, typ BufferType, width, height int, fps float64) (*FrameReader, error) {
	if r == nil {
		return nil, ErrNil
	}
	const precision = 1000 // of the frame rate
	f := &FrameReader{r: bufio.NewReader(r), fpsD: precision}
	if fps > 0 && fps < precision {
		f.fpsN = int64(math.Round(fps * precision))
	}
	if err := f.setFrame(typ, width, height); err != nil {
		return nil, err
	}
	return f, nil
}

// NewY4MReader reads a stream in YUV4MPEG2, such as the output of `ffmpeg -f yuv4mpegpipe`, whose header has the size,
// the format and the frame rate. It reads the header. It accepts 4:2:0, 4:2:2, 4:4:4 and grey with 8 bits, which
// gstpublish interprets as BT.601 in limited range.
//
// The error is [ErrNil], a [*Y4MError], a [*FrameError], or that of r.
func NewY4MReader(r io.Reader) (*FrameReader, error) {
	if r == nil {
		return nil, ErrNil
	}
	f := &FrameReader{r: bufio.NewReader(r), y4m: true}
	line, err := f.line()
	if err != nil {
		return nil, err
	}
	fields := strings.Fields(string(line))
	if len(fields) == 0 || fields[0] != "YUV4MPEG2" {
		return nil, &Y4MError{"it does not begin with YUV4MPEG2"}
	}
	if err = f.header(fields[1:]); err != nil {
		return nil, err
	}
	return f, nil
}

// Y4MError reports a stream that is not YUV4MPEG2, or in a format that is not accepted.
type Y4MError struct {
	// Problem says what is wrong.
	Problem string
}

func (e *Y4MError) Error() string { return "appsrc: reading YUV4MPEG2: " + e.Problem }

// y4mTypes are the colour spaces of YUV4MPEG2 that are read; for grey, the other planes stay grey.
var y4mTypes = map[string]BufferType{ // never written
	"420": BufferI420, "420jpeg": BufferI420, "420mpeg2": BufferI420, "420paldv": BufferI420, "mono": BufferI420,
	"422": BufferI422, "444": BufferI444,
}

// header reads the parameters of a stream.
func (f *FrameReader) header(fields []string) error {
	width, height, space := 0, 0, "420"
	for _, field := range fields {
		var err error
		switch value := field[1:]; field[0] {
		case 'W':
			width, err = strconv.Atoi(value)
		case 'H':
			height, err = strconv.Atoi(value)
		case 'F':
			n, d, _ := strings.Cut(value, ":")
			f.fpsN, err = strconv.ParseInt(n, 10, 32)
			if err == nil {
				f.fpsD, err = strconv.ParseInt(d, 10, 32)
			}
		case 'C':
			space = value
		}
		if err != nil {
			return &Y4MError{fmt.Sprintf("the parameter %q is malformed", field)}
		}
	}
	typ, known := y4mTypes[space]
	if !known {
		return &Y4MError{fmt.Sprintf("the colour space %q is not one of 420, 422, 444 and mono with 8 bits: convert it, "+
			"such as with ffmpeg -pix_fmt yuv420p", space)}
	}
	if err := f.setFrame(typ, width, height); err != nil {
		return err
	}
	if space == "mono" {
		f.grey()
	}
	return nil
}

// setFrame makes the frame.
func (f *FrameReader) setFrame(typ BufferType, width, height int) error {
	size, err := FrameSize(typ, width, height)
	if err != nil {
		return err
	}
	f.data = make([]byte, size)
	f.frame, err = NewVideoFrame(typ, width, height, f.data)
	return err
}

// grey makes the luma the only plane that is read.
func (f *FrameReader) grey() {
	const neutral = 128 // no colour
	luma := len(f.frame.Planes[0].Data)
	for i := range f.data[luma:] {
		f.data[luma+i] = neutral
	}
	f.data = f.data[:luma]
}

// Frame returns the frame that Read fills, whose type and size do not change.
func (f *FrameReader) Frame() *VideoFrame { return f.frame }

// Read reads the next frame, and returns [FrameReader.Frame]. It is valid until the next call, and so is its memory;
// CaptureFrame copies it.
//
// The error is [io.EOF] at the end of the stream, [io.ErrUnexpectedEOF] within a frame, a [*Y4MError], or that of the
// underlying reader. Do not call Read after an error.
func (f *FrameReader) Read() (*VideoFrame, error) {
	if f.y4m {
		header, err := f.line()
		if err != nil {
			return nil, err
		}
		if !bytes.HasPrefix(header, frameMagic) {
			return nil, &Y4MError{"a frame does not begin with FRAME"}
		}
	}
	_, err := io.ReadFull(f.r, f.data)
	if errors.Is(err, io.EOF) && f.y4m {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, err
	}
	f.read++
	return f.frame, nil
}

var frameMagic = []byte("FRAME") // never written

// line reads a line without its end. It is valid until the next read.
func (f *FrameReader) line() ([]byte, error) {
	line, err := f.r.ReadSlice('\n')
	switch {
	case errors.Is(err, io.EOF) && len(line) > 0:
		return nil, io.ErrUnexpectedEOF
	case errors.Is(err, bufio.ErrBufferFull):
		return nil, &Y4MError{"a line is too long"}
	case err != nil:
		return nil, err
	}
	return line[:len(line)-1], nil
}

// FPS returns the frame rate of the stream in frames a second; 0 if it is not known.
func (f *FrameReader) FPS() float64 {
	if f.fpsN <= 0 || f.fpsD <= 0 {
		return 0
	}
	return float64(f.fpsN) / float64(f.fpsD)
}

// Time returns the time from the first frame to the last one that was read, by the frame rate; 0 if that is unknown. To
// play a file at its pace, call CaptureFrame that long after the first call, since it does not wait.
func (f *FrameReader) Time() time.Duration {
	if f.fpsN <= 0 || f.fpsD <= 0 || f.read == 0 {
		return 0
	}
	seconds, rest := (f.read-1)*f.fpsD/f.fpsN, (f.read-1)*f.fpsD%f.fpsN
	return time.Duration(seconds)*time.Second + time.Duration(rest*int64(time.Second)/f.fpsN)
}
