// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/serve"
)

// TestLaunchFiles: a change of a launch file is a change of the publications that name it. A file that is missing for a
// moment, or is written again without a change, is none.
func TestLaunchFiles(t *testing.T) {
	dir := t.TempDir()
	file, media := filepath.Join(dir, "a.launch"), filepath.Join(dir, "a.mp4")
	write := func(path, text string) { require.NoError(t, os.WriteFile(path, []byte(text), 0o600)) }
	write(file, "videotestsrc")
	write(media, string(make([]byte, maxLaunchFile+1)))
	h := New(Options{Program: "/nonexistent", Logger: slog.New(slog.DiscardHandler), LogLevel: func(string) {}})
	h.dir = t.TempDir()
	t.Cleanup(h.stop)
	config := &serve.Config{Publications: []serve.Publication{
		{Name: "launch", Input: file, Restart: serve.RestartAlways},
		{Name: "media", Input: media, Restart: serve.RestartAlways},
		{Name: "url", Input: "rtsp://camera", Restart: serve.RestartAlways},
		{Name: "text", Pipeline: "videotestsrc", Restart: serve.RestartAlways},
	}}
	h.apply(config)
	first := h.all()
	unchanged := func() {
		t.Helper()
		require.False(t, h.launchFilesChanged())
		h.apply(config)
		require.Equal(t, first, h.all())
	}
	unchanged()
	write(file, "videotestsrc")
	write(media, string(make([]byte, maxLaunchFile+2)))
	unchanged()
	require.NoError(t, os.Remove(file))
	unchanged()

	write(file, "videotestsrc pattern=ball")
	require.True(t, h.launchFilesChanged())
	h.apply(config)
	require.NotSame(t, first[0], h.all()[0])
	require.Equal(t, first[1:], h.all()[1:])
	require.False(t, h.launchFilesChanged())
}
