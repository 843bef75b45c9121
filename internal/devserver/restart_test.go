// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package devserver

import (
	"net/http"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRestart(t *testing.T) {
	s := startReal(t)
	url, before := s.URL(), s.proc
	s.Kill()
	requireGone(t, before)
	_, err := get(t, s)
	require.ErrorIs(t, err, syscall.ECONNREFUSED)

	require.NoError(t, s.Restart(t.Context()))
	require.Equal(t, url, s.URL())
	require.NotEqual(t, before.pid(), s.proc.pid())
	body, err := get(t, s)
	require.NoError(t, err)
	require.Equal(t, "OK", body)
	require.Equal(t, http.StatusOK, listRooms(t, s, s.APISecret()))
}

// TestRestartEndsWhatRuns checks that Restart ends a server that is still running.
func TestRestartEndsWhatRuns(t *testing.T) {
	s := startReal(t)
	before := s.proc
	require.NoError(t, s.Restart(t.Context()))
	requireGone(t, before)
}
