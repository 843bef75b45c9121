// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package bitstream

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// header writes syntax elements: "8:100" is 100 in eight bits, "ue:3" and "se:-3"
// are Exp-Golomb codes, "b:0110" is bits, and "x3"
// behind an element repeats it: "ue:0x3". A 1 and zeros fill the last byte, as trailing bits do.
func header(tb testing.TB, text string) []byte {
	tb.Helper()
	var out strings.Builder
	for token := range strings.FieldsSeq(text) {
		kind, value, _ := strings.Cut(token, ":")
		value, repeat, repeated := strings.Cut(value, "x")
		times := 1
		if repeated {
			times = number(tb, repeat)
		}
		one := value
		switch kind {
		case "b":
		case "ue":
			one = golomb(number(tb, value))
		case "se":
			v := number(tb, value)
			if v > 0 {
				one = golomb(2*v - 1)
			} else {
				one = golomb(-2 * v)
			}
		default:
			n := number(tb, kind)
			one = strconv.FormatUint(uint64(number(tb, value)), 2)
			require.LessOrEqual(tb, len(one), n, token)
			one = strings.Repeat("0", n-len(one)) + one
		}
		out.WriteString(strings.Repeat(one, times))
	}
	return packed(out.String() + "1")
}

func number(tb testing.TB, text string) int {
	tb.Helper()
	v, err := strconv.Atoi(text)
	require.NoError(tb, err)
	return v
}

func golomb(v int) string {
	digits := strconv.FormatInt(int64(v)+1, 2)
	return strings.Repeat("0", len(digits)-1) + digits
}

func packed(digits string) (data []byte) {
	digits += strings.Repeat("0", (8-len(digits)%8)%8)
	for i := 0; i < len(digits); i += 8 {
		v, _ := strconv.ParseUint(digits[i:i+8], 2, 8)
		data = append(data, byte(v))
	}
	return data
}

// nal returns a NAL unit with a start code and emulation prevention bytes.
func nal(tb testing.TB, text string) []byte {
	tb.Helper()
	out := []byte{0, 0, 0, 1}
	zeros := 0
	for _, v := range header(tb, text) {
		if zeros >= 2 && v <= 3 {
			out = append(out, 3)
			zeros = 0
		}
		out = append(out, v)
		if v == 0 {
			zeros++
		} else {
			zeros = 0
		}
	}
	return out
}

func nals(tb testing.TB, texts ...string) (data []byte) {
	tb.Helper()
	for _, text := range texts {
		data = append(data, nal(tb, text)...)
	}
	return data
}

// buffer is an input of a parser, and the expected result.
type buffer struct {
	data []byte
	want Frame
	err  error
}

func requireFrames(t *testing.T, codec catalogue.Codec, buffers []buffer) {
	t.Helper()
	p := NewParser(codec)
	for i, b := range buffers {
		f, err := p.Parse(b.data)
		if b.err != nil {
			require.ErrorIs(t, err, b.err, "buffer %d", i)
		} else {
			require.NoError(t, err, "buffer %d", i)
		}
		require.Equal(t, b.want, f, "buffer %d", i)
	}
}

// requireCut truncates a buffer at each byte from the first that shows its type. All bytes are needed, except for the
// last two, which may have only trailing bits.
func requireCut(t *testing.T, parser func() *Parser, data []byte) {
	t.Helper()
	const typed = 6
	for n := typed; n < len(data)-2; n++ {
		f, err := parser().Parse(data[:n])
		require.ErrorIs(t, err, ErrTruncated, "%d of %d bytes", n, len(data))
		require.Equal(t, -1, f.Quantizer)
	}
}

func TestNoCodec(t *testing.T) {
	f, err := NewParser(catalogue.Codec(17)).Parse([]byte{1})
	require.ErrorContains(t, err, "bitstream: no parser for Codec(17)")
	require.Equal(t, Frame{Quantizer: -1}, f)
}

func TestNothing(t *testing.T) {
	for codec, want := range map[catalogue.Codec]error{
		catalogue.VP8: ErrTruncated, catalogue.VP9: ErrTruncated, catalogue.AV1: ErrNoFrame,
		catalogue.H264: ErrNoFrame, catalogue.H265: ErrNoFrame,
	} {
		f, err := NewParser(codec).Parse(nil)
		require.ErrorIs(t, err, want)
		require.ErrorContains(t, err, "bitstream: reading 0 bytes of "+codec.String())
		require.Equal(t, Frame{Quantizer: -1}, f)
	}
}

func TestExpGolomb(t *testing.T) {
	values := []int{0, 1, -1, 2, -2, 3, 1000, -1000, 1 << 20, -1 << 20}
	text := ""
	for _, v := range values {
		text += " se:" + strconv.Itoa(v)
	}
	b := bitReader{data: header(t, text)}
	for _, v := range values {
		require.Equal(t, v, b.se())
	}
	require.NoError(t, b.err)

	b = bitReader{data: header(t, "32:1 31:5")} // 31 zeros: the largest code has 32
	require.Equal(t, 1<<31-1, b.ue())
	require.NoError(t, b.err)
	b = bitReader{data: make([]byte, 20)}
	require.Zero(t, b.ue())
	require.ErrorIs(t, b.err, ErrInvalid)
	b = bitReader{data: make([]byte, 3)}
	require.Zero(t, b.ue())
	require.ErrorIs(t, b.err, ErrTruncated)
}

func TestNonSymmetric(t *testing.T) {
	// The example of AV1's specification, 4.10.7: n is 5.
	for text, want := range map[string]int{"b:00": 0, "b:01": 1, "b:10": 2, "b:110": 3, "b:111": 4} {
		b := bitReader{data: header(t, text)}
		require.Equal(t, want, b.ns(5))
	}
	b := bitReader{}
	require.Zero(t, b.ns(1))
	require.NoError(t, b.err, "no bit is read")
}

func TestEmulationPrevention(t *testing.T) {
	b := bitReader{data: []byte{0, 0, 3, 1, 0, 0, 3, 0, 0, 3, 3, 0, 3}, escaped: true}
	for _, want := range []int{0, 0, 1, 0, 0, 0, 0, 3, 0, 3} {
		require.Equal(t, want, b.u(8))
	}
	require.NoError(t, b.err)
	b.u(1)
	require.ErrorIs(t, b.err, ErrTruncated)
}
