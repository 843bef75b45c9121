// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"testing"

	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/signal"
	"github.com/gstpublish/gstpublish/internal/testframe"
	"github.com/gstpublish/gstpublish/internal/viewer"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink"
)

// joinPrepared connects a publisher that may publish several sizes in one stream.
func joinPrepared(t *testing.T, room string) *lksdk.Room {
	t.Helper()
	r := lksdk.NewRoom(lksdk.NewRoomCallback())
	require.NoError(t, signal.Prepare(r))
	require.NoError(t, r.JoinWithToken(server.URL(), token(t, room, "publisher"), lksdk.WithAutoSubscribe(false)))
	t.Cleanup(r.Disconnect)
	return r
}

// awaitEncoded waits until a number of the sizes in one stream are encoded.
func awaitEncoded(t *testing.T, pub *sink.Publication, n int) {
	t.Helper()
	require.Eventually(t, func() bool { return pub.Stats().Layers[0].Encoded == n }, wait, tick,
		"%d sizes: %+v", n, pub.Stats().Layers)
}

// The sizes of VP9 are in one stream. Each viewer receives the size that it requests, and a size that no viewer
// requests is not encoded.
func TestSizesInOneStream(t *testing.T) {
	t.Parallel()
	for _, screen := range []bool{false, true} {
		for _, temporal := range []int{1, 3} {
			t.Run(fmt.Sprintf("screen %t, %d temporal layers", screen, temporal), func(t *testing.T) {
				t.Parallel()
				name := newRoom(t)
				high := viewWith(t, name, "high", viewer.Options{})
				low := viewWith(t, name, "low", viewer.Options{Quality: viewer.Low})
				src := newSource(t, 960, 540, &appsrc.Options{IsScreencast: screen})
				pub := publish(t, joinPrepared(t, name), src, &sink.Options{
					Encoding: sink.EncodingOptions{Codec: pipeline.VP9, Backup: sink.NoBackup},
					Layers:   sink.LayerOptions{Sizes: 3, Temporal: temporal},
				})
				shoot(t, src, testframe.Draw(appsrc.BufferI420, 960, 540, 0), nil)
				t.Cleanup(func() {
					if t.Failed() { // The state of all three shows why a size is missing.
						t.Logf("published %+v\nhigh %+v\nlow %+v", pub.Stats(), high.Stats(), low.Stats())
					}
				})
				p := until(t, high, "the full size", sized(960, 540))
				require.NoError(t, testframe.CheckColours(p.RGBA(), 0, 16))
				until(t, low, "the lowest size", sized(240, 136))
				for range 30 {
					p = until(t, low, "more of the lowest size", sized(240, 136))
				}
				require.NoError(t, testframe.CheckColours(p.RGBA(), 0, 16))
				require.Len(t, pub.Stats().Layers, 1)
				require.Equal(t, []sink.Size{{Width: 240, Height: 136}, {Width: 480, Height: 270}, {Width: 960, Height: 540}},
					pub.Stats().Layers[0].Sizes)
				awaitEncoded(t, pub, 3)
				require.NoError(t, low.SetQuality(viewer.Medium))
				until(t, low, "the size between", sized(480, 270))

				require.NoError(t, high.Close())
				awaitEncoded(t, pub, 2)
				require.NoError(t, low.SetQuality(viewer.Low))
				until(t, low, "the lowest size again", sized(240, 136))
				awaitEncoded(t, pub, 1)
				until(t, low, "it still", sized(240, 136))
				require.NoError(t, low.SetQuality(viewer.High))
				until(t, low, "the full size at last", sized(960, 540))
			})
		}
	}
}

// A viewer that requests fewer frames receives those of the lower temporal layers, and can decode all of them.
func TestTemporalLayers(t *testing.T) {
	t.Parallel()
	for _, codec := range []pipeline.Codec{pipeline.VP8, pipeline.VP9, pipeline.AV1} {
		t.Run(codec.String(), func(t *testing.T) {
			t.Parallel()
			name := newRoom(t)
			src := newSource(t, 320, 180, nil)
			pub := publish(t, joinPrepared(t, name), src, &sink.Options{
				Encoding: sink.EncodingOptions{Codec: codec, Backup: sink.NoBackup},
				Layers:   sink.LayerOptions{Temporal: 2},
			})
			shoot(t, src, testframe.Draw(appsrc.BufferI420, 320, 180, 0), nil)
			all := viewWith(t, name, "all", viewer.Options{})
			half := viewWith(t, name, "half", viewer.Options{})
			until(t, all, "a frame", sized(320, 180))
			until(t, half, "a frame", sized(320, 180))
			require.NoError(t, half.SetFPS(5))
			requireSteps(t, half, 2)
			requireSteps(t, all, 1)
			require.NoError(t, half.SetFPS(0))
			requireSteps(t, half, 1)
			require.Zero(t, pub.Stats().WriteErrors)
		})
	}
}

// requireSteps waits for a dozen frames whose indices increase by a given step. On a busy machine some may be dropped.
func requireSteps(t *testing.T, v *viewer.Viewer, step uint32) {
	t.Helper()
	last, steps := uint32(0), 0
	until(t, v, fmt.Sprintf("every frame of %d", step), func(p *viewer.Frame) bool {
		index, ok := testframe.Read(p.RGBA(), 0)
		switch {
		case ok && index-last == step:
			steps++
		case ok && index-last < step:
			steps = 0
		}
		last = index
		return steps == 12
	})
}

// If the server did not know of the sizes, viewers would always receive one size.
func TestSizesInOneStreamNeedAPreparedRoom(t *testing.T) {
	src := newSource(t, 960, 540, nil)
	_, err := sink.Publish(within(t), join(t, newRoom(t)), src, &sink.Options{
		Encoding: sink.EncodingOptions{Codec: pipeline.VP9},
		Layers:   sink.LayerOptions{Sizes: 3},
	})
	require.ErrorIs(t, err, sink.ErrUnprepared)
}
