// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/serve"
	"github.com/gstpublish/gstpublish/internal/test/need"
)

// talkative has GStreamer write what it does, passwords included, to standard error.
const talkative = `environment: {GST_DEBUG: "rtspsrc:7,rtspconnection:7", GST_DEBUG_NO_COLOR: "1"}`

// TestServeSecrets: passwords and secrets of a configuration are in no log, on no page of serve, and not on the command
// lines of its processes, also if plugins write them and processes fail.
func TestServeSecrets(t *testing.T) {
	t.Parallel()
	need.Server(t)
	need.RealTime(t)
	const secret = "hush-hush"
	config := filepath.Join(t.TempDir(), "serve.yaml")
	text := strings.ReplaceAll(`
health_port: 0
defaults: {room: ROOM}
publications:
  url: {input: "rtsp://user:hush-hush-1@127.0.0.1:1/a", `+talkative+`}
  login: {input: rtsp.launch, set: ["url=rtsp://127.0.0.1:1/a", user=me, password=hush-hush-2], `+talkative+`}
  refused: {input: testpattern, api_key: devkey, api_secret: hush-hush-3-hush-hush-hush-hush-hush}
  live:
    set: password=hush-hush-4
    pipeline: >
      videotestsrc is-live=true ! video/x-raw,width=160,height=90,framerate=10/1 ! textoverlay text="${password}"
`, "ROOM", t.Name())
	require.NoError(t, os.WriteFile(config, []byte(text), 0o600))
	s := startServed(t, server, []string{"GSTPUBLISH_CONFIG_FILE=" + config}, "serve")
	live := s.Await("live")
	for _, name := range []string{"url", "login", "refused"} {
		s.Eventually(name+" has no last words", func() bool {
			last := s.Status(name).LastExit
			return last != nil && len(last.Words) > 0
		})
	}
	s.Await("refused", serve.Waiting)

	all := s.Log()
	for _, path := range []string{
		"/", "/status", "/healthz", "/readyz", "/metrics", "/gst_pipeline/live", "/pprof/live/cmdline",
		"/debug/pprof/cmdline", "/pprof/live/goroutine?debug=2", "/debug/pprof/goroutine?debug=2",
	} {
		page, _ := s.Get(path)
		require.NotEmpty(t, page, path)
		all += "\n" + page
	}
	command, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", live.PID))
	require.NoError(t, err)
	require.Contains(t, string(command), "--set=password=xxxxxxxxxxx\x00")
	for line := range strings.Lines(all + string(command)) {
		require.NotContains(t, line, secret)
	}
	require.Regexp(t, `text=\\*"\[redacted\]`, all, "the graph")
	require.Contains(t, all, "rtsp://user:[redacted]@127.0.0.1:1/a")
	s.Stop()
	require.NotContains(t, s.Log(), secret)
}
