// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/test/need"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// TestStepsHaveTimeOfTheirOwn proves encoders in children that take long: other work on the machine may be the reason
// as long as they get ahead.
func TestStepsHaveTimeOfTheirOwn(t *testing.T) {
	need.RealTime(t)
	t.Parallel()
	const step = `echo '` + linePrefix + `{"Step":"encoding"}'`
	for name, tt := range map[string]struct {
		script  string
		timeout time.Duration
		reason  string // "" if the encoder is proven
	}{
		"slow": {
			"for i in 1 2 3 4; do " + step + "; sleep 1.2; done; echo '" + linePrefix + `{"Report":{"Proven":true}}'`,
			4 * time.Second, "",
		},
		"stuck":      {step + "; exec sleep 20", time.Second, "it did not answer in time while encoding"},
		"never done": {"while sleep 0.1; do " + step + "; done", time.Second, "it did not answer in time while encoding"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := New(&Options{Timeout: tt.timeout})
			p.program, p.patience = programOf(t, tt.script), 10
			here, _ := Candidates(catalogue.VP8)
			report, err := p.Prove(t.Context(), here[0], Want{Codec: catalogue.VP8})
			require.NoError(t, err)
			require.Equal(t, tt.reason, report.Reason)
			require.Equal(t, tt.reason == "", report.Proven)
		})
	}
}
