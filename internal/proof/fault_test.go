// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/gst/standin"
	"github.com/gstpublish/gstpublish/internal/test/need"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// TestHardwareThatFails proves stand-ins for hardware that fail in each way. Each way has an element of its own, so one
// variable of the environment describes all of them.
func TestHardwareThatFails(t *testing.T) {
	need.RealTime(t)
	faults := []struct {
		element, version string
		fault            standin.Fault
		reason           string
	}{
		{"nvh264enc", "1.26", standin.Fault{Kind: standin.RefuseReady}, "Failed to open encoder"},
		{"nvcudah264enc", "1.22", standin.Fault{Kind: standin.RefuseFormat}, "does not accept frames of this size"},
		{"nvautogpuh264enc", "1.26", standin.Fault{Kind: standin.Hang, Frame: 3}, "it did not answer in time"},
		{"vah264enc", "1.26", standin.Fault{Kind: standin.Abort, Frame: 3}, "it crashed ("},
		{"vah264lpenc", "1.26", standin.Fault{Kind: standin.Crash}, "(SIGSEGV: segmentation violation)"},
		{"qsvh264enc", "1.26", standin.Fault{Kind: standin.BFrames}, "2 in, 0 out"},
		{"v4l2h264enc", "1.26", standin.Fault{Kind: standin.Swallow, Frame: 5}, "delays frames"},
		{"amfh264enc", "1.26", standin.Fault{Kind: standin.IgnoreKeyFrame}, "does not produce a key frame on request"},
		{"mpph264enc", "1.26", standin.Fault{Kind: standin.Garbage}, "does not look like the input"},
		{"vtenc_h264", "1.26", standin.Fault{Kind: standin.Fail, Frame: 7}, "vtenc_h264"},
		{"vaapih264enc", "1.26", standin.Fault{Kind: standin.OmitHeaders}, "parameter sets"},
	}
	entries := make([]standin.Entry, len(faults))
	for i, f := range faults {
		entries[i] = standin.Entry{Name: f.element, Version: f.version, Fault: f.fault}
	}
	t.Setenv(standin.EnvName, standin.Env(entries...)) // only for the children
	for _, f := range faults {
		t.Run(f.fault.Kind.String(), func(t *testing.T) {
			prover := New(&Options{Timeout: 20 * time.Second})
			switch f.fault.Kind { // The others do not delay frames, whatever the machine does.
			case standin.Hang:
				prover = New(&Options{Timeout: 3 * time.Second})
			case standin.Swallow, standin.BFrames, standin.OmitHeaders:
			default:
				prover.patience = 100
			}
			rows := catalogue.For(catalogue.H264)
			row := rows[slices.IndexFunc(rows, func(r catalogue.Row) bool { return r.Factory == f.element })]
			begin := time.Now()
			report, err := prover.Prove(t.Context(), Candidate{row, pipeline.Fronts(&row)[0]}, Want{
				Codec: catalogue.H264, Width: 640, Height: 360,
			})
			require.NoError(t, err)
			t.Log(time.Since(begin), report.Reason)
			require.False(t, report.Proven)
			require.Contains(t, report.Reason, f.reason)
		})
	}
}
