// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package start

import (
	"context"
	"errors"
	"net"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink"
)

var errSignal = errors.New("stopped by a signal")

// begin returns a Start with a room at an address that refuses connections, and what counts its calls of Ready.
func begin(t *testing.T, launch string, o *sink.Options) (s *Start, ready *int) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it does not wait
	require.NoError(t, err)
	require.NoError(t, l.Close())
	room, err := gstpublish.NewRoom("ws://"+l.Addr().String(), gstpublish.Token("token"), nil)
	require.NoError(t, err)
	pipe, err := pipeline.Parse(launch, nil)
	require.NoError(t, err)
	ready = new(int)
	return &Start{Room: room, Pipeline: pipe, Options: o, Ready: func() func() { *ready++; return func() {} }}, ready
}

// TestTheErrorThatCounts: whatever fails, the pipeline is closed, and the first of encoder, room and pipeline is
// returned.
func TestTheErrorThatCounts(t *testing.T) {
	const raw = "videotestsrc ! video/x-raw,width=64,height=64"
	for name, tt := range map[string]struct {
		launch   string
		encoding sink.EncodingOptions
		encoder  bool // the error is the encoder's, not the room's
	}{
		"the encoder and the room": {
			raw, sink.EncodingOptions{Codec: pipeline.H264, Hardware: pipeline.HardwareRequire}, true,
		},
		"the room alone":        {raw, sink.EncodingOptions{}, false},
		"the room and no video": {"audiotestsrc ! audioconvert ! opusenc", sink.EncodingOptions{}, false},
		"the room and the pipeline": {
			"videotestsrc num-buffers=0 ! video/x-raw,width=64,height=64", sink.EncodingOptions{}, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, ready := begin(t, tt.launch, &sink.Options{Encoding: tt.encoding})
			pub, err := s.Publish(t.Context())
			require.Nil(t, pub)
			none := (*pipeline.NoEncoderError)(nil)
			require.Equal(t, tt.encoder, errors.As(err, &none), "%v", err)
			require.Equal(t, !tt.encoder, errors.Is(err, syscall.ECONNREFUSED), "%v", err)
			require.Zero(t, *ready)
			requireClosed(t, s)
		})
	}
}

// TestASignalCounts: after a signal, its cause is the error, whatever else has failed.
func TestASignalCounts(t *testing.T) {
	s, ready := begin(t, "videotestsrc ! video/x-raw,width=64,height=64", &sink.Options{})
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errSignal)
	_, err := s.Publish(ctx)
	require.ErrorIs(t, err, errSignal)
	require.Zero(t, *ready)
	requireClosed(t, s)
}

func requireClosed(t *testing.T, s *Start) {
	t.Helper()
	select {
	case <-s.Pipeline.Done():
	default:
		t.Error("the pipeline is not closed")
	}
}

func TestBegin(t *testing.T) {
	ended := Begin(func() (int, error) { return 7, errSignal })
	require.Equal(t, Outcome[int]{7, errSignal}, <-ended)
}
