// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package problem

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"testing"
	"time"

	"github.com/livekit/protocol/livekit"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink"
)

func TestExitCode(t *testing.T) {
	missing := &pipeline.MissingElementError{Element: "x264enc"}
	tests := map[string]struct {
		err  error
		want int
	}{
		"none":               {nil, ExitOK},
		"stopped":            {&StoppedError{Signal: "SIGINT"}, ExitOK},
		"stopped and more":   {errors.Join(&StoppedError{Signal: "SIGINT"}, nil), ExitOK},
		"any":                {errors.New("any"), ExitFailure},
		"canceled":           {context.Canceled, ExitFailure},
		"element":            {fmt.Errorf("sink: %w", &pipeline.ElementError{}), ExitFailure},
		"usage":              {Usagef("no"), ExitUsage},
		"launch":             {&pipeline.LaunchError{Err: fs.ErrNotExist}, ExitUsage},
		"no media":           {sink.ErrNoMedia, ExitUsage},
		"too much":           {fmt.Errorf("x: %w", sink.ErrTwoOutputs), ExitUsage},
		"missing":            {missing, ExitMissing},
		"missing in text":    {&pipeline.LaunchError{Err: missing}, ExitMissing},
		"missing for a flag": {Usage(missing), ExitMissing},
		"refused":            {Hint(&gstpublish.JoinError{}, ""), ExitConnect},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { require.Equal(t, tt.want, Code(tt.err)) })
	}
}

func TestSentence(t *testing.T) {
	for text, want := range map[string]string{
		"sink: pipeline: encoding H264: no encoder": "encoding H264: no encoder.",
		"which room?": "which room?",
		"ended.":      "ended.",
		"a: b":        "a: b.",
	} {
		require.Equal(t, want, Sentence(errors.New(text)))
	}
}

// TestConnectionErrorsAreExplained in the command's words.
func TestConnectionErrorsAreExplained(t *testing.T) {
	refused := &gstpublish.JoinError{URL: "ws://a", Failure: gstpublish.Unauthorized, Reason: "no"}
	for name, tt := range map[string]struct {
		err        error
		text, hint string
	}{
		"refused": {
			refused, "ws://a refused the connection: no.",
			"Check that the API key and secret, or the token, belong to this server.",
		},
		"removed": {
			&gstpublish.LostError{Reason: livekit.DisconnectReason_PARTICIPANT_REMOVED},
			"the connection to the room is lost: the server removed this participant.", "",
		},
		"impatient": {
			&gstpublish.LostError{Away: time.Millisecond},
			"the connection to the room is lost: it was interrupted.", "",
		},
		"away": {
			&gstpublish.LostError{Away: time.Minute, Err: refused},
			"the connection to the room is lost: reconnecting failed for 1m0s: ws://a refused the connection: no.",
			"With --reconnect forever, gstpublish keeps trying.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			text, hint := Explain(tt.err)
			require.Equal(t, tt.text, text)
			require.Equal(t, tt.hint, hint)
			require.Equal(t, ExitConnect, Code(tt.err))
		})
	}
}

func TestNoEncoderIsExplainedAndHasItsOwnExitCode(t *testing.T) {
	none := &pipeline.NoEncoderError{
		Codec:    pipeline.H264,
		Rejected: []pipeline.Rejection{{Encoder: "x264enc", Reason: "pipeline: it is\n  broken"}},
		Missing:  []*pipeline.MissingElementError{{Element: "mpph264enc"}},
	}
	other := &pipeline.NoEncoderError{Codec: pipeline.VP8, Hardware: pipeline.HardwareRequire}
	err := errors.Join(none, other)
	require.Equal(t, ExitMissing, Code(err))
	text, hint := Explain(err)
	require.Equal(t, `no encoder for H264 works on this machine:
  x264enc: it is broken
  Rockchip MPP: in no Debian package
no hardware encoder for VP8 works on this machine:`, text)
	require.Equal(t, DoctorHint, hint)

	none = &pipeline.NoEncoderError{
		Codec: pipeline.H264, Encoder: "v4l2h264enc",
		Rejected: []pipeline.Rejection{
			{Encoder: "v4l2h264enc (NV12)", Reason: "no"}, {Encoder: "x264enc", Reason: "another encoder was requested"},
		},
	}
	text, _ = Explain(none)
	require.Equal(t, "no encoder for H264 works on this machine:\n  v4l2h264enc (NV12): no", text)
}
