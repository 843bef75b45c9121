// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package bitstream

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// boolEncoder is the encoder of RFC 6386, 7.3, for bits of even probability.
type boolEncoder struct {
	out    []byte
	width  uint32
	bottom uint32
	count  int
}

func (e *boolEncoder) put(digits string) {
	for _, digit := range digits {
		split := 1 + (e.width-1)*128>>8
		if digit == '1' {
			e.bottom += split
			if e.bottom < split {
				e.carry()
			}
			e.width -= split
		} else {
			e.width = split
		}
		for e.width < 128 {
			e.width <<= 1
			if e.bottom&(1<<31) != 0 {
				e.carry()
			}
			e.bottom <<= 1
			e.count--
			if e.count == 0 {
				e.out = append(e.out, byte(e.bottom>>24))
				e.bottom &= 1<<24 - 1
				e.count = 8
			}
		}
	}
}

func (e *boolEncoder) carry() {
	i := len(e.out) - 1
	for ; e.out[i] == 255; i-- {
		e.out[i] = 0
	}
	e.out[i]++
}

// vp8Frame returns a frame with the elements of sections 9.2 and 9.3, given as bits.
func vp8Frame(key, shown bool, size, elements string) []byte {
	e := boolEncoder{width: 255, count: 24}
	e.put(strings.ReplaceAll(elements, " ", "") + strings.Repeat("0", 32))
	tag := len(e.out) << 5
	if !key {
		tag |= 1
	}
	if shown {
		tag |= 1 << 4
	}
	data := []byte{byte(tag), byte(tag >> 8), byte(tag >> 16)}
	return append(append(data, size...), e.out...)
}

const vp8Size = "\x9d\x01\x2a\x41\x41\xf1\x80" // 321 by 241, with scales of 1 and 2

func TestVP8Headers(t *testing.T) {
	quantizer := "00 1010011" // log2_nbr_of_dct_partitions, y_ac_qi 83
	filter := "1 111111 101"
	for name, elements := range map[string]string{
		"plain":         "0" + filter + "0" + quantizer,
		"deltas stay":   "0" + filter + "10" + quantizer,
		"deltas":        "0" + filter + "11 1 0111111 0 1 0000001 0 0 1 1111111 0 1 0101010" + quantizer,
		"segments stay": "1 00" + filter + "0" + quantizer,
		"segment data": "1 01 1 1 11111110 0 1 00000001 0 0 1 1111111 0 1 0000000" +
			filter + "0" + quantizer,
		"segment map": "1 10 1 11111111 0 1 00000000" + filter + "0" + quantizer,
		"all": "1 11 0 0 0 0 1 10101010 0 0 0 1 1010101 0 1 00110011 1 11001100" +
			filter + "11 0 0 0 1 1111111 0 0 0 0" + quantizer,
	} {
		t.Run(name, func(t *testing.T) {
			key := vp8Frame(true, true, vp8Size, "00"+elements)
			inter := vp8Frame(false, false, "", elements)
			requireFrames(t, catalogue.VP8, []buffer{
				{inter, Frame{Quantizer: 83}, nil}, // The size is unknown.
				{key, Frame{true, true, 83, 321, 241, false}, nil},
				{inter, Frame{false, false, 83, 321, 241, false}, nil},
				{vp8Frame(false, true, "", elements), Frame{false, true, 83, 321, 241, false}, nil},
			})
			// Zeros do not replace the missing end of a partition.
			for n := range len(key) - 4 {
				f, err := NewParser(catalogue.VP8).Parse(key[:n])
				if err == nil {
					require.Equal(t, 83, f.Quantizer, "%d bytes", n)
					continue
				}
				require.ErrorIs(t, err, ErrTruncated, "%d bytes", n)
			}
		})
	}
}

func TestVP8WrongStartCode(t *testing.T) {
	data := vp8Frame(true, true, "\x9d\x01\x2b\x10\x00\x10\x00", strings.Repeat("0", 40))
	requireFrames(t, catalogue.VP8, []buffer{{data, Frame{Key: true, Shown: true, Quantizer: -1}, ErrInvalid}})
}

func TestVP8AllQuantizers(t *testing.T) {
	for q := range 128 {
		digits := ""
		for i := 6; i >= 0; i-- {
			digits += string(rune('0' + q>>i&1))
		}
		f, err := NewParser(catalogue.VP8).Parse(vp8Frame(true, true, vp8Size, "00 0 0 000000 000 0 00"+digits))
		require.NoError(t, err)
		require.Equal(t, q, f.Quantizer)
	}
}
