// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/congestion"
	"github.com/gstpublish/gstpublish/internal/link"
	"github.com/gstpublish/gstpublish/internal/test/attempt"
	"github.com/gstpublish/gstpublish/internal/wires"
	"github.com/gstpublish/gstpublish/sink"
)

// TestLargeKeyFramesOnAWideLink tests video that a pipeline has encoded, with key frames of 275 kB among tiny frames:
// the demand knows them, so the network finds out that the link carries them, and viewers see no freeze.
func TestLargeKeyFramesOnAWideLink(t *testing.T) {
	const delay, queue = 20 * time.Millisecond, 500 * time.Millisecond
	for name, shape := range map[string]link.Shape{
		"free":      {Delay: delay},
		"50 Mbit_s": {Delay: delay, Rate: 50_000_000, Queue: queue},
	} {
		t.Run(name, func(t *testing.T) {
			attempt.Best(t, func(t *testing.T, verdict *attempt.Verdict) {
				t.Helper()
				sendLargeKeyFrames(t, verdict, shape)
			})
		})
	}
}

func sendLargeKeyFrames(t *testing.T, verdict *attempt.Verdict, shape link.Shape) {
	t.Helper()
	// Still noise: a key frame repeats all of it, and the frames in between nothing.
	const text = "videotestsrc pattern=snow num-buffers=1 ! video/x-raw,width=640,height=360,format=I420 ! " +
		"imagefreeze is-live=true ! video/x-raw,framerate=30/1 ! " +
		"x264enc pass=quant quantizer=15 tune=zerolatency speed-preset=ultrafast key-int-max=30"
	const least, most = 250_000, 300_000 // bytes of a key frame
	const demand = least * 8 * 10        // bit/s, so that it takes a tenth of a second
	n := newLinked(t, shape, link.Shape{Delay: shape.Delay})
	// Without a limit, a burst may overflow the socket of a viewer who shares two cores with all others.
	n.link.SetDefault(link.Shape{}, link.Shape{Rate: 50_000_000, Queue: time.Second})
	name := newRoom(t)
	v := n.view(name)
	pub := publishPipeline(t, n.join(name), text, nil, wires.Wires{Network: n.net})
	next(t, v)
	require.Eventually(t, func() bool {
		is := n.net.Stats()
		return is.Demand > demand && is.Link.Bound == congestion.AtLeast && is.PacingRate > demand &&
			pub.Stats().KeyFrames > 2
	}, wait, tick, "%+v", n.net.Stats())

	seen, sent := v.Stats(), pub.Stats()
	r := record(t, v, 5*time.Second, nil)
	seenThen, sentThen := v.Stats(), pub.Stats()
	large := 0
	for _, f := range r.frames {
		if f.bytes > 10_000 {
			require.Greater(t, f.bytes, least)
			require.Less(t, f.bytes, most)
			large++
		}
	}
	slow := slower(&sentThen.SendDelay) - slower(&sent.SendDelay)
	t.Logf("%d frames, %d of them large, longest freeze %v; %d samples took longer than 100 ms; %+v", len(r.frames), large,
		r.freeze(), slow, n.net.Stats())
	require.InDelta(t, sentThen.Offered-sent.Offered, sentThen.Sent-sent.Sent, 2, "none is dropped; some are on their way")
	require.Equal(t, sent.DroppedUnbound, sentThen.DroppedUnbound)
	require.LessOrEqual(t, uint64(large), sentThen.KeyFrames-sent.KeyFrames+1, "no key frame is sent twice")
	verdict.Want(large >= 4, "%d key frames in 5 s", large)
	verdict.Want(seenThen.Lost == seen.Lost && seenThen.Discarded == seen.Discarded, "the viewer misses packets: %+v",
		seenThen)
	verdict.Want(sentThen.PLIs == sent.PLIs, "%d key frames are requested", sentThen.PLIs-sent.PLIs)
	verdict.Want(slow == 0, "%d samples took longer than 100 ms: %v", slow, sentThen.SendDelay)
	verdict.Want(r.freeze() < 200*time.Millisecond, "a freeze of %v", r.freeze())
}

// slower returns how many durations were longer than a tenth of a second.
func slower(h *sink.Histogram) uint64 {
	i := slices.IndexFunc(h.Buckets, func(b sink.Bucket) bool { return b.Max >= 100*time.Millisecond })
	return h.Count - h.Buckets[i].Count
}
