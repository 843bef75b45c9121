// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package bitstream

// h265RefSet is a set of short-term reference pictures: st_ref_pic_set.
type h265RefSet struct {
	negative, count int                // the number of pictures before the current one, and of all
	delta           [h265MaxRefs]int32 // differences of POC; those before it come first
	used            [h265MaxRefs]bool  // used_by_curr_pic_s0_flag and s1
}

// usedCount returns how many of them the picture itself uses.
func (s *h265RefSet) usedCount() (n int) {
	for _, used := range s.used[:s.count] {
		if used {
			n++
		}
	}
	return n
}

// read reads a set, which may be coded as the difference from an earlier one: in a slice header from any (7.3.7).
func (s *h265RefSet) read(b *bitReader, before []h265RefSet, slice bool) {
	*s = h265RefSet{}
	if len(before) > 0 && b.flag() { // inter_ref_pic_set_prediction_flag
		from := 1
		if slice {
			from = b.upTo(len(before)-1) + 1 // delta_idx_minus1
		}
		s.predict(b, &before[len(before)-from])
		return
	}
	negative := b.upTo(h265MaxRefs)
	positive := b.upTo(h265MaxRefs - negative)
	delta := int32(0)
	for range negative {
		delta -= h265Delta(b)
		s.add(b, delta, b.flag())
	}
	s.negative = s.count
	delta = 0
	for range positive {
		delta += h265Delta(b)
		s.add(b, delta, b.flag())
	}
}

// h265Delta reads delta_poc_s0_minus1 or delta_poc_s1_minus1, plus 1.
func h265Delta(b *bitReader) int32 {
	return int32(b.upTo(1<<15-1)) + 1 //nolint:gosec // 16 bits
}

func (s *h265RefSet) add(b *bitReader, delta int32, used bool) {
	if s.count == h265MaxRefs {
		b.fail(ErrInvalid)
		return
	}
	s.delta[s.count], s.used[s.count] = delta, used
	s.count++
}

// predict derives a set from another one (equations 7-61 and 7-62).
func (s *h265RefSet) predict(b *bitReader, from *h265RefSet) {
	minus := b.flag()
	shift := h265Delta(b)
	if minus {
		shift = -shift
	}
	// The last flags concern the picture of the other set.
	var use, used [h265MaxRefs + 1]bool
	for i := range from.count + 1 {
		used[i] = b.flag()           // used_by_curr_pic_flag
		use[i] = used[i] || b.flag() // use_delta_flag
	}
	take := func(i int, negative bool) {
		delta := shift
		if i < from.count {
			delta += from.delta[i]
		}
		if use[i] && delta != 0 && (delta < 0) == negative {
			s.add(b, delta, used[i])
		}
	}
	for i := from.count - 1; i >= from.negative; i-- {
		take(i, true)
	}
	take(from.count, true)
	for i := range from.negative {
		take(i, true)
	}
	s.negative = s.count
	for i := from.negative - 1; i >= 0; i-- {
		take(i, false)
	}
	take(from.count, false)
	for i := from.negative; i < from.count; i++ {
		take(i, false)
	}
}
