// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/incoming"
	"github.com/gstpublish/gstpublish/sink"
)

var (
	propertySeed  = flag.Uint64("property.seed", 0, "the seed of TestFramesAddUp; 0 chooses one")
	propertyCount = flag.Int("property.count", 15, "the number of pipelines of TestFramesAddUp")
)

// trial is a pipeline, and what is known of it.
type trial struct {
	text    string
	frames  uint64 // that come out of it; 0 if that is not known
	encoded bool   // by the pipeline
	live    bool
	sound   uint64 // packets of it that come out beside the video; 0 if there is none
	viewers bool
	muted   bool // for a while
	moved   bool // the connection is lost for a while, and the participant joins again
	layers  int
}

// trials makes random pipelines.
type trials struct{ *rand.Rand }

func (r trials) of(all ...string) string { return all[r.IntN(len(all))] }

func (r trials) chance(percent int) bool { return r.IntN(100) < percent }

// coders are encoders of each codec, and what may be between them and the output.
var coders = []struct{ encoder, payloader, containers, parser string }{
	{"vp8enc deadline=1 cpu-used=8 keyframe-max-dist=15", "rtpvp8pay ! rtpvp8depay", "webmmux ! matroskademux", ""},
	{
		"vp9enc deadline=1 cpu-used=8 lag-in-frames=0 keyframe-max-dist=15", "rtpvp9pay ! rtpvp9depay",
		"matroskamux ! matroskademux", " ! vp9parse",
	},
	{
		"x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15", "rtph264pay ! rtph264depay",
		"flvmux streamable=true ! flvdemux", " ! h264parse",
	},
	{
		"openh264enc gop-size=15", "h264parse ! rtph264pay ! rtph264depay", "h264parse ! matroskamux ! matroskademux",
		" ! h264parse",
	},
	{
		// With h265parse behind it, rtph265depay of GStreamer 1.22 leaks caps.
		"x265enc tune=zerolatency speed-preset=ultrafast key-int-max=15", "identity",
		"h265parse ! matroskamux ! matroskademux", " ! h265parse",
	},
	{
		"av1enc cpu-used=8 usage-profile=realtime lag-in-frames=0 max-quantizer=63 keyframe-max-dist=15", "identity",
		"av1parse ! matroskamux ! matroskademux", " ! av1parse",
	},
}

// next returns the next random pipeline.
func (r trials) next() trial {
	t := trial{
		viewers: r.chance(80), muted: r.chance(30), moved: r.chance(15), live: r.chance(60), layers: 1,
		frames: uint64(30 + r.IntN(60)),
	}
	size := fmt.Sprintf("width=%d,height=%d", 160+2*r.IntN(100), 120+2*r.IntN(60))
	rate := r.of("30/1", "25/1", "60/1", "30000/1001")
	t.text = fmt.Sprintf("videotestsrc num-buffers=%d is-live=%t pattern=%s ! video/x-raw,format=%s,%s,framerate=%s",
		t.frames, t.live, r.of("ball", "smpte", "snow"),
		r.of("I420", "NV12", "YUY2", "BGRx", "RGB", "GRAY8", "I420_10LE", "Y444", "AYUV"), size, rate)
	restarts := !t.live && r.chance(20)
	if restarts { // Time stamps begin again.
		t.frames += 20
		t.text += fmt.Sprintf(" ! videoconvert ! restarts.  videotestsrc num-buffers=20 ! video/x-raw,%s,framerate=%s ! "+
			"videoconvert ! restarts.  concat name=restarts adjust-base=false ! video/x-raw", size, rate)
	}
	for range r.IntN(3) {
		t.text += r.of(" ! videoconvert", " ! videoscale ! video/x-raw,width=240,height=136", " ! queue",
			" ! videoconvert ! videoflip method=clockwise", " ! videocrop top=2 left=4", " ! identity silent=true")
	}
	if restarts || r.chance(40) {
		t.layers = 1 + r.IntN(3)
		t.lose(r, 15)
	} else {
		t.encode(r)
	}
	if r.chance(30) {
		t.sound = uint64(20 + r.IntN(80))
		t.text += fmt.Sprintf("  audiotestsrc num-buffers=%d samplesperbuffer=960 is-live=%t ! "+
			"audio/x-raw,rate=48000,channels=%s", t.sound, t.live, r.of("1", "2", "6,channel-mask=(bitmask)0x3f"))
	}
	return t
}

// encode has the pipeline encode its frames. Those with B-frames are decoded again.
func (one *trial) encode(r trials) {
	if r.chance(20) {
		one.text += " ! videoconvert ! x264enc bframes=2 b-adapt=false speed-preset=ultrafast key-int-max=15 ! " +
			r.of("h264parse", "h264parse ! matroskamux ! matroskademux ! h264parse", "mpegtsmux ! tsdemux ! h264parse") +
			" ! avdec_h264 ! videoconvert"
		return
	}
	one.encoded = true
	coder := coders[r.IntN(len(coders))]
	one.text += " ! videoconvert ! " + coder.encoder
	switch r.IntN(3) {
	case 0:
		one.lose(r, 30)
	case 1:
		one.text += " ! " + coder.payloader
		one.lose(r, 30)
	case 2:
		one.text += " ! " + coder.containers
		if coder.parser == "" {
			one.text += " ! capsfilter caps=video/x-vp8"
		}
	}
	one.text += coder.parser
}

// lose drops some buffers, with a probability.
func (one *trial) lose(r trials, percent int) {
	if r.chance(percent) {
		one.text += " ! identity drop-probability=0.1"
		one.frames = 0
	}
}

// TestFramesAddUp: for random pipelines, what comes in is sent or dropped by named causes, and where nothing is sent
// for five seconds, that has a reason.
func TestFramesAddUp(t *testing.T) {
	t.Parallel()
	seed := *propertySeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("to repeat this: -property.seed %d", seed)
	random := trials{rand.New(rand.NewPCG(seed, 0))} //nolint:gosec // for tests
	for i := range *propertyCount {
		one := random.next()
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			one.run(t)
		})
	}
}

func (one *trial) run(t *testing.T) {
	t.Helper()
	t.Logf("%+v", *one)
	name := newRoom(t)
	if one.viewers {
		view(t, name, "viewer")
	}
	room := join(t, name)
	pub, err := sink.PublishPipeline(within(t), room, parse(t, one.text), &sink.Options{
		Layers: sink.LayerOptions{Sizes: one.layers}, Encoding: sink.EncodingOptions{Encoder: "vp8enc"},
	})
	if refused := (*incoming.FormatError)(nil); errors.As(err, &refused) {
		return // A muxer hides the encoder from what would ask it for 4:2:0.
	}
	require.NoError(t, err)
	defer func() { require.NoError(t, pub.Close()) }()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	end := time.After(wait)
	var sent uint64
	since := time.Now()
	for n := 0; ; n++ {
		select {
		case <-pub.Done():
			s := pub.Stats()
			one.requireSum(t, &s)
			require.NoError(t, pub.Err())
			return
		case <-end:
			require.FailNow(t, "the pipeline does not end", "%s\n%v", one.text, stats{pub})
		case now := <-tick.C:
			if one.muted && (n == 5 || n == 10) {
				pub.SetMuted(n == 5)
			}
			if one.moved && n == 7 {
				room.Simulate(lksdk.SimulateNodeFailure)
			}
			s := pub.Stats()
			if s.Sent != sent || s.Reason != sink.ReasonNone {
				sent, since = s.Sent, now
			}
			require.Less(t, now.Sub(since), 6*time.Second, "silence without a reason: %s\n%+v", one.text, s)
		}
	}
}

// requireSum: each frame that came out of the pipeline is accounted for, in each layer.
func (one *trial) requireSum(t *testing.T, s *sink.Stats) {
	t.Helper()
	if one.frames > 0 {
		require.Equal(t, one.frames, s.Offered+s.Unchanged+s.Refused, "%s\n%+v", one.text, s)
	}
	if one.sound > 0 && !one.live && !one.muted && !one.moved { // Otherwise some of it is meant to be lost.
		require.InDelta(t, one.sound, s.AudioSent, 1, "%s\n%+v", one.text, s)
	}
	if one.encoded {
		requireSum(t, s)
		return
	}
	require.Equal(t, uint64(len(s.Layers))*s.Offered+s.Repeats, s.Sent+s.DroppedQueueFull+s.DroppedFrameRate+
		s.DroppedUnbound+s.DroppedMuted+s.DroppedUnwatched+s.DroppedCongested+s.DroppedSwitching+s.DroppedUndecodable+
		s.WriteErrors, "%s\n%+v", one.text, s)
}
