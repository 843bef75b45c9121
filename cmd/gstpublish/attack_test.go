// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/test/attack"
)

// TestAttacks: with --policy restricted, each text that does harm ends the command with exit code 2 and the reason.
func TestAttacks(t *testing.T) {
	prepareWrong(t)
	reason := regexp.MustCompile(`^2 gstpublish: (attack\.launch:\d+:\d+: )?the policy (does not permit|permits no) `)
	environment := regexp.MustCompile(`^2 gstpublish: attack\.launch:1:\d+: the variable LIVEKIT_API_SECRET has no value`)
	tried := 0
	for harm, texts := range attack.Texts {
		for _, text := range texts {
			require.NoError(t, os.WriteFile("attack.launch", []byte(text), 0o600))
			got := runWrong(t, "run --room r --policy restricted attack.launch")
			require.True(t, reason.MatchString(got) || environment.MatchString(got), "%s: %s:\n%s", harm, text, got)
			tried++
		}
	}
	require.Greater(t, tried, 25)
	left, err := filepath.Glob(attack.Left)
	require.NoError(t, err)
	require.Empty(t, left)
}
