// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/livekit/protocol/auth"
	"github.com/livekit/protocol/logger"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/devserver"
	"github.com/gstpublish/gstpublish/internal/test/need"
	"github.com/gstpublish/gstpublish/internal/viewer"
	"github.com/gstpublish/gstpublish/pipeline/proof"
)

var prover *proof.Prover

// TestMain makes a Prover, as the program does.
func TestMain(m *testing.M) {
	prover = proof.New(nil)
	os.Exit(m.Run())
}

// TestPublish runs the example until a viewer has seen the square move.
func TestPublish(t *testing.T) {
	need.Server(t)
	lksdk.SetLogger(logger.GetDiscardLogger())
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	server, err := devserver.Start(ctx, nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Stop(context.Background())) })

	publishing, stop := context.WithCancel(ctx)
	defer stop()
	published := make(chan error, 1)
	go func() {
		published <- publish(publishing, prover, server.URL(), lksdk.ConnectInfo{
			APIKey: server.APIKey(), APISecret: server.APISecret(), RoomName: "demo", ParticipantIdentity: "example",
		})
	}()

	token, err := auth.NewAccessToken(server.APIKey(), server.APISecret()).SetIdentity("viewer").
		SetVideoGrant(&auth.VideoGrant{RoomJoin: true, Room: "demo"}).ToJWT()
	require.NoError(t, err)
	v, err := viewer.Join(ctx, server.URL(), token, nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, v.Close()) })
	seen := map[int]bool{}
	for len(seen) < 3 {
		p, err := v.Next(ctx)
		require.NoError(t, err)
		require.Equal(t, 640, p.Width)
		require.Equal(t, 360, p.Height)
		seen[leftOfSquare(t, p)] = true
	}
	stop()
	require.NoError(t, <-published)
}

// leftOfSquare is where the square begins, in px: where it is bright in the middle
// row.
func leftOfSquare(t *testing.T, p *viewer.Picture) int {
	t.Helper()
	row := p.I420[p.Height/2*p.Width:][:p.Width]
	for x, luma := range row {
		if luma > 100 {
			return x
		}
	}
	require.Fail(t, "no square")
	return 0
}
