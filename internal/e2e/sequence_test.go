// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/test/locked"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink"
)

// The sequences of these tests: 30 images, of which 10 are shown each second.
const sequenceImages, sequenceSeconds = 30, 3.0

// makeSequence makes numbered images of a kind, from 1 on, and returns their folder.
func makeSequence(t *testing.T, kind string) string {
	t.Helper()
	dir := t.TempDir()
	words := strings.Fields("-v error -f lavfi -i testsrc=size=320x180:rate=10:duration=3 " +
		filepath.Join(dir, "%03d."+kind))
	out, err := exec.CommandContext(within(t), "ffmpeg", words...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return dir
}

// TestASequenceOfImages is shown whole, at its pace, to its end.
func TestASequenceOfImages(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ kind, text string }{
		"PNG": {
			"png", "multifilesrc location=DIR/%03d.png start-index=1 caps=image/png,framerate=10/1 ! pngdec",
		},
		"JPEG": {
			"jpg", "multifilesrc location=DIR/%03d.jpg start-index=1 caps=image/jpeg,framerate=10/1 ! jpegdec",
		},
		"a part of it, again and again": {
			"jpg", "multifilesrc location=DIR/%03d.jpg start-index=1 stop-index=7 loop=true num-buffers=30 " +
				"caps=image/jpeg,framerate=10/1 ! jpegdec",
		},
		"imagesequencesrc": {
			"png", "imagesequencesrc location=DIR/%03d.png start-index=1 framerate=10/1 ! pngdec",
		},
		"without a frame rate": {
			"png", "multifilesrc location=DIR/%03d.png start-index=1 caps=image/png ! pngdec ! videorate ! " +
				"video/x-raw,framerate=10/1",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := makeSequence(t, c.kind)
			room := newRoom(t)
			v := view(t, room, "viewer")
			pub := publishPipeline(t, join(t, room), strings.ReplaceAll(c.text, "DIR", dir), nil)
			requireEnded(t, pub)
			require.NoError(t, pub.Stop(within(t)))
			frames, s := shown(t, v), pub.Stats()
			require.EqualValues(t, sequenceImages, s.Offered, "%+v", s)
			require.EqualValues(t, sequenceImages, s.Sent+s.DroppedQueueFull+s.DroppedFrameRate+s.DroppedUnbound-s.Repeats,
				"%+v", s)
			require.Greater(t, len(frames), sequenceImages/2)
			rtp := float64(frames[len(frames)-1].RTPTime-frames[1].RTPTime) / 90_000
			require.InDelta(t, sequenceSeconds, rtp, 0.6, "in RTP time")
		})
	}
}

// TestADamagedImageOfASequence is left out by its decoder, and ends nothing.
func TestADamagedImageOfASequence(t *testing.T) {
	t.Parallel()
	for kind, decode := range map[string]string{
		"png": "caps=image/png,framerate=10/1 ! pngdec", "jpg": "caps=image/jpeg,framerate=10/1 ! jpegdec",
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			dir := makeSequence(t, kind)
			require.NoError(t, os.WriteFile(filepath.Join(dir, "010."+kind), []byte("This is no image."), 0o600))
			pub := publishPipeline(t, join(t, newRoom(t)), "multifilesrc location="+dir+"/%03d."+kind+" start-index=1 "+decode,
				nil)
			requireEnded(t, pub)
			require.EqualValues(t, sequenceImages-1, pub.Stats().Offered, "%v", stats{pub})
		})
	}
}

// TestAMissingImageOfASequence ends it, and is named, unless it is behind the last one.
func TestAMissingImageOfASequence(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		first, last, frames int // images that are missing
	}{"in the middle": {12, 13, 11}, "at the end": {21, 30, 20}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := makeSequence(t, "png")
			for i := c.first; i <= c.last; i++ {
				require.NoError(t, os.Remove(filepath.Join(dir, fmt.Sprintf("%03d.png", i))))
			}
			var log locked.Buffer
			pipe, err := pipeline.Parse("multifilesrc location="+dir+"/%03d.png start-index=1 "+
				"caps=image/png,framerate=10/1 ! pngdec", &pipeline.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
			require.NoError(t, err)
			pub, err := sink.PublishPipeline(within(t), join(t, newRoom(t)), pipe, nil)
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, pub.Close()) })
			requireEnded(t, pub)
			require.EqualValues(t, c.frames, pub.Stats().Offered, "%v", stats{pub})
			if c.last == sequenceImages {
				require.NotContains(t, log.String(), "is missing")
				return
			}
			require.Contains(t, log.String(), "has ended at an image that is missing, although there are later ones")
			require.Contains(t, log.String(), "missing="+filepath.Join(dir, "012.png"))
			require.Contains(t, log.String(), "later="+filepath.Join(dir, "014.png"))
		})
	}
}
