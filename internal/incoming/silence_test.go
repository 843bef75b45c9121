// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package incoming

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSilence(t *testing.T) {
	const filter = "capsfilter"
	for name, c := range map[string]struct {
		stages []Stage
		want   string
	}{
		"nothing":  {nil, ""},
		"all flow": {[]Stage{{"a", filter, true, true, false}, {"b", "udpsrc", true, true, false}}, ""},
		"the source": {
			[]Stage{{"a", filter, false, true, false}, {"b", "udpsrc", false, true, false}},
			"b produces nothing: no data has reached it",
		},
		"a demuxer": {
			[]Stage{{"b", "theoradec", false, false, false}, {"a", "oggdemux", false, false, true}}, "a has found no stream",
		},
		"no caps": {
			[]Stage{
				{"c", filter, false, false, false},
				{"b", "rtpjitterbuffer", false, false, false},
				{"a", "udpsrc", true, false, false},
			},
			"b receives packets without caps from a: add such as caps=",
		},
		"other caps": {
			[]Stage{{"b", "rtph264depay", false, false, false}, {"a", "rtpjitterbuffer", true, true, false}},
			"b receives packets from a and makes no frames of them",
		},
		"no parameter sets": {
			[]Stage{
				{"c", filter, false, false, false},
				{"b", "h264parse", false, false, false},
				{"a", "tcpclientsrc", true, false, false},
			},
			"b receives data from a, but no SPS and PPS",
		},
		"any": {
			[]Stage{{"b", "av1parse", false, false, false}, {"a", "fdsrc", true, false, false}},
			"b receives data from a and produces nothing",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := Silence(c.stages, false)
			require.Contains(t, got, c.want)
			require.Equal(t, c.want == "", got == "")
			later := Silence(c.stages, true)
			require.Equal(t, c.want == "", later == "")
			require.NotContains(t, later, "SPS", "it had them")
		})
	}
}
