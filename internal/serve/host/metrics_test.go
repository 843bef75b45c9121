// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/serve"
)

// TestLint: the metrics of serve follow Prometheus's rules, and docs/operators.md has them.
func TestLint(t *testing.T) {
	h := New(Options{Logger: slog.New(slog.DiscardHandler)})
	k := newKeeper(serve.Publication{Name: "a"}, "", t.TempDir(), h.o.Logger, h.o.Redact)
	k.restarts["hung"], k.last = 1, &Exit{Cause: "hung"}
	h.keepers["a"], h.order = k, []string{"a"}
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(h)
	families, err := registry.Gather()
	require.NoError(t, err)
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	require.NoError(t, err)
	require.Empty(t, problems)
	page, err := os.ReadFile("../../../docs/operators.md")
	require.NoError(t, err)
	require.Len(t, families, 6)
	for _, family := range families {
		require.Contains(t, string(page), "`"+strings.TrimPrefix(family.GetName(), prefix)+"`")
	}
}

// TestLabelled merges the metrics of two processes, as they export them, with those of a registry.
func TestLabelled(t *testing.T) {
	const text = `# HELP a_total Help.
# TYPE a_total counter
a_total{publication="",room="r"} 1
# HELP h_seconds Help.
# TYPE h_seconds histogram
h_seconds_bucket{le="1"} 2
h_seconds_bucket{le="+Inf"} 3
h_seconds_sum 4
h_seconds_count 3
`
	all := prometheus.Gatherers{prometheus.NewRegistry()}
	for _, name := range []string{"one", "two"} {
		families, err := labelled([]byte(text), name)
		require.NoError(t, err)
		all = append(all, prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) { return families, nil }))
	}
	families, err := all.Gather()
	require.NoError(t, err)
	var merged strings.Builder
	for _, family := range families {
		_, err = expfmt.MetricFamilyToText(&merged, family)
		require.NoError(t, err)
	}
	require.Equal(t, `# HELP a_total Help.
# TYPE a_total counter
a_total{publication="one",room="r"} 1
a_total{publication="two",room="r"} 1
# HELP h_seconds Help.
# TYPE h_seconds histogram
h_seconds_bucket{publication="one",le="1"} 2
h_seconds_bucket{publication="one",le="+Inf"} 3
h_seconds_sum{publication="one"} 4
h_seconds_count{publication="one"} 3
h_seconds_bucket{publication="two",le="1"} 2
h_seconds_bucket{publication="two",le="+Inf"} 3
h_seconds_sum{publication="two"} 4
h_seconds_count{publication="two"} 3
`, merged.String())
	_, err = labelled([]byte("{"), "one")
	require.Error(t, err)
}
