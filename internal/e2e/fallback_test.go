// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/gst/standin"
	"github.com/gstpublish/gstpublish/internal/test/attempt"
	"github.com/gstpublish/gstpublish/internal/testframe"
	"github.com/gstpublish/gstpublish/internal/viewer"
	"github.com/gstpublish/gstpublish/internal/wires"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink"
)

// longestGap is the longest gap between frames that a viewer may see after the failure of an encoder.
const longestGap = time.Second

// The hardware encoders that these tests simulate.
const (
	hardware        = "nvh264enc"
	hardwareVersion = "1.26"
)

// standIn registers stand-ins in this process and in child processes, where they have a fault of their own. After the
// test there are none, and their proofs are forgotten.
func standIn(t *testing.T, inChild standin.Fault) {
	t.Helper()
	require.NoError(t, standin.Register(hardware, hardwareVersion))
	t.Setenv(standin.EnvName, standin.Env(standin.Entry{Name: hardware, Version: hardwareVersion, Fault: inChild}))
	prover.Forget()
	t.Cleanup(func() {
		standin.SetFault(hardware, standin.Fault{})
		standin.Release()
		prover.Forget()
	})
}

func h264Options() *sink.Options {
	return &sink.Options{Encoding: sink.EncodingOptions{Codec: pipeline.H264}}
}

func proving() wires.Wires { return wires.Wires{Prover: prover} }

// TestAnEncoderThatIsNotProvenIsNotUsed tests hardware that crashes during the proof. Package proof tests each way to
// fail.
func TestAnEncoderThatIsNotProvenIsNotUsed(t *testing.T) {
	standIn(t, standin.Fault{Kind: standin.Abort, Frame: 3})
	name := newRoom(t)
	v := view(t, name, "viewer")
	src := newSource(t, 640, 360, nil)
	pub := publish(t, join(t, name), src, h264Options(), proving())
	c := shoot(t, src, testframe.Draw(appsrc.BufferI420, 640, 360, 0), nil)
	requireFrames(t, v, c, 5, 640, 360)
	require.Equal(t, "x264enc", pub.Stats().Encoder)
	events := pub.EncoderEvents()
	require.Len(t, events, 1)
	require.Equal(t, hardware, events[0].Rejected[0].Encoder)
	require.Contains(t, events[0].Rejected[0].Reason, "it crashed (")
}

// TestAnEncoderThatFailsIsReplaced tests hardware that works during the proof and fails later, at its first frame or in
// mid-stream.
func TestAnEncoderThatFailsIsReplaced(t *testing.T) {
	standIn(t, standin.Fault{}) // once, so that x264enc is proven once
	for _, fault := range []standin.Fault{
		{Kind: standin.RefuseReady},
		{Kind: standin.RefuseFormat},
		{Kind: standin.Fail, Frame: 1},
		{Kind: standin.Hang, Frame: 1},
		{Kind: standin.Swallow, Frame: 1},
		{Kind: standin.BFrames},
		{Kind: standin.OmitHeaders},
		{Kind: standin.Fail, Frame: 40},
		{Kind: standin.Hang, Frame: 40},
		{Kind: standin.Swallow, Frame: 40},
	} {
		name := fault.Kind.String() + " at the start"
		if fault.Frame > 1 {
			name = fault.Kind.String() + " in mid-stream"
		}
		t.Run(name, func(t *testing.T) {
			defer standin.SetFault(hardware, standin.Fault{})
			attempt.Best(t, func(t *testing.T, verdict *attempt.Verdict) {
				t.Helper()
				standin.SetFault(hardware, fault)
				gap := testReplaced(t)
				verdict.Want(fault.Frame <= 1 || gap <= longestGap, "a gap of %v", gap)
			})
		})
	}
}

// testReplaced publishes video whose encoder fails, and returns the longest time between two frames.
func testReplaced(t *testing.T) time.Duration {
	t.Helper()
	name := newRoom(t)
	v := view(t, name, "viewer")
	src := newSource(t, 640, 360, nil)
	pub := publish(t, join(t, name), src, h264Options(), proving())
	t.Cleanup(standin.Release) // Before the publication is closed.
	sid := pub.SID()
	shoot(t, src, testframe.Draw(appsrc.BufferI420, 640, 360, 0), nil)
	gap := requireSwitch(t, v, pub)
	require.Equal(t, sid, pub.SID(), "the track stays")
	s := pub.Stats()
	require.Equal(t, "x264enc", s.Encoder)
	require.EqualValues(t, 1, s.EncoderFailures)
	require.NotEmpty(t, s.EncoderReason)
	require.Zero(t, v.Stats().KeyFramesWithoutParameterSets)
	events := pub.EncoderEvents()
	require.GreaterOrEqual(t, len(events), 2)
	failed, chosen := events[len(events)-2], events[len(events)-1]
	require.True(t, failed.Failed && failed.Encoder == hardware && failed.Reason != "", "%+v", events)
	require.True(t, !chosen.Failed && chosen.Encoder == "x264enc", "%+v", events)
	return gap
}

// requireSwitch takes frames until twenty of the second encoder have arrived, and returns the longest time between two
// frames. Frames may be missing in one place, before the second encoder's key frame, and wherever they were dropped and
// counted because an encoder was busy.
func requireSwitch(t *testing.T, v *viewer.Viewer, pub *sink.Publication) (longest time.Duration) {
	t.Helper()
	last := next(t, v)
	before := requireIndex(t, last.RGBA())
	missing, atSwitch := uint32(0), uint32(0) // frames: in total, and the most before a key frame
	for after := 0; after < 20; {
		p := next(t, v)
		index := requireIndex(t, p.RGBA())
		longest = max(longest, p.Received.Sub(last.Received))
		gap := max(index, before+1) - before - 1
		missing += gap
		if p.Key {
			atSwitch = max(atSwitch, gap)
		}
		if pub.Stats().Encoder == "x264enc" {
			after++
		}
		last, before = p, index
	}
	require.LessOrEqual(t, uint64(missing-atSwitch), pub.Stats().DroppedQueueFull, "lost elsewhere")
	return longest
}

// TestTheNextCodecTakesOver tests hardware for two codecs without software encoders.
func TestTheNextCodecTakesOver(t *testing.T) {
	const first = "nvh265enc"
	for _, frame := range []int{0, 60} {
		standIn(t, standin.Fault{})
		require.NoError(t, standin.Register(first, hardwareVersion))
		fault := standin.Fault{Kind: standin.Fail, Frame: frame}
		inChild := fault
		if frame > 0 {
			inChild = standin.Fault{} // It works during the proof.
		}
		t.Setenv(standin.EnvName, standin.Env(
			standin.Entry{Name: first, Version: hardwareVersion, Fault: inChild},
			standin.Entry{Name: hardware, Version: hardwareVersion}))
		standin.SetFault(first, fault)
		name := newRoom(t)
		src := newSource(t, 640, 360, nil)
		pub := publish(t, join(t, name), src, &sink.Options{
			Encoding: sink.EncodingOptions{
				Codec:          pipeline.H265,
				FallbackCodecs: []pipeline.Codec{pipeline.H264},
				Hardware:       pipeline.HardwareRequire,
			},
		}, proving())
		sid := pub.SID()
		c := shoot(t, src, testframe.Draw(appsrc.BufferI420, 640, 360, 0), nil)
		if frame > 0 {
			v := view(t, name, "early")
			require.Equal(t, pipeline.H265.String(), seen(t, v))
			require.Eventually(t, func() bool { return pub.Stats().EncoderSwitches == 1 }, wait, 10*time.Millisecond)
			require.NotEqual(t, sid, pub.SID(), "another codec needs another track")
		}
		v := view(t, name, "viewer")
		requireFrames(t, v, c, 20, 640, 360)
		require.Equal(t, pipeline.H264.String(), seen(t, v))
		require.Equal(t, hardware, pub.Stats().Encoder)
		require.Equal(t, pipeline.H264.MimeType(), pub.Stats().Codec)
		c.hold()
		require.NoError(t, pub.Close())
	}
}

// seen returns the codec of the next frame.
func seen(t *testing.T, v *viewer.Viewer) string {
	t.Helper()
	next(t, v)
	return v.Stats().Codec
}

// TestHardwareCanBeRequired tests a machine without hardware.
func TestHardwareCanBeRequired(t *testing.T) {
	standIn(t, standin.Fault{Kind: standin.RefuseReady})
	room := join(t, newRoom(t))
	src := newSource(t, 640, 360, nil)
	o := h264Options()
	o.Encoding.Hardware = pipeline.HardwareRequire
	_, err := sink.Publish(wires.With(within(t), proving()), room, src, o)
	var none *pipeline.NoEncoderError
	require.ErrorAs(t, err, &none)
	require.Equal(t, hardware, none.Rejected[0].Encoder)
	require.Contains(t, none.Rejected[0].Reason, "Failed to open encoder")
	require.NotEmpty(t, none.Missing)
	require.Empty(t, room.LocalParticipant.TrackPublications())
	o.Encoding.Hardware = pipeline.HardwareOff
	pub := publish(t, room, src, o)
	require.Equal(t, "x264enc", pub.Stats().Encoder)
}
