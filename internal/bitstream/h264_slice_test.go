// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package bitstream

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// ordered is a frame as its slice header says: frame_num, and the picture order count.
type ordered struct{ num, count int }

// inOrder are frames that follow each other, of which the first is an IDR picture.
func inOrder(frames int) (all []ordered) {
	for i := range frames {
		all = append(all, ordered{i, 2 * i})
	}
	return all
}

// TestH264Order tests what is known of each frame by its counts alone: 4 bits of frame_num, and 6 of the picture order
// count. Whether its slices are B slices comes on top.
func TestH264Order(t *testing.T) {
	const numBits, bits = 4, 6
	for name, c := range map[string]struct {
		frames    []ordered
		reordered int
	}{
		"in order":        {inOrder(300), 0},
		"two slices":      {[]ordered{{0, 0}, {0, 0}, {1, 2}, {1, 2}, {2, 4}, {2, 4}}, 0},
		"pairs of fields": {[]ordered{{0, 0}, {0, 1}, {1, 2}, {1, 3}, {2, 4}, {2, 5}}, 0},
		"B-frames": {
			[]ordered{{0, 0}, {1, 6}, {2, 2}, {2, 4}, {2, 12}, {3, 8}, {3, 10}, {3, 18}, {4, 14}, {4, 16}}, 6,
		},
		"B-frames that others refer to": {
			[]ordered{{0, 0}, {1, 8}, {2, 4}, {3, 2}, {3, 6}, {3, 16}, {4, 12}, {5, 10}, {5, 14}}, 6,
		},
		"all of them": {
			[]ordered{{0, 0}, {1, 16}, {2, 8}, {3, 4}, {4, 2}, {5, 6}, {6, 12}, {7, 10}, {8, 14}, {9, 32}, {10, 24}}, 8,
		},
		"B-frames of two slices": {
			[]ordered{{0, 0}, {0, 0}, {1, 4}, {1, 4}, {2, 2}, {2, 2}, {2, 8}, {2, 8}, {3, 6}, {3, 6}}, 2,
		},
		"B-frames behind a lost frame": {
			[]ordered{{0, 0}, {1, 6}, {2, 2}, {2, 4}, {3, 8}, {3, 10}, {3, 18}, {4, 14}, {4, 16}}, 4,
		},
		"a lost IDR picture":        {slices.Concat(inOrder(15), inOrder(15)[1:]), 0},
		"an IDR picture and others": {slices.Concat(inOrder(15), inOrder(15)[5:]), 0},
		"three IDR pictures": {
			slices.Concat(inOrder(15), inOrder(15)[1:], inOrder(15)[2:], inOrder(9)[1:]), 0,
		},
		"after many frames":                      {slices.Concat(inOrder(301), inOrder(60)[1:]), 0},
		"frame_num as if nothing is lost":        {slices.Concat(inOrder(16), inOrder(60)[1:]), 0},
		"frame_num as if nothing is lost, later": {slices.Concat(inOrder(31), inOrder(60)[15:]), 0},
		"a lost frame":                           {slices.Concat(inOrder(10), inOrder(20)[12:]), 0},
		"B-frames behind a lost IDR picture": {
			slices.Concat(inOrder(15), []ordered{{1, 6}, {2, 2}, {2, 4}, {2, 12}, {3, 8}, {3, 10}}), 4,
		},
	} {
		var o h264Order
		n := 0
		for _, f := range c.frames {
			num := f.num & (1<<numBits - 1)
			if !o.follows(num, 1<<numBits) {
				o.begin()
			}
			count := o.count(f.count&(1<<bits-1), bits)
			if last := o.last; o.add(num, count, true) && count != last {
				n++
			}
		}
		require.Equal(t, c.reordered, n, name)
	}
}
