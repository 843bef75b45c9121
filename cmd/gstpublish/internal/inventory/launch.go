// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"fmt"
	"strings"

	"github.com/gstpublish/gstpublish/pipeline"
)

// Publishes says what a pipeline would publish.
func Publishes(pipe *pipeline.Pipeline) string {
	var b strings.Builder
	b.WriteString("\n")
	for _, o := range pipe.Outputs() {
		switch o.Kind {
		case pipeline.RawVideo:
			b.WriteString("publishes: video, which gstpublish encodes\n")
		case pipeline.EncodedVideo:
			fmt.Fprintf(&b, "publishes: video as %s, which the pipeline has encoded\n", o.Codec)
		case pipeline.Opus:
			b.WriteString("publishes: audio as Opus\n")
		}
	}
	if len(pipe.Outputs()) == 0 {
		b.WriteString("publishes: nothing, since every branch ends in a sink: leave the last \"! SINK\" out\n")
	}
	return b.String()
}

// HeaderText writes what a launch file says about itself.
func HeaderText(name string, h *pipeline.Header) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", name)
	for _, line := range []struct{ key, value string }{
		{"", h.Title}, {"publishes  ", h.Publishes}, {"needs      ", h.Needs},
	} {
		if line.value != "" {
			fmt.Fprintf(&b, "  %s%s\n", line.key, line.value)
		}
	}
	for _, v := range h.Variables {
		switch {
		case !v.Optional:
			fmt.Fprintf(&b, "  --set %s=…  (required)\n", v.Name)
		default:
			fmt.Fprintf(&b, "  --set %s=%s\n", v.Name, v.Default)
		}
	}
	return b.String()
}
