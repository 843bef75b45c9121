// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package bitstream

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

const (
	vp9Start  = "2:2 b:00 b:0"         // frame_marker, profile 0, show_existing_frame
	vp9Sync   = "24:4817730"           // frame_sync_code
	vp9Tail   = "b:00 2:0 6:9 3:2 b:0" // up to loop_filter_delta_enabled
	vp9KeyHdr = vp9Start + " b:0 b:1 b:0 " + vp9Sync + " 3:2 b:0 16:640 16:360 b:0 " + vp9Tail + " 8:77"
)

func TestVP9Headers(t *testing.T) {
	key := buffer{header(t, vp9KeyHdr), Frame{true, true, 77, 641, 361, false}, nil}
	refs := " 3:1 b:0 3:2 b:1 3:3 b:0"
	for name, buffers := range map[string][]buffer{
		"inter, size of the second reference": {key, {
			header(t, vp9Start+" b:1 b:1 b:0 2:0 8:1"+refs+" b:01 b:0 b:1 b:1 "+vp9Tail+" 8:200"),
			Frame{false, true, 200, 641, 361, false},
			nil,
		}},
		"inter, own size, render size, filter, deltas": {key, {
			header(t, vp9Start+" b:1 b:1 b:0 2:3 8:1"+refs+" b:000 16:100 16:50 b:1 16:1 16:2 b:1 b:0 2:2 b:11 2:1 6:63 3:7 "+
				"b:11 b:1 7:99 b:0 b:0 b:1 7:1 b:1 7:127 b:0 8:0"),
			Frame{false, true, 0, 101, 51, false},
			nil,
		}},
		"error resilient": {key, {
			header(t, vp9Start+" b:1 b:1 b:1 8:1"+refs+" b:1 b:0 b:1 b:1 2:0 6:9 3:2 b:10 8:201"),
			Frame{false, true, 201, 641, 361, false},
			nil,
		}},
		"hidden": {key, {
			header(t, vp9Start+" b:1 b:0 b:0 b:0 2:0 8:1"+refs+" b:1 b:0 b:1 b:1 "+vp9Tail+" 8:202"),
			Frame{false, false, 202, 641, 361, false},
			nil,
		}},
		"references never seen": {{
			header(t, vp9Start+" b:1 b:1 b:0 2:0 8:1"+refs+" b:1 b:0 b:1 b:1 "+vp9Tail+" 8:203"),
			Frame{false, true, 203, 0, 0, false},
			nil,
		}},
		"intra-only, then shown": {
			{
				header(t, vp9Start+" b:1 b:0 b:0 b:1 2:0 "+vp9Sync+" 8:32 16:99 16:49 b:0 "+vp9Tail+" 8:66"),
				Frame{false, false, 66, 100, 50, false},
				nil,
			},
			{header(t, "2:2 b:00 b:1 3:5"), Frame{false, true, 66, 100, 50, false}, nil},
			{header(t, "2:2 b:00 b:1 3:4"), Frame{false, true, -1, 0, 0, false}, nil},
		},
		"intra-only of profile 1": {{
			header(t, "2:2 b:10 b:0 b:1 b:0 b:0 b:1 2:0 "+vp9Sync+" 3:2 b:0 b:01 b:0 8:32 16:99 16:49 b:0 "+vp9Tail+" 8:67"),
			Frame{false, false, 67, 100, 50, false},
			nil,
		}},
		"profile 1, RGB": {{
			header(t, "2:2 b:10 b:0 b:0 b:1 b:0 "+vp9Sync+" 3:7 b:0 16:99 16:49 b:0 "+vp9Tail+" 8:68"),
			Frame{true, true, 68, 100, 50, false},
			nil,
		}},
		"profile 2": {{
			header(t, "2:2 b:01 b:0 b:0 b:1 b:0 "+vp9Sync+" b:1 3:2 b:0 16:99 16:49 b:0 "+vp9Tail+" 8:69"),
			Frame{true, true, 69, 100, 50, false},
			nil,
		}},
		"profile 3": {{
			header(t, "2:2 b:11 b:0 b:0 b:0 b:1 b:0 "+vp9Sync+" b:1 3:2 b:0 b:11 b:0 16:99 16:49 b:0 "+vp9Tail+" 8:70"),
			Frame{true, true, 70, 100, 50, false},
			nil,
		}},
		"reserved profile":   {{header(t, "2:2 b:11 b:1 20:0"), Frame{Quantizer: -1}, ErrInvalid}},
		"wrong frame marker": {{header(t, "2:1 b:00 b:0 30:0"), Frame{Quantizer: -1}, ErrInvalid}},
	} {
		t.Run(name, func(t *testing.T) {
			requireFrames(t, catalogue.VP9, buffers)
			last := buffers[len(buffers)-1]
			if last.err != nil || len(last.data) < 3 {
				return
			}
			for n := range len(last.data) - 2 { // Trailing bits may fill one byte.
				f, err := NewParser(catalogue.VP9).Parse(last.data[:n])
				require.ErrorIs(t, err, ErrTruncated, "%d bytes", n)
				require.Equal(t, -1, f.Quantizer)
			}
		})
	}
}

// superframe returns a superframe (annex B) with sizes in two bytes.
func superframe(frames ...[]byte) (data []byte) {
	marker := byte(0xc0 | 1<<3 | len(frames) - 1)
	index := []byte{marker}
	for _, f := range frames {
		data = append(data, f...)
		index = append(index, byte(len(f)), byte(len(f)>>8))
	}
	return append(append(data, index...), marker)
}

func TestVP9Superframes(t *testing.T) {
	key := header(t, vp9KeyHdr)
	refs := " 3:1 b:0 3:2 b:1 3:3 b:0"
	shown := header(t, vp9Start+" b:1 b:1 b:0 2:0 8:1"+refs+" b:1 b:0 b:1 b:1 "+vp9Tail+" 8:100")
	hidden := header(t, vp9Start+" b:1 b:0 b:0 b:0 2:0 8:1"+refs+" b:1 b:0 b:1 b:1 "+vp9Tail+" 8:20")
	again := header(t, "2:2 b:00 b:1 3:0")
	requireFrames(t, catalogue.VP9, []buffer{
		{superframe(key, shown), Frame{true, true, 100, 641, 361, false}, nil},
		{superframe(hidden, shown), Frame{false, true, 100, 641, 361, false}, nil},
		{superframe(shown, hidden), Frame{false, true, 100, 641, 361, false}, nil},
		{superframe(hidden), Frame{false, false, 20, 641, 361, false}, nil},
		{superframe(hidden, nil), Frame{false, false, 20, 641, 361, false}, nil},
		{superframe(shown, hidden, again), Frame{false, true, 20, 641, 361, false}, nil},
		{superframe(nil), Frame{Quantizer: -1}, ErrNoFrame},
		{superframe(shown, hidden)[len(shown)+len(hidden):], Frame{Quantizer: -1}, ErrTruncated},
		// A marker without an index is data.
		{append(append([]byte{}, shown...), 0xc9), Frame{false, true, 100, 641, 361, false}, nil},
		{[]byte{0xdf}, Frame{Quantizer: -1}, ErrInvalid},
	})
}
