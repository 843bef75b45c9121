// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/serve"
)

// TestStatusPage: the page shows what a publication has said before it ended, and what is wrong with the configuration.
func TestStatusPage(t *testing.T) {
	h := New(Options{Logger: slog.New(slog.DiscardHandler), Redact: func(text string) string {
		return strings.ReplaceAll(text, "hush", "[redacted]")
	}})
	h.listens = &serve.Config{HealthPort: 1, PrometheusPort: 1, DebugPort: 2}
	get := func(path string) string {
		mux := http.NewServeMux()
		h.health(mux)
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody))
		require.Equal(t, http.StatusOK, w.Code)
		return w.Body.String()
	}
	show := func() string { return get("/") }
	require.Equal(t, "[]\n", get("/status"))
	for _, name := range []string{"door", "lobby"} {
		h.keepers[name] = newKeeper(serve.Publication{Name: name, Room: "cameras"}, "", t.TempDir(), h.o.Logger, h.o.Redact)
		h.order = append(h.order, name)
	}
	process := &process{cmd: &exec.Cmd{Process: &os.Process{Pid: 1}}, words: []string{"retrying, hush"}}
	h.keepers["door"].state, h.keepers["door"].process = serve.Live, process
	page := show()
	require.Contains(t, page, "1 of 2 ready")
	require.NotContains(t, page, "Last words")
	require.Contains(t, page, `href="/metrics"`)
	require.NotContains(t, page, "/gst_pipeline/", "it is at another port")
	require.NotContains(t, page, "The configuration")
	require.NotContains(t, page, "retrying")
	h.keepers["lobby"].process = process
	require.Contains(t, show(), `<span class="soft">retrying, [redacted]</span>`, "it is starting")
	h.keepers["lobby"].process = nil

	h.listens.DebugPort = 1
	h.reloadFailed = errors.New(`serve.yaml:1:20: unknown key "<b>", hush`)
	lobby := h.keepers["lobby"]
	lobby.state, lobby.idle = serve.Waiting, "exit code 1"
	lobby.last = &Exit{Cause: "exit code 1", At: time.Now(), Words: []string{"<script>", "the end"}}
	page = show()
	require.Contains(t, page, `/gst_pipeline/door`)
	require.NotContains(t, page, `/gst_pipeline/lobby`, "it has no process")
	require.Contains(t, page, `<a href="#words-lobby">exit code 1</a>`)
	require.Contains(t, page, `<section id="words-lobby">`)
	require.Contains(t, page, "&lt;script&gt;\nthe end\n")
	require.Contains(t, page, `stays in use: serve.yaml:1:20: unknown key &#34;&lt;b&gt;&#34;, [redacted]`)
}

func TestRough(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"5s": 5 * time.Second, "3m0s": 3 * time.Minute, "2h5m": 125 * time.Minute, "3 days": 80 * time.Hour,
	} {
		require.Equal(t, want, rough(d))
	}
}
