// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package appsrc

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestFrameReader(t *testing.T) {
	data := bytes.Repeat([]byte{1, 2, 3, 4}, 2*3*2) // Two frames of 3x2 in RGBA.
	f, err := NewFrameReader(bytes.NewReader(data), BufferRGBA, 3, 2, 29.97)
	require.NoError(t, err)
	require.InDelta(t, 29.97, f.FPS(), 0.0001)
	for i := range 2 {
		frame, readErr := f.Read()
		require.NoError(t, readErr)
		require.NoError(t, frame.Validate())
		require.Equal(t, []byte{1, 2, 3, 4}, frame.Planes[0].Data[20:])
		require.InDelta(t, float64(i)*float64(time.Second)/29.97, f.Time(), 1)
	}
	_, err = f.Read()
	require.Equal(t, io.EOF, err)
	f, err = NewFrameReader(bytes.NewReader(data[:40]), BufferRGBA, 3, 2, 0)
	require.NoError(t, err)
	_, err = f.Read()
	require.NoError(t, err)
	require.Zero(t, f.Time())
	_, err = f.Read()
	require.Equal(t, io.ErrUnexpectedEOF, err)
	_, err = NewFrameReader(bytes.NewReader(nil), BufferRGBA, 0, 2, 30)
	require.ErrorIs(t, err, ErrSize)
	_, err = NewFrameReader(nil, BufferRGBA, 3, 2, 30)
	require.ErrorIs(t, err, ErrNil)
}

func TestY4MReader(t *testing.T) {
	for space, c := range map[string]struct {
		typ   BufferType
		bytes int // of a frame of 3x3 in the stream
	}{
		"": {BufferI420, 17}, "C420jpeg": {BufferI420, 17}, "C422": {BufferI422, 21}, "C444": {BufferI444, 27},
		"Cmono": {BufferI420, 9},
	} {
		frame := "FRAME Ip\n" + strings.Repeat("x", c.bytes)
		f, err := NewY4MReader(strings.NewReader("YUV4MPEG2 W3 H3 F30000:1001 Ip A1:1 " + space + "\n" + frame + frame))
		require.NoError(t, err, "%s", space)
		require.Equal(t, c.typ, f.Frame().Type, "%s", space)
		for range 2 {
			got, readErr := f.Read()
			require.NoError(t, readErr, "%s", space)
			require.NoError(t, got.Validate())
			require.Equal(t, byte('x'), got.Planes[0].Data[8])
			want := byte('x')
			if space == "Cmono" {
				want = 128
			}
			require.Equal(t, want, got.Planes[2].Data[0], "%s", space)
		}
		require.Equal(t, 1001*time.Second/30000, f.Time())
		_, err = f.Read()
		require.Equal(t, io.EOF, err)
	}
}

func TestY4MThatIsNone(t *testing.T) {
	const head = "YUV4MPEG2 W2 H2 F25:1\n"
	for stream, want := range map[string]string{
		"":                          "EOF",
		"YUV4":                      "unexpected EOF",
		"RIFF\n":                    "appsrc: reading YUV4MPEG2: it does not begin with YUV4MPEG2",
		"YUV4MPEG2 Wx H2\n":         `appsrc: reading YUV4MPEG2: the parameter "Wx" is malformed`,
		"YUV4MPEG2 W2 H2 F25\n":     `appsrc: reading YUV4MPEG2: the parameter "F25" is malformed`,
		strings.Repeat("x", 5000):   "appsrc: reading YUV4MPEG2: a line is too long",
		head + "FRAME\nxxx":         "unexpected EOF",
		head + "FRAME\n":            "unexpected EOF",
		head + "FRAM\n":             "appsrc: reading YUV4MPEG2: a frame does not begin with FRAME",
		"YUV4MPEG2 W2 H2 C420p10\n": `appsrc: reading YUV4MPEG2: the colour space "420p10" is not one of 420`,
	} {
		f, err := NewY4MReader(strings.NewReader(stream))
		if err == nil {
			_, err = f.Read()
		}
		require.ErrorContains(t, err, want, "%q", stream)
	}
	_, err := NewY4MReader(strings.NewReader("YUV4MPEG2 W0 H2\n"))
	require.ErrorIs(t, err, ErrSize)
	broken := errors.New("broken")
	_, err = NewY4MReader(io.MultiReader(strings.NewReader("YUV"), failing{broken}))
	require.ErrorIs(t, err, broken)
}

// failing is a reader that fails.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestReadAllocatesNothing(t *testing.T) {
	const runs = 50
	frame := "FRAME\n" + strings.Repeat("x", 64*64*3/2)
	f, err := NewY4MReader(strings.NewReader("YUV4MPEG2 W64 H64 F25:1\n" + strings.Repeat(frame, runs+2)))
	require.NoError(t, err)
	require.Zero(t, testing.AllocsPerRun(runs, func() {
		if _, readErr := f.Read(); readErr != nil {
			err = readErr
		}
	}))
	require.NoError(t, err)
}

func FuzzY4MReader(f *testing.F) {
	f.Add([]byte("YUV4MPEG2 W2 H2 F25:1 C420\nFRAME\nxxxxxx"))
	f.Fuzz(func(_ *testing.T, data []byte) {
		r, err := NewY4MReader(bytes.NewReader(data))
		if err != nil {
			return
		}
		for err == nil {
			_, err = r.Read()
			_ = r.Time()
		}
	})
}
