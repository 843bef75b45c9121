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
		"all flow": {[]Stage{{"a", filter, true, true}, {"b", "udpsrc", true, true}}, ""},
		"the source": {
			[]Stage{{"a", filter, false, true}, {"b", "udpsrc", false, true}},
			"b produces nothing: no data has reached it",
		},
		"no caps": {
			[]Stage{{"c", filter, false, false}, {"b", "rtpjitterbuffer", false, false}, {"a", "udpsrc", true, false}},
			"b receives packets without caps from a: add such as caps=",
		},
		"other caps": {
			[]Stage{{"b", "rtph264depay", false, false}, {"a", "rtpjitterbuffer", true, true}},
			"b receives packets from a and makes no frames of them",
		},
		"no parameter sets": {
			[]Stage{{"c", filter, false, false}, {"b", "h264parse", false, false}, {"a", "tcpclientsrc", true, false}},
			"b receives data from a, but no SPS and PPS",
		},
		"any": {
			[]Stage{{"b", "av1parse", false, false}, {"a", "fdsrc", true, false}}, "b receives data from a and produces nothing",
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
