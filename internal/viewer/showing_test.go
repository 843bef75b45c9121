// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package viewer

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestBrowsersDropFramesOutOfOrder(t *testing.T) {
	for name, c := range map[string]struct {
		frames []sample
		shown  []bool
	}{
		"in order":  {[]sample{{rtpTime: 1, key: true}, {rtpTime: 2}, {rtpTime: 3}}, []bool{true, true, true}},
		"same time": {[]sample{{rtpTime: 1, key: true}, {rtpTime: 1}}, []bool{true, true}},
		"wrapping":  {[]sample{{rtpTime: 1<<32 - 1, key: true}, {rtpTime: 5}}, []bool{true, true}},
		"B-frames": {
			[]sample{{rtpTime: 0, key: true}, {rtpTime: 3}, {rtpTime: 1}, {rtpTime: 2}, {rtpTime: 6}, {rtpTime: 9, key: true}},
			[]bool{true, true, false, false, false, true},
		},
		"a late key frame": {
			[]sample{{rtpTime: 5, key: true}, {rtpTime: 1, key: true}, {rtpTime: 6}, {rtpTime: 7, key: true}},
			[]bool{true, false, false, true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var o showing
			for i := range c.frames {
				require.Equal(t, c.shown[i], o.shows(&c.frames[i]), "frame %d", i)
			}
		})
	}
}
