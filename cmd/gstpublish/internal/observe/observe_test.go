// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/problem"
)

func graph() string { return "digraph pipeline {}" }

func TestWithoutAnAddressNothingIsServed(t *testing.T) {
	t.Parallel()
	s, err := Serve(t.Context(), "", graph, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	s.Add(nil, nil) // of no effect, so nil is fine
	s.Close()
}

func TestAnAddressThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	taken := "unix:" + filepath.Join(t.TempDir(), "missing", "socket")
	_, err := Serve(t.Context(), taken, graph, slog.New(slog.DiscardHandler))
	require.ErrorContains(t, err, "missing")
	usage := (*problem.UsageError)(nil)
	require.ErrorAs(t, err, &usage)
}

// get returns what a server at a socket answers.
func get(t *testing.T, client *http.Client, path string) (string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://socket"+path, http.NoBody)
	require.NoError(t, err)
	answer, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = answer.Body.Close() }()
	require.Equal(t, http.StatusOK, answer.StatusCode, path)
	text, err := io.ReadAll(answer.Body)
	return string(text), err
}

func TestServe(t *testing.T) {
	t.Parallel()
	socket := filepath.Join(t.TempDir(), "socket")
	s, err := Serve(t.Context(), "unix:"+socket, graph, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	t.Cleanup(s.Close)
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}}
	t.Cleanup(transport.CloseIdleConnections)
	client := &http.Client{Transport: transport}
	var text string
	for path, part := range map[string]string{
		"/healthz": "ok", "/gst_pipeline": graph(), "/debug/pprof/": "goroutine", "/metrics": "\ngo_goroutines ",
	} {
		text, err = get(t, client, path)
		require.NoError(t, err, path)
		require.Contains(t, text, part, path)
	}
	s.Close()
	transport.CloseIdleConnections()
	_, err = get(t, client, "/healthz")
	require.Error(t, err, "it is closed")
}
