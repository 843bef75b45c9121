// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/link"
	"github.com/gstpublish/gstpublish/internal/viewer"
	"github.com/gstpublish/gstpublish/internal/wires"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink"
)

// TestSeveralInputsShareANarrowLink: three inputs of one participant would send three times what the link carries. What
// they send together fits, and each of them arrives.
func TestSeveralInputsShareANarrowLink(t *testing.T) {
	t.Parallel()
	const inputs, wanted = 3, 500_000 // bit/s, of each
	narrow := link.Shape{Delay: 20 * time.Millisecond, Rate: 500_000, Queue: 600 * time.Millisecond}
	n := newLinked(t, narrow, link.Shape{Delay: narrow.Delay})
	room := newRoom(t)
	var viewers []*viewer.Viewer
	for i := range inputs {
		v, err := viewer.Join(within(t), n.server.URL(), token(t, room, fmt.Sprint("viewer", i)),
			&viewer.Options{TrackName: fmt.Sprint("input", i)})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, v.Close()) })
		viewers = append(viewers, v)
	}
	n.others = n.link.Flows()
	publisher := n.join(room)
	var all []*sink.Publication
	for i := range inputs {
		// Noise takes whatever rate an encoder gives to it.
		text := "videotestsrc is-live=true pattern=snow ! video/x-raw,format=I420,width=160,height=120,framerate=15/1"
		all = append(all, publishPipeline(t, publisher, text, &sink.Options{
			Name: fmt.Sprint("input", i), Encoding: sink.EncodingOptions{Codec: pipeline.VP8, Bitrate: wanted},
		}, wires.Wires{Network: n.net}))
	}
	for _, v := range viewers {
		for range 10 {
			next(t, v)
		}
	}
	targets := func() (sum int) {
		for _, pub := range all {
			sum += pub.Stats().Layers[0].Target
		}
		return sum
	}
	require.Eventually(t, func() bool { return targets() <= narrow.Rate }, wait, tick, "the targets fit the link")
	n.mark()
	for range 40 {
		for _, v := range viewers {
			next(t, v)
		}
	}
	history := n.media().Up().History()
	sent := history.Window(0, time.Since(history.Since))
	t.Logf("%+v; targets %d bit/s; %+v", sent, targets(), n.net.Stats())
	require.Zero(t, sent.Dropped, "the queue of the link had room for all that was sent")
	require.LessOrEqual(t, targets(), narrow.Rate)
	require.Greater(t, sent.Rate, 0.5*float64(narrow.Rate), "and the link is used")
	for _, pub := range all {
		require.Positive(t, pub.Stats().Layers[0].Share)
	}
}
