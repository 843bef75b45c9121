// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"os"
	"strconv"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	// GStreamer's tracer reads this when it is initialised.
	if err := os.Setenv("GST_TRACERS", "leaks"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

func itoa(n int) string { return strconv.Itoa(n) }
