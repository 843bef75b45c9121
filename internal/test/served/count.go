// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package served

import (
	"context"
	"testing"
	"time"

	"github.com/livekit/protocol/auth"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/devserver"
	"github.com/gstpublish/gstpublish/internal/viewer"
)

// Counter is a viewer that counts the frames of a publication.
type Counter struct {
	tb      testing.TB
	viewer  *viewer.Viewer
	counted Counted
	err     error
	done    chan struct{} // closed when the fields above are final
}

// Counted is what a Counter has counted.
type Counted struct {
	Frames int
	Missed int           // frames that are missing between those
	Gap    time.Duration // the longest time between two frames
	Stats  viewer.Stats
}

// Count joins a room, waits for the first frame, and counts those that follow, until Stop. Two frames are ticks of RTP
// time apart.
func Count(tb testing.TB, server *devserver.Server, room string, ticks uint32, patience time.Duration) *Counter {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	token, err := auth.NewAccessToken(server.APIKey(), server.APISecret()).SetIdentity("viewer").
		SetVideoGrant(&auth.VideoGrant{RoomJoin: true, Room: room}).ToJWT()
	require.NoError(tb, err)
	c := &Counter{tb: tb, done: make(chan struct{})}
	c.viewer, err = viewer.Join(ctx, server.URL(), token, &viewer.Options{KeepAll: true})
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, c.viewer.Close()) })
	first, err := c.viewer.Next(ctx)
	require.NoError(tb, err)
	go c.count(first, ticks)
	return c
}

func (c *Counter) count(last *viewer.Frame, ticks uint32) {
	defer close(c.done)
	for {
		frame, err := c.viewer.Next(context.Background())
		if err != nil {
			c.err = err
			return
		}
		c.counted.Frames++
		// The first frame may be a repeat, soon before the next one.
		c.counted.Missed += max(int((frame.RTPTime-last.RTPTime+ticks/2)/ticks), 1) - 1
		c.counted.Gap = max(c.counted.Gap, frame.Received.Sub(last.Received))
		last = frame
	}
}

// Stop leaves the room, and returns what was counted. The track must not have ended before.
func (c *Counter) Stop() Counted {
	c.tb.Helper()
	require.NoError(c.tb, c.viewer.Close())
	<-c.done
	require.ErrorIs(c.tb, c.err, viewer.ErrClosed)
	c.counted.Stats = c.viewer.Stats()
	return c.counted
}
