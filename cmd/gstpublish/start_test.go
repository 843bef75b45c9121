// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"io"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/options"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/problem"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/tell"
	"github.com/gstpublish/gstpublish/internal/test/need"
	"github.com/gstpublish/gstpublish/internal/viewer"
	"github.com/gstpublish/gstpublish/pipeline"
)

// newApp returns one that says nothing, and proves no encoder.
func newApp() *app {
	a := &app{out: io.Discard, errw: io.Discard, log: slog.New(slog.DiscardHandler)}
	a.teller = tell.New(a.status, a.event)
	a.muted.Store(true)
	return a
}

func connectionTo(t *testing.T, room, identity string) *options.Connection {
	t.Helper()
	need.Server(t)
	c := &options.Connection{
		URL: server.URL(), APIKey: server.APIKey(), APISecret: server.APISecret(), Room: room, Identity: identity,
	}
	require.NoError(t, c.Resolve())
	return c
}

func parseBars(t *testing.T) *pipeline.Pipeline {
	t.Helper()
	need.RealTime(t)
	pipe, err := pipeline.Parse("videotestsrc is-live=true ! video/x-raw,width=320,height=240", nil)
	require.NoError(t, err)
	return pipe
}

func requireFrame(t *testing.T, room string) {
	t.Helper()
	c := connectionTo(t, room, "viewer")
	token, err := c.ViewerToken()
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), waitTimeout)
	defer cancel()
	v, err := viewer.Join(ctx, c.URL, token, nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, v.Close()) }()
	_, err = v.Next(ctx)
	require.NoError(t, err)
}

// TestStart publishes what is live before media gets through, and what isn't after.
func TestStart(t *testing.T) {
	need.Server(t)
	for name, text := range map[string]string{
		"live":   "videotestsrc is-live=true ! video/x-raw,width=320,height=240",
		"a file": "videotestsrc ! video/x-raw,width=320,height=240,framerate=30/1",
	} {
		t.Run(name, func(t *testing.T) {
			pipe, err := pipeline.Parse(text, nil)
			require.NoError(t, err)
			a, v := newApp(), &options.Video{}
			room, pub, err := a.start(t.Context(), connectionTo(t, t.Name(), "publisher"), v, pipe, 0)
			require.NoError(t, err)
			defer func() { require.NoError(t, room.Close()) }()
			requireFrame(t, t.Name())
			require.NoError(t, a.stop(t.Context(), pub))
		})
	}
}

// TestStartThatIsGivenUp: the error is the reason, and the pipeline has ended.
func TestStartThatIsGivenUp(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	stopped := &problem.StoppedError{Signal: "SIGINT"}
	cancel(stopped)
	pipe := parseBars(t)
	_, _, err := newApp().start(ctx, connectionTo(t, t.Name(), "publisher"), &options.Video{}, pipe, 0)
	require.ErrorIs(t, err, stopped)
	require.Equal(t, problem.ExitOK, problem.Code(err))
	require.Equal(t, pipeline.StateStopped, pipe.State())
}
