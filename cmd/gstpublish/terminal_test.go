// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/test/locked"
	"github.com/gstpublish/gstpublish/internal/test/need"
)

// TestLiveLine runs a publication on a terminal of 100 columns: one line is rewritten, messages stay, and the last
// statistics too.
func TestLiveLine(t *testing.T) {
	t.Parallel()
	need.Server(t)
	program, err := exec.LookPath("gstpublish") // which TestMain has made
	require.NoError(t, err)
	cmd := exec.Command(program, "run", "-r", t.Name(), "-i", "camera", "--stats-interval", "100ms", "--",
		"videotestsrc", "is-live=true", "!", "video/x-raw,width=320,height=240,framerate=10/1")
	cmd.Env = append(os.Environ(), "TERM=xterm", "XTERM_VERSION=", "XDG_CACHE_HOME="+t.TempDir(),
		"LIVEKIT_URL="+server.URL(), "LIVEKIT_API_KEY="+server.APIKey(), "LIVEKIT_API_SECRET="+server.APISecret(),
		"LIVEKIT_TOKEN=")
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 100})
	require.NoError(t, err)
	defer func() { require.NoError(t, terminal.Close()) }()
	shown := new(locked.Buffer)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = io.Copy(shown, terminal) // It ends with an error when the process does.
	}()
	live := regexp.MustCompile(`\r\x1b\[K(live|no viewers)  VP8[^\r\n]*  320x240  [\d.]+ fps  \d+/\d+ kbit/s[^\r\n]*`)
	require.Eventually(t, func() bool { return len(live.FindAllString(shown.String(), -1)) > 3 }, waitTimeout,
		20*time.Millisecond, "%q", shown)
	// A narrow terminal has wrapped the line: all its rows are erased, and it is fitted to the new width.
	require.NoError(t, pty.Setsize(terminal, &pty.Winsize{Rows: 24, Cols: 40}))
	narrow := regexp.MustCompile(`\r(\x1b\[A)+\x1b\[J(live|no viewers)[^\r\n]*`)
	require.Eventually(t, func() bool { return narrow.MatchString(shown.String()) }, waitTimeout, 20*time.Millisecond,
		"%q", shown)
	require.NoError(t, cmd.Process.Signal(syscall.SIGINT))
	require.NoError(t, cmd.Wait(), "%q", shown)
	<-ended
	text := shown.String()
	require.Regexp(t, `publishing VP8 by vp8enc as track "camera" \(TR_\w+\)\r\n`, text)
	require.Regexp(t, `\r\x1b\[Kt=\d+\.\ds VP8 fps=.*\(SIGINT\)\r\n$`, text)
	for _, line := range live.FindAllString(text, -1) {
		require.Less(t, len(strings.TrimPrefix(line, "\r\x1b[K")), 100)
	}
	require.NotRegexp(t, `\nt=.*\n(.*\n)*t=`, text, "statistics have no lines of their own")
}

// TestReflows: tmux wraps rows, whatever terminal it runs in.
func TestReflows(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		env  map[string]string
		want bool
	}{
		{map[string]string{"TERM": "xterm-256color"}, true}, // most have this name
		{map[string]string{"TERM": "xterm", "XTERM_VERSION": "XTerm(379)"}, false},
		{map[string]string{"TERM": "screen", "XTERM_VERSION": "XTerm(379)", "TMUX": "/tmp/tmux-0/default,1,0"}, true},
		{map[string]string{"TERM": "screen-256color", "TMUX": "/tmp/tmux-0/default,1,0"}, true},
		{map[string]string{"TERM": "screen.xterm"}, false},
		{map[string]string{"TERM": "linux"}, false},
	} {
		require.Equal(t, c.want, reflows(func(name string) string { return c.env[name] }), "%v", c.env)
	}
}
