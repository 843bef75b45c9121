// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/link"
	"github.com/gstpublish/gstpublish/internal/viewer"
	"github.com/gstpublish/gstpublish/internal/wires"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink"
)

// carries is what the connection of the viewer below carries, in bit/s.
const carries = 300_000

// TestANarrowViewerKeepsTheFullSize has a viewer whose connection carries 300 kbit/s, while the screen takes several
// times as much. The viewer requests the lowest layer, so that the test does not depend on the server's estimate: it
// has fewer frames, of the full size.
func TestANarrowViewerKeepsTheFullSize(t *testing.T) {
	t.Parallel()
	for _, codec := range []pipeline.Codec{pipeline.VP8, pipeline.H264} {
		t.Run(codec.String(), func(t *testing.T) {
			t.Parallel()
			n := newLinked(t, link.Shape{}, link.Shape{})
			name := newRoom(t)
			v := n.view(name)
			s := publishScreen(t, name, v, n.join(name), &sink.Options{
				Encoding: sink.EncodingOptions{Codec: codec, Backup: sink.NoBackup},
				Layers:   sink.LayerOptions{Sizes: 2},
			}, wires.Wires{Network: n.net})
			t.Cleanup(func() { t.Logf("published %+v\nviewed %+v", s.pub.Stats().Layers, v.Stats()) })
			s.capture(1)
			until(t, v, "the first frame", indexIs(1))
			require.NoError(t, v.SetQuality(viewer.Low))
			require.Eventually(t, func() bool { return !s.pub.Stats().Layers[1].Watched }, wait, tick)
			s.capture(3)
			until(t, v, "a frame of the lowest layer", indexIs(3))
			// The server sends a key frame at once, so less of a queue would lose it.
			for _, f := range n.others {
				f.SetDown(link.Shape{Rate: carries, Delay: 20 * time.Millisecond, Queue: 2 * time.Second})
			}
			c := s.scroll()
			from := until(t, v, "motion", indexFrom(scrolled))
			before := layerOf(t, s.pub, screenWidth).SentBytes // the lowest comes first
			shown := 0
			until(t, v, "ten seconds of motion", func(p *viewer.Frame) bool {
				require.Equal(t, [2]int{screenWidth, screenHeight}, [2]int{p.Width, p.Height})
				shown++
				return since(p, from) > 10*time.Second
			})
			bits := 8 * int(layerOf(t, s.pub, screenWidth).SentBytes-before)
			t.Logf("%d frames and %d kbit in ten seconds", shown, bits/1000)
			require.GreaterOrEqual(t, shown, 10, "a frame a second")
			require.LessOrEqual(t, shown, 200, "of 300")
			require.LessOrEqual(t, bits, 10*carries)
			c.hold()
			s.capture(2)
			until(t, v, "the last frame, readable", func(p *viewer.Frame) bool { return indexIs(2)(p) && s.psnr(p) >= 35 })
		})
	}
}
