// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/test/port"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink"
)

func TestALivePipelineIsPreparedBeforeThereIsARoom(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"encoded here": bars,
		"its own VP8":  bars + " ! vp8enc deadline=1 keyframe-max-dist=3000",
		"with audio":   bars + " ! identity  audiotestsrc is-live=true ! opusenc",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pipe := parse(t, text)
			prepared, err := sink.PreparePipeline(within(t), pipe, nil)
			require.NoError(t, err)
			require.Equal(t, pipeline.StateRunning, pipe.State())
			room := newRoom(t)
			v := view(t, room, "viewer")
			pub, err := prepared.Publish(within(t), join(t, room))
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, pub.Close()) })
			next(t, v)
		})
	}
}

func TestTheEncoderIsReadyBeforeThereIsARoom(t *testing.T) {
	chosen := make(chan sink.EncoderEvent, 10)
	prepared, err := sink.PreparePipeline(within(t), parse(t, bars), &sink.Options{
		OnEncoder: func(e sink.EncoderEvent) { chosen <- e },
	})
	require.NoError(t, err)
	require.NotEmpty(t, (<-chosen).Encoder)
	require.NoError(t, prepared.Close())
	require.NoError(t, prepared.Close())
}

// TestAFilePlaysFromItsBeginning: a pipeline that is not live is opened, and waits for the room.
func TestAFilePlaysFromItsBeginning(t *testing.T) {
	t.Parallel()
	pipe := parse(t, "videotestsrc num-buffers=60 ! video/x-raw,width=640,height=360,framerate=30/1")
	prepared, err := sink.PreparePipeline(within(t), pipe, nil)
	require.NoError(t, err)
	require.Equal(t, pipeline.StateBuilt, pipe.State())
	room := newRoom(t)
	v := view(t, room, "viewer")
	pub, err := prepared.Publish(within(t), join(t, room))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, pub.Close()) })
	next(t, v)
	<-pub.Done()
	require.NoError(t, pub.Err())
	require.EqualValues(t, 60, pub.Stats().Offered)
	require.Zero(t, pub.Stats().DroppedUnbound, "the first frame was there before the track")
}

// TestALiveStreamThatEndsBeforeItIsPublished: viewers see what came before. An SRT server sends three seconds with one
// key frame, and closes the connection.
func TestALiveStreamThatEndsBeforeItIsPublished(t *testing.T) {
	t.Parallel()
	path := makeFile(t, "short.ts", h264Once)
	uri := "srt://127.0.0.1:" + port.UDP(t)
	server := exec.CommandContext(t.Context(), "gst-launch-1.0", "-q", "filesrc", "location="+path, "!", "tsparse",
		"set-timestamps=true", "!", "srtsink", "uri="+uri+"?mode=listener", "wait-for-connection=true")
	require.NoError(t, server.Start())
	t.Cleanup(func() { _ = server.Wait() }) // It ends with its file.
	pipe := parse(t, "srtsrc auto-reconnect=false uri="+uri+" ! tsdemux ! h264parse")
	prepared, err := sink.PreparePipeline(within(t), pipe, nil)
	require.NoError(t, err)
	<-pipe.Done()
	room := newRoom(t)
	v := view(t, room, "viewer")
	pub, err := prepared.Publish(within(t), join(t, room))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, pub.Close()) })
	next(t, v)
	<-pub.Done()
	require.Error(t, pub.Err(), "The source has not ended by itself.")
	require.Greater(t, pub.Stats().Sent, uint64(fileFrames/2))
}

func TestPreparedPipelinesThatAreNotPublished(t *testing.T) {
	for name, text := range map[string]string{
		"live":    bars,
		"a file":  "videotestsrc ! video/x-raw,width=640,height=360",
		"encoded": bars + " ! vp8enc deadline=1",
	} {
		t.Run(name, func(t *testing.T) {
			pipe := parse(t, text)
			prepared, err := sink.PreparePipeline(within(t), pipe, nil)
			require.NoError(t, err)
			require.NoError(t, prepared.Close())
			require.Equal(t, pipeline.StateStopped, pipe.State())
		})
	}
}

func TestAPipelineThatFailsBeforeItIsPublished(t *testing.T) {
	pipe := parse(t, bars+" ! identity name=saboteur error-after=3")
	prepared, err := sink.PreparePipeline(within(t), pipe, nil)
	if err == nil {
		<-pipe.Done()
		room := join(t, newRoom(t))
		_, err = prepared.Publish(within(t), room)
		require.Empty(t, room.LocalParticipant.TrackPublications())
	}
	var element *pipeline.ElementError
	require.ErrorAs(t, err, &element)
	require.Equal(t, "saboteur", element.Element())
}
