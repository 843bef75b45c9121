// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/viewer"
	"github.com/gstpublish/gstpublish/sink"
)

// The files of these tests: 75 frames at 25 a second.
const fileFrames, fileSeconds = 75, 3.0

// makeFile makes a file with ffmpeg, by arguments that are separated by spaces, and returns its path.
func makeFile(t *testing.T, name, args string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	words := strings.Fields("-v error -f lavfi -i testsrc=size=320x180:rate=25:duration=3 " + args)
	out, err := exec.CommandContext(within(t), "ffmpeg", append(words, path)...).CombinedOutput()
	require.NoError(t, err, string(out))
	return path
}

// The encoders of these files make one key frame, as ffmpeg does by default with such a short file.
const (
	h264Once = "-c:v libx264 -bf 0 -pix_fmt yuv420p -preset ultrafast "
	h265Once = "-c:v libx265 -pix_fmt yuv420p -preset ultrafast -x265-params log-level=none:bframes=0:keyint=250 "
	vp8Once  = "-c:v libvpx -deadline realtime -cpu-used 8 -auto-alt-ref 0 -g 250 -b:v 500k "
	vp9Once  = "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -lag-in-frames 0 -g 250 -b:v 500k "
	av1Once  = "-c:v libaom-av1 -usage realtime -cpu-used 8 -lag-in-frames 0 -g 250 -b:v 500k "
)

// encodedFile is how ffmpeg makes a file, and how a pipeline reads it.
type encodedFile struct{ args, demux string }

// files are files with one key frame, by name.
var files = map[string]encodedFile{ // never written
	"h264.mp4":  {h264Once, "qtdemux ! h264parse"},
	"h264.ts":   {h264Once, "tsdemux ! h264parse"},
	"h264.mkv":  {h264Once, "matroskademux ! h264parse"},
	"h264.h264": {h264Once, "h264parse"},
	"h265.mp4":  {h265Once, "qtdemux ! h265parse"},
	"h265.h265": {h265Once, "h265parse"},
	"vp8.webm":  {vp8Once, "matroskademux ! capsfilter caps=video/x-vp8"},
	"vp8.ivf":   {vp8Once, "ivfparse ! video/x-vp8"},
	"vp9.webm":  {vp9Once, "matroskademux ! vp9parse"},
	"vp9.ivf":   {vp9Once, "ivfparse ! vp9parse"},
	"av1.mkv":   {av1Once, "matroskademux ! av1parse"},
	"av1.ivf":   {av1Once, "ivfparse ! av1parse"},
}

// launch makes the file, and returns the launch text that reads it.
func (f encodedFile) launch(t *testing.T, name string) string {
	t.Helper()
	return "filesrc location=" + makeFile(t, name, f.args) + " ! " + f.demux
}

// shown pulls all frames of a viewer until the track has ended.
func shown(t *testing.T, v *viewer.Viewer) (frames []*viewer.Frame) {
	t.Helper()
	for {
		ctx, cancel := context.WithTimeout(context.Background(), wait)
		f, err := v.Next(ctx)
		cancel()
		if errors.Is(err, io.EOF) {
			return frames
		}
		require.NoError(t, err, "%+v", v.Stats())
		frames = append(frames, f)
	}
}

// requireWhole requires that a viewer has seen each frame of a file, at its pace, once the track has ended.
func requireWhole(t *testing.T, v *viewer.Viewer, pub *sink.Publication) {
	t.Helper()
	frames, s := shown(t, v), pub.Stats()
	requireSum(t, &s)
	require.EqualValues(t, fileFrames, s.Offered)
	require.EqualValues(t, fileFrames, s.Sent, "nothing is dropped")
	require.GreaterOrEqual(t, len(frames), fileFrames, "%+v; %+v", s, v.Stats())
	require.LessOrEqual(t, len(frames), fileFrames+int(s.Repeats), "%+v; %+v", s, v.Stats())
	// The first frame may have arrived before it was due. Frames that were sent again, for a viewer who was not ready,
	// follow each other at once.
	rtp := float64(frames[len(frames)-1].RTPTime-frames[1].RTPTime) / 90_000
	require.LessOrEqual(t, rtp, fileSeconds+0.3, "in RTP time")
	require.GreaterOrEqual(t, rtp, fileSeconds-0.4-float64(s.Repeats)/25, "in RTP time")
	require.InDelta(t, rtp, frames[len(frames)-1].Received.Sub(frames[1].Received).Seconds(), 0.3, "by the clock")
}

// TestAFileIsShownFromItsFirstFrame to its last, although it has only one key frame, which it cannot repeat.
func TestAFileIsShownFromItsFirstFrame(t *testing.T) {
	t.Parallel()
	for name, file := range files {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			launch := file.launch(t, name)
			room := newRoom(t)
			v := view(t, room, "viewer")
			pub := publishPipeline(t, join(t, room), launch, nil)
			requireEnded(t, pub)
			require.NoError(t, pub.Stop(within(t)))
			requireWhole(t, v, pub)
		})
	}
}

// TestAFileWaitsWhileThereIsNoConnection: none of its frames is lost to a full reconnect.
func TestAFileWaitsWhileThereIsNoConnection(t *testing.T) {
	t.Parallel()
	path := makeFile(t, "vp8.webm", strings.Replace(vp8Once, "-g 250", "-g 1", 1))
	for name, tail := range map[string]string{"passed through": "", "encoded": " ! vp8dec"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			room := join(t, newRoom(t))
			pub := publishPipeline(t, room, "filesrc location="+path+
				" ! matroskademux ! capsfilter caps=video/x-vp8"+tail, nil)
			require.Eventually(t, func() bool { return pub.Stats().Sent > 10 }, wait, tick)
			before := pub.SID()
			room.Simulate(lksdk.SimulateNodeFailure)
			requireEnded(t, pub)
			require.NotEqual(t, before, pub.SID())
			s := pub.Stats()
			require.EqualValues(t, fileFrames, s.Offered)
			inside := uint64(0) // What an encoder holds when the connection breaks is lost.
			if tail != "" {
				inside = 3
			}
			require.LessOrEqual(t, s.DroppedUnbound, inside, "%+v", s)
			require.EqualValues(t, fileFrames, s.Sent+s.DroppedUnbound+s.DroppedQueueFull+s.DroppedFrameRate-s.Repeats, "%+v", s)
		})
	}
}

// TestAFileContinuesFromItsLastKeyFrame after a full reconnect: viewers would see nothing before the next one, and the
// file has only one.
func TestAFileContinuesFromItsLastKeyFrame(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"h264.mp4", "vp8.webm", "vp9.ivf", "av1.mkv"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			launch, inRoom := files[name].launch(t, name), newRoom(t)
			v, err := viewer.Join(within(t), server.URL(), token(t, inRoom, "viewer"),
				&viewer.Options{KeepAll: true, Follow: true})
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, v.Close()) })
			room := join(t, inRoom)
			pub := publishPipeline(t, room, launch, nil)
			require.Eventually(t, func() bool { return pub.Stats().Sent > 10 }, wait, tick)
			before := pub.SID()
			room.Simulate(lksdk.SimulateNodeFailure)
			requireEnded(t, pub)
			require.NotEqual(t, before, pub.SID())
			s := pub.Stats()
			requireSum(t, &s)
			require.EqualValues(t, fileFrames, s.Sent, "nothing is dropped")
			require.GreaterOrEqual(t, s.Repeats, uint64(10), "%+v", s)
			for range fileFrames {
				next(t, v)
			}
		})
	}
}

// requireEnded waits until a publication ends, without an error.
func requireEnded(t *testing.T, pub *sink.Publication) {
	t.Helper()
	select {
	case <-pub.Done():
		require.NoError(t, pub.Err())
	case <-time.After(wait):
		require.FailNow(t, "the publication didn't end", "%+v", pub.Stats())
	}
}
