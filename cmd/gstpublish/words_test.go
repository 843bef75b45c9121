// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSplitWords(t *testing.T) {
	options, words := splitWords([]string{"gstpublish", "run", "-r", "a"})
	require.Equal(t, []string{"gstpublish", "run", "-r", "a"}, options)
	require.Nil(t, words)
	options, words = splitWords([]string{"gstpublish", "run", "--", "a", "--", "b"})
	require.Equal(t, []string{"gstpublish", "run"}, options)
	require.Equal(t, []string{"a", "--", "b"}, words)
	_, words = splitWords([]string{"gstpublish", "run", "--"})
	require.Empty(t, words)
	require.NotNil(t, words)
}
