// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhatANewerLibraryBrings(t *testing.T) {
	aom, ok := LibraryOf("gpav1enc")
	require.True(t, ok)
	require.Equal(t, "libaom", aom.Name)
	for version, missing := range map[string]bool{
		"3.6.0": true, "v3.6.0-1": true, "3.11.9": true, "3.9": true,
		"3.12": false, "3.12.0": false, "3.12.1": false, "3.13.0": false, "4.0.0": false, "10.0": false,
		"": false, "unknown": false,
	} {
		require.Equal(t, missing, len(aom.Missing(version)) == len(aom.Gains), version)
		require.Equal(t, !missing, len(aom.Missing(version)) == 0, version)
	}
	_, ok = LibraryOf("vah264enc")
	require.False(t, ok)
}

// TestLibrariesOfTheCatalogue: each software encoder has one.
func TestLibrariesOfTheCatalogue(t *testing.T) {
	for _, r := range Rows() {
		_, ok := LibraryOf(r.Factory)
		require.Equal(t, !r.Hardware(), ok, r.Factory)
	}
}
