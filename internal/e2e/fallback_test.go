// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/gst/standin"
	"github.com/gstpublish/gstpublish/internal/testpicture"
	"github.com/gstpublish/gstpublish/internal/viewer"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink"
)

// longestGap is what a viewer may see of the failure of an encoder.
const longestGap = time.Second

// The hardware that these tests pretend to have.
const (
	hardware        = "nvh264enc"
	hardwareVersion = "1.26"
)

// standIn registers the hardware here and for child processes, where it has a
// fault of its own. Afterwards it has none, and nobody remembers it.
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

func h264Options() *sink.Options { return &sink.Options{Codec: pipeline.H264, Prover: prover} }

// TestAnEncoderThatIsNotProvenIsNotUsed has hardware that fails in the proof, in
// each way.
func TestAnEncoderThatIsNotProvenIsNotUsed(t *testing.T) {
	for reason, fault := range map[string]standin.Fault{
		"":                                   {Kind: standin.RefuseReady},
		"doesn't take pictures of this size": {Kind: standin.RefuseFormat},
		"it gave no answer in time":          {Kind: standin.Hang, Frame: 3},
		"brought its process down":           {Kind: standin.Abort, Frame: 3},
		"(SIGSEGV: segmentation violation)":  {Kind: standin.Crash},
		"2 in, 0 out":                        {Kind: standin.BFrames},
		"holds pictures back":                {Kind: standin.Swallow, Frame: 5},
		"no key frame":                       {Kind: standin.IgnoreKeyUnit},
		"doesn't look like what was put in":  {Kind: standin.Garbage},
		hardware:                             {Kind: standin.Fail, Frame: 7},
		"parameter sets":                     {Kind: standin.OmitHeaders},
	} {
		t.Run(fault.Kind.String(), func(t *testing.T) {
			standIn(t, fault)
			name := newRoom(t)
			v := view(t, name, "viewer")
			src := newSource(t, 640, 360, nil)
			pub := publish(t, join(t, name), src, h264Options())
			c := shoot(t, src, testpicture.Draw(appsrc.BufferI420, 640, 360, 0), nil)
			requirePictures(t, v, c, 5, 640, 360)
			require.Equal(t, "x264enc", pub.Stats().Encoder)
			events := pub.EncoderEvents()
			require.Len(t, events, 1)
			require.Equal(t, hardware, events[0].Rejected[0].Encoder)
			t.Log(events[0].Rejected[0].Reason)
			require.Contains(t, events[0].Rejected[0].Reason, reason)
		})
	}
}

// TestAnEncoderThatFailsIsReplaced has hardware that works in the proof and
// fails later, at its first picture or in mid-stream.
func TestAnEncoderThatFailsIsReplaced(t *testing.T) {
	for _, fault := range []standin.Fault{
		{Kind: standin.RefuseReady},
		{Kind: standin.RefuseFormat},
		{Kind: standin.Fail, Frame: 1},
		{Kind: standin.Hang, Frame: 1},
		{Kind: standin.Swallow, Frame: 1},
		{Kind: standin.BFrames},
		{Kind: standin.OmitHeaders},
		{Kind: standin.Fail, Frame: 100},
		{Kind: standin.Hang, Frame: 100},
		{Kind: standin.Swallow, Frame: 100},
	} {
		name := fault.Kind.String() + " at the start"
		if fault.Frame > 1 {
			name = fault.Kind.String() + " in mid-stream"
		}
		t.Run(name, func(t *testing.T) {
			standIn(t, standin.Fault{})
			standin.SetFault(hardware, fault)
			testReplaced(t, fault.Frame > 1)
		})
	}
}

func testReplaced(t *testing.T, midStream bool) {
	t.Helper()
	name := newRoom(t)
	v := view(t, name, "viewer")
	src := newSource(t, 640, 360, nil)
	begin := time.Now()
	pub := publish(t, join(t, name), src, h264Options())
	t.Cleanup(standin.Release) // Before the publication is closed.
	sid := pub.SID()
	c := shoot(t, src, testpicture.Draw(appsrc.BufferI420, 640, 360, 0), nil)
	gap := requireSwitch(t, v, pub, begin)
	t.Logf("gap %v, events %+v", gap, pub.EncoderEvents())
	if midStream {
		require.LessOrEqual(t, gap, longestGap)
	}
	requirePictures(t, v, c, 20, 640, 360)
	require.Equal(t, sid, pub.SID(), "the track stays")
	s := pub.Stats()
	require.Equal(t, "x264enc", s.Encoder)
	require.EqualValues(t, 1, s.EncoderFailures)
	require.NotEmpty(t, s.EncoderReason)
	require.Zero(t, v.Stats().KeyFramesWithoutParameterSets)
	failed := pub.EncoderEvents()
	require.True(t, strings.HasPrefix(failed[len(failed)-2].Encoder, hardware) && failed[len(failed)-2].Failed)
}

// requireSwitch watches until pictures of the second encoder come, and returns
// the longest time between two pictures.
func requireSwitch(t *testing.T, v *viewer.Viewer, pub *sink.Publication, begin time.Time) time.Duration {
	t.Helper()
	longest := time.Duration(0)
	before := begin
	for after := 0; after < 10; {
		p := next(t, v)
		if !before.Equal(begin) {
			longest = max(longest, p.Received.Sub(before))
		}
		before = p.Received
		if pub.Stats().Encoder == "x264enc" {
			after++
		}
	}
	return longest
}
