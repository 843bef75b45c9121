// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/bench/publisher"
	"github.com/gstpublish/gstpublish/internal/test/need"
	"github.com/gstpublish/gstpublish/internal/viewer"
)

// figuresOf reads the figures that a run has left in its folder.
func figuresOf(t *testing.T, dir string) []result {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "figures.json"))
	require.NoError(t, err)
	var all []result
	require.NoError(t, json.Unmarshal(raw, &all))
	return all
}

// TestMeasuresTheCommand builds the command and measures it as a screen and as a camera.
func TestMeasuresTheCommand(t *testing.T) {
	need.Server(t)
	path := filepath.Join(t.TempDir(), "gstpublish")
	text, err := exec.CommandContext(t.Context(), "go", "build", "-o", path,
		"github.com/gstpublish/gstpublish/cmd/gstpublish").CombinedOutput()
	require.NoError(t, err, "%s", text)
	printed, dir, err := measureOnce(t, "--gstpublish", path, "--skip-shipped", "--camera-too")
	require.NoError(t, err, printed)
	all := figuresOf(t, dir)
	require.Len(t, all, 2)
	for i := range all {
		r := &all[i]
		require.Equal(t, command, r.Publisher)
		require.Equal(t, i == 1, r.Camera)
		require.Positive(t, r.Shown)
		// On a busy machine, the pipeline may take frames so late that they have the RTP times of others.
		if !strings.Contains(printed, "WARNING only") {
			require.GreaterOrEqual(t, r.Agree, 0.9*r.Shown, "decoded frames match their RTP times")
		}
		require.Positive(t, r.Wakes)
		require.NotEmpty(t, r.Encoder)
		require.Len(t, r.Held.Joins, 1)
		require.Greater(t, r.FinalPSNR, figure(25))
	}
}

// TestMeasuresALink measures with and without a link.
func TestMeasuresALink(t *testing.T) {
	printed, dir, err := measureOnce(t, "--shipped-only", "--rest", "0", "--link", "free", "--link", "2M,10ms,1s")
	require.NoError(t, err, printed)
	require.Contains(t, printed, "## Narrow links")
	require.Contains(t, printed, "| 2000 kbit/s, 10ms, queue 1s | ")
	all := figuresOf(t, dir)
	require.Len(t, all, 2)
	require.Nil(t, all[0].OnLink)
	linked := all[1].OnLink
	require.NotNil(t, linked)
	require.Positive(t, linked.Packets)
	require.Positive(t, linked.Kbps)
	require.InDelta(t, float64(linked.Kbps)/20, float64(linked.Share), 0.01)
	require.Less(t, linked.Share, figure(105))
	require.GreaterOrEqual(t, all[1].P50, figure(10), "the delay of the link is in it")
}

// TestMeasuresTheLowestLayer measures it behind a link to the viewer. The test's clip is too small for two sizes.
func TestMeasuresTheLowestLayer(t *testing.T) {
	printed, dir, err := measureOnce(t, "--shipped-only", "--rest", "0", "--layers", "2", "--viewer-link", "2M,10ms,1s")
	require.NoError(t, err, printed)
	require.Contains(t, printed, "| viewer 2000 kbit/s, 10ms, queue 1s | ")
	all := figuresOf(t, dir)
	require.Len(t, all, 3)
	for i, name := range []string{shipped, lowest, lowestSmall} {
		require.Equal(t, name, all[i].Publisher)
		require.Positive(t, all[i].Shown)
		require.Positive(t, all[i].OnLink.Packets)
		require.GreaterOrEqual(t, all[i].P50, figure(10), "the delay of the link is in it")
		require.Greater(t, all[i].FinalPSNR, figure(25))
		require.Zero(t, all[i].Resized)
	}
}

func TestLayersHaveSubjectsOfTheirOwn(t *testing.T) {
	s := settings{
		codecs: "VP8,VP9", bitrates: "1", repeats: 1, shippedOnly: true, layers: 3,
		viewing: narrow{rate: 300_000, delay: time.Millisecond, queue: time.Second},
	}
	all, err := s.subjects()
	require.NoError(t, err)
	var names []string
	for _, one := range all {
		names = append(names, one.name)
		require.Equal(t, one.name == lowest || one.name == lowestSmall, one.lowest)
		require.True(t, one.linked())
		require.Equal(t, time.Millisecond, one.delay())
	}
	require.Equal(t, []string{shipped, lowest, lowestSmall, shipped, fullChroma, lowest}, names)
	require.Equal(t, []string{publisher.PublishCommand, "--half-size", "--layers", "3"}, all[2].argv[1:])
	require.Equal(t, "gstpublish-lowest-small-layer-VP8-300k-1-0", all[2].file())
	requireNames(t, all)
	both := &subject{link: narrow{rate: 2000}, viewing: narrow{rate: 1000}}
	require.Equal(t, "2 kbit/s, 0s, queue 0s; viewer 1 kbit/s, 0s, queue 0s", both.links())
	s.layers = 1
	_, err = s.subjects()
	require.ErrorContains(t, err, "--layers must be 2 to 3")
}

// TestSmallerFramesAreEnlarged to the clip's size, and their crops with them.
func TestSmallerFramesAreEnlarged(t *testing.T) {
	half := &viewer.Frame{Width: 4, Height: 2, YUV: slices.Concat(
		[]byte{0, 100, 100, 200, 0, 100, 100, 200}, // from left to right
		[]byte{10, 30}, []byte{50, 50},
	)}
	b := &benchmark{clip: &clip{width: 8, height: 4}}
	b.crop = image.Rect(0, 0, 4, 2)
	s := &seen{decoded: []*viewer.Frame{half}, cropped: []*viewer.Frame{cut(half, b.crop)}, newest: half}
	b.enlarge(s)
	require.Equal(t, 1, s.enlarged)
	big := s.decoded[0]
	require.Equal(t, [2]int{8, 4}, [2]int{big.Width, big.Height})
	require.Len(t, big.YUV, 8*4*3/2)
	for y := range 4 {
		require.Equal(t, []byte{0, 25, 75, 100, 100, 125, 175, 200}, big.YUV[8*y:][:8])
	}
	require.Equal(t, []byte{10, 15, 25, 30}, big.YUV[32:36])
	require.Equal(t, bytes.Repeat([]byte{50}, 8), big.YUV[40:])
	require.Equal(t, big, s.newest)
	require.Equal(t, []byte{0, 25, 75, 100}, s.cropped[0].YUV[:4])
	require.Equal(t, []byte{0, 100, 100, 200}, half.YUV[:4], "the viewer's frame stays")
}
