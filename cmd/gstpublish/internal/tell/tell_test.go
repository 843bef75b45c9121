// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package tell

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/options"
	"github.com/gstpublish/gstpublish/internal/report"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink"
)

// told is what a Teller has printed.
type told struct {
	*Teller

	lines, events []string
}

func newTold() *told {
	t := &told{}
	t.Teller = New(
		func(format string, args ...any) { t.lines = append(t.lines, fmt.Sprintf(format, args...)) },
		func(e *report.Event) { t.events = append(t.events, e.Event) },
	)
	return t
}

func (t *told) take() []string {
	lines := t.lines
	t.lines = nil
	return lines
}

func TestConnectionEvents(t *testing.T) {
	told := newTold()
	say := told.Connection(&options.Connection{Patience: gstpublish.DefaultReconnect})
	failed := gstpublish.Event{Kind: gstpublish.JoinFailed, Err: errors.New("gstpublish: no answer")}
	for _, e := range []gstpublish.Event{
		{Kind: gstpublish.Interrupted},
		failed, failed,
		{Kind: gstpublish.Rejoined, Away: 1234 * time.Millisecond},
		{Kind: gstpublish.Resumed, Away: time.Second},
		{Kind: gstpublish.Lost},
	} {
		say(e)
	}
	require.Equal(t, []string{
		"the connection was interrupted; reconnecting", "no answer; retrying",
		"rejoined the room and published again after 1.2s", "reconnected after 1s",
	}, told.take(), "a failure once")
	require.Equal(t, []string{
		report.Interrupted, report.JoinFailed, report.JoinFailed, report.Rejoined, report.Resumed,
	}, told.events, "each failure")

	say = told.Connection(&options.Connection{Patience: gstpublish.ReconnectNever})
	say(gstpublish.Event{Kind: gstpublish.Interrupted})
	require.Empty(t, told.take(), "The loss follows.")
}

func TestReasons(t *testing.T) {
	told := newTold()
	say := told.Reasons()
	for _, r := range []sink.Reason{
		sink.ReasonMutedByServer, sink.ReasonDisconnected, sink.ReasonMutedByServer, sink.ReasonNone, sink.ReasonNone,
		sink.ReasonNotPermitted, sink.ReasonNone,
	} {
		say(r)
	}
	require.Equal(t, []string{
		"the server has muted the track: nothing is sent until it is unmuted",
		"the track stays muted after the new connection",
		"the track is not muted any more",
		"the server does not permit this participant to publish any more; waiting until it does",
		"the server permits publishing again: published",
	}, told.take())
}

func TestEncoders(t *testing.T) {
	told := newTold()
	e := told.Encoders(&options.Video{Codec: pipeline.H264})
	chosen := sink.EncoderEvent{
		Layer: "high", Encoder: "x264enc", Codec: pipeline.H264, Reason: "software",
		Rejected: []pipeline.Rejection{{Encoder: "vah264enc", Reason: "no\n  surfaces"}},
	}
	e.Tell(chosen)
	require.Empty(t, told.take(), "not before Open")
	e.Open()
	require.Equal(t, []string{"vah264enc is not used: no surfaces", "encoding with x264enc (software)"}, told.take())
	chosen.Layer = "low"
	e.Tell(chosen)
	require.Empty(t, told.take(), "once for all layers")

	e.Tell(sink.EncoderEvent{Layer: "high", Encoder: "x264enc", Codec: pipeline.H264, Failed: true, Reason: "crashed"})
	require.Empty(t, told.take(), "not before its successor is known")
	e.Tell(sink.EncoderEvent{Layer: "high", Encoder: "vp8enc", Codec: pipeline.VP8, Reason: "software"})
	require.Equal(t, []string{"x264enc failed: crashed; falling back to vp8enc as VP8 instead of H264"}, told.take())
	e.Tell(sink.EncoderEvent{Backup: true, Encoder: "vp8enc", Codec: pipeline.VP8, Reason: "software"})
	require.Equal(t, []string{
		"encoding with vp8enc as VP8 too, for viewers who can't decode H264 (software)",
	}, told.take())
	require.Len(t, told.events, 5)
}
