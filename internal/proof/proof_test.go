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

func TestSoftwareEncodersAreProven(t *testing.T) {
	need.RealTime(t)
	// An encoder that holds back frames does so however long it may take.
	patient := New(&Options{Timeout: 3 * time.Minute})
	patient.patience = 100
	for _, codec := range catalogue.Codecs() {
		here, _ := Candidates(codec)
		for _, c := range here {
			if c.Row.Factory == "svtav1enc" {
				continue // See its traps: that of Debian 13 hangs, and is not proven.
			}
			for _, screencast := range []bool{false, true} {
				t.Run(c.String(), func(t *testing.T) {
					report, err := patient.Prove(t.Context(), c, Want{
						Codec: codec, Width: 640, Height: 360, Screencast: screencast,
					})
					require.NoError(t, err)
					t.Logf("%+v", report)
					require.True(t, report.Proven, report.Reason)
					require.NotEmpty(t, report.Decoder)
					require.Zero(t, report.Late)
				})
			}
		}
	}
}
