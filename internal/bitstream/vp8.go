// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package bitstream

import "encoding/binary"

const (
	vp8TagSize    = 3 // frame tag
	vp8KeySize    = 7 // start code, width, height
	vp8StartCode  = "\x9d\x01\x2a"
	vp8SizeMask   = 0x3fff // without the scale
	vp8FilterSize = 6      // bits
)

// vp8Parser reads the frame header of VP8 (RFC 6386, 9.1 to 9.6, syntax in 19.1
// and 19.2).
type vp8Parser struct {
	width, height int
}

func (p *vp8Parser) format() Format {
	if p.width == 0 {
		return Format{}
	}
	return Format{Chroma: Chroma420, Depth: 8}
}

func (p *vp8Parser) parse(data []byte) (Frame, error) {
	f := unread()
	if len(data) < vp8TagSize {
		return f, ErrTruncated
	}
	tag := int(data[0]) | int(data[1])<<8 | int(data[2])<<16
	f.Key, f.Shown = tag&1 == 0, tag>>4&1 == 1
	partition := tag >> 5
	data = data[vp8TagSize:]
	if f.Key {
		if len(data) < vp8KeySize {
			return f, ErrTruncated
		}
		if string(data[:3]) != vp8StartCode {
			return f, ErrInvalid
		}
		p.width = int(binary.LittleEndian.Uint16(data[3:])) & vp8SizeMask
		p.height = int(binary.LittleEndian.Uint16(data[5:])) & vp8SizeMask
		data = data[vp8KeySize:]
	}
	f.Width, f.Height = p.width, p.height
	b := newBoolDecoder(data[:min(partition, len(data))])
	f.Quantizer = b.vp8Quantizer(f.Key)
	// The decoder is two bytes ahead, so even in a complete partition it may read zeros behind the end.
	if b.past > 2 || b.past > 0 && partition > len(data) {
		return f, ErrTruncated
	}
	return f, nil
}

// vp8Quantizer reads the frame header up to y_ac_qi (RFC 6386, 19.2).
func (b *boolDecoder) vp8Quantizer(key bool) int {
	if key {
		b.literal(2) // color_space, clamping_type
	}
	if b.flag() { // segmentation_enabled
		b.vp8Segmentation()
	}
	b.literal(1 + 6 + 3)                          // filter_type, loop_filter_level, sharpness_level
	if enabled := b.flag(); enabled && b.flag() { // loop_filter_adj_enable, mode_ref_lf_delta_update
		for range 4 + 4 { // ref_frame_delta, mb_mode_delta
			b.optional(vp8FilterSize + 1)
		}
	}
	b.literal(2) // log2_nbr_of_dct_partitions
	return b.literal(7)
}

// vp8Segmentation skips update_segmentation (RFC 6386, 9.3).
func (b *boolDecoder) vp8Segmentation() {
	updateMap, updateData := b.flag(), b.flag()
	if updateData {
		b.literal(1) // segment_feature_mode
		for range 4 {
			b.optional(7 + 1) // quantizer_update
		}
		for range 4 {
			b.optional(vp8FilterSize + 1) // loop_filter_update
		}
	}
	if updateMap {
		for range 3 {
			b.optional(8) // segment_prob
		}
	}
}

// boolDecoder is the arithmetic decoder of VP8 (RFC 6386, 7.3), for bits of even
// probability.
type boolDecoder struct {
	data  []byte
	next  int
	value int // two bytes: those that are compared, and those that follow
	width int // range
	count int // the number of bits shifted out of value since the last byte was loaded
	past  int // the number of zero bytes loaded behind the end
}

func newBoolDecoder(data []byte) boolDecoder {
	b := boolDecoder{data: data, width: 255}
	b.value = b.load()<<8 | b.load()
	return b
}

func (b *boolDecoder) load() int {
	if b.next >= len(b.data) {
		b.past++
		return 0
	}
	b.next++
	return int(b.data[b.next-1])
}

func (b *boolDecoder) flag() bool {
	const even = 128
	split := 1 + (b.width-1)*even>>8
	set := b.value >= split<<8
	if set {
		b.width -= split
		b.value -= split << 8
	} else {
		b.width = split
	}
	for b.width < 128 {
		b.value <<= 1
		b.width <<= 1
		b.count++
		if b.count == 8 {
			b.count = 0
			b.value |= b.load()
		}
	}
	return set
}

// literal reads an unsigned number, its most significant bit first.
func (b *boolDecoder) literal(n int) int {
	v := 0
	for range n {
		v <<= 1
		if b.flag() {
			v |= 1
		}
	}
	return v
}

// optional skips bits that follow a flag if it is set.
func (b *boolDecoder) optional(n int) {
	if b.flag() {
		b.literal(n)
	}
}
