// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"os"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/stretchr/testify/require"
)

// TestMetrics: the metrics of a worker follow Prometheus's rules, and docs/operators.md has them.
func TestMetrics(t *testing.T) {
	w := newWorker(t)
	w.begin("J1", "a")
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(w.Host(func() bool { return true }).Collector)
	families, err := registry.Gather()
	require.NoError(t, err)
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	require.NoError(t, err)
	require.Empty(t, problems)
	page, err := os.ReadFile("../../../docs/operators.md")
	require.NoError(t, err)
	values := map[string]float64{}
	for _, family := range families {
		name := strings.TrimPrefix(family.GetName(), "livekit_gstpublish_")
		require.Contains(t, string(page), "`"+name+"`")
		values[name] = family.GetMetric()[0].GetGauge().GetValue()
	}
	require.InDeltaMapValues(t, map[string]float64{
		"worker_registered": 1, "worker_load_ratio": capacityLoad / 2, "worker_jobs": 1, "worker_max_jobs": 2,
	}, values, 0.001)
}
