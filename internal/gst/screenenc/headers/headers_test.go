// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux && !noscreenenc

package headers

import (
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMissingHeaders runs the check with an empty include path.
func TestMissingHeaders(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "cc", "-E", "check.h").CombinedOutput()
	require.NoError(t, err, "%s", out)

	out, err = exec.CommandContext(t.Context(), "cc", "-E", "-nostdinc", "-I", t.TempDir(), "check.h").CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "install libvpx-dev and libaom-dev, or build with -tags noscreenenc")
}
