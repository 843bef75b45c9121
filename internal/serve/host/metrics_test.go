// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/stretchr/testify/require"
)

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
