// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// TestElementLibraries: each installed software encoder has a library with a version.
func TestElementLibraries(t *testing.T) {
	found := 0
	for _, l := range catalogue.Libraries() {
		for _, element := range l.Elements {
			if Installed(element) == nil {
				require.Regexp(t, `^\d+(\.\d+)*`, ElementLibrary(element), "%s of %s", l.Name, element)
				found++
			}
		}
	}
	require.NotZero(t, found)
	require.Empty(t, ElementLibrary("videoconvert"))
	require.Empty(t, ElementLibrary("no such element"))
	require.Empty(t, fileVersion(filepath.Join(t.TempDir(), "none"), "libx264"))
}
