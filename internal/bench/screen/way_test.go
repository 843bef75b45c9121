// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/test/need"
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
