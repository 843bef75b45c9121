// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package viewer

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/livekit/protocol/livekit"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/devserver"
	"github.com/gstpublish/gstpublish/internal/testpicture"
)

// server is one LiveKit server for all tests, each of which has its own room.
var server *devserver.Server

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) (code int) {
	SetSDKLogger(nil)
	ctx := context.Background()
	var err error
	if server, err = devserver.Start(ctx, nil); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code = m.Run()
	if err := server.Stop(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// join views a room until the test ends.
func join(t *testing.T, room string, opts *Options) *Viewer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	v, err := Join(ctx, server.URL(), token(t, room, "viewer"), opts)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, v.Close()) })
	return v
}

// next waits for a picture.
func next(t *testing.T, v *Viewer) *Picture {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	p, err := v.Next(ctx)
	require.NoError(t, err, "%+v", v.Stats())
	return p
}

func TestView(t *testing.T) {
	for codec := range encoders {
		t.Run(codec, func(t *testing.T) {
			room := t.Name()
			v := join(t, room, &Options{KeepAll: true})
			_, end := newPublisher(t, room).publish(codec, "screen", livekit.TrackSource_SCREEN_SHARE)
			const count = 40
			var first *Picture
			var firstIndex uint32
			for i := range uint32(count) {
				p := next(t, v)
				img := p.RGBA()
				index, ok := testpicture.Read(img, appsrc.Rotation0)
				require.True(t, ok, "picture %d", i)
				if i == 0 {
					first, firstIndex = p, index
					require.True(t, p.Key)
				}
				require.Equal(t, [2]int{320, 240}, [2]int{p.Width, p.Height})
				require.Equal(t, firstIndex+i, index)
				require.Equal(t, first.RTPTime+i*rtpStep, p.RTPTime)
				require.NoError(t, testpicture.CheckColours(img, appsrc.Rotation0, 3))
				require.Positive(t, p.Bytes)
				require.LessOrEqual(t, p.Received, p.Decoded)
			}
			track, ok := v.Track()
			require.True(t, ok)
			require.Equal(t, Track{
				SID: track.SID, Name: "screen", Publisher: "publisher", Source: livekit.TrackSource_SCREEN_SHARE,
				MimeType: track.MimeType, Width: 320, Height: 240,
			}, track)
			s := v.Stats()
			t.Logf("%+v", s)
			require.NotEmpty(t, track.SID)
			require.Equal(t, codec, s.Codec)
			end()
			_, err := drain(t, v)
			require.ErrorContains(t, err, "EOF")
		})
	}
}

// drain takes all pictures until there are no more, and says why.
func drain(t *testing.T, v *Viewer) (pictures []*Picture, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	for {
		p, err := v.Next(ctx)
		if err != nil {
			require.NoError(t, ctx.Err())
			return pictures, err
		}
		pictures = append(pictures, p)
	}
}

var _ = time.Second
