// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package desktop

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMissingProgramsAreNamed needs none of them. A script of cmd/gstpublish runs a whole desktop.
func TestMissingProgramsAreNamed(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := Start(t.Context())
	missing := (*MissingError)(nil)
	require.ErrorAs(t, err, &missing)
	require.EqualError(t, err, "desktop: the program Xvfb is not installed")
	require.Equal(t, "xvfb", missing.Package())
}
