// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package damage

import (
	"bytes"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOf(t *testing.T) {
	data := bytes.Repeat([]byte{1, 2, 3}, 100)
	original := slices.Clone(data)
	all := Of(data)
	require.Len(t, all, cuts+flips+holes)
	for _, damaged := range all {
		require.NotEqual(t, data, damaged)
	}
	require.Equal(t, original, data, "the original stays")
	require.Equal(t, all, Of(data))
	require.Len(t, Of([]byte{1}), len(all))
}
