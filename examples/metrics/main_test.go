// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"net/http"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/test/example"
	"github.com/gstpublish/gstpublish/internal/test/need"
	"github.com/gstpublish/gstpublish/internal/test/prometheus"
)

func TestMain(m *testing.M) { example.Main(m, main) }

func TestMetrics(t *testing.T) {
	need.Server(t)
	program := example.Start(t, "127.0.0.1:0")
	program.RequireMoving("demo", example.Ball)
	url := program.RequireOutput(`metrics are at (http://\S+/metrics)`)[1]
	counted := regexp.MustCompile(`(?m)^livekit_gstpublish_sent_samples_total\{layer="f",publication="ball"\} [1-9]`)
	require.Eventually(t, func() bool { return counted.MatchString(get(t, url)) }, 30*time.Second, 50*time.Millisecond)
	require.Regexp(t, `(?m)^# TYPE livekit_gstpublish_sent_samples_total counter$`, get(t, url))
	require.Regexp(t, `(?m)^livekit_gstpublish_network_estimate_bytes_per_second\{room="demo"\} [1-9]`, get(t, url))
	program.Interrupt()
}

// The files that Prometheus and Grafana load.
const (
	alerts    = "../../deploy/prometheus/alerts.yml"
	dashboard = "../../deploy/grafana/gstpublish.json"
)

func TestAlerts(t *testing.T) {
	need.Prometheus(t)
	prometheus.Promtool(t, "test", "rules", "../../deploy/prometheus/alerts_test.yml")
}

// ofServe are metrics that only `gstpublish serve` has. Its test sees that their queries return data.
var ofServe = regexp.MustCompile(`publication_state|publication_restarts|process_resident`)

// TestDashboard sees that a real Prometheus scrapes the program, that it loads the alerts, and that every other query
// of the dashboard returns data.
func TestDashboard(t *testing.T) {
	need.Server(t)
	program := example.Start(t, "127.0.0.1:0")
	program.RequireMoving("demo", example.Ball)
	url := program.RequireOutput(`metrics are at http://(\S+)/metrics`)[1]
	server := prometheus.Start(t, alerts, url)
	for _, query := range prometheus.Dashboard(t, dashboard) {
		if !ofServe.MatchString(query) {
			server.RequireData(query)
		}
	}
	// Each sample was timed, but for repeats, of which a camera has none.
	delays := server.RequireData(`livekit_gstpublish_capture_to_send_seconds_count
		== ignoring (outcome) livekit_gstpublish_frames_total{outcome="sent"} > 0`)
	require.Equal(t, "ball", delays[0].Metric["publication"])
	server.RequireData(`livekit_gstpublish_encode_seconds_count > 0`)
	require.Empty(t, server.Firing())
	program.Interrupt()
}

func get(t *testing.T, url string) string {
	t.Helper()
	response, err := http.Get(url) //nolint:gosec,noctx // the program's own address
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, http.StatusOK, response.StatusCode)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return string(body)
}
