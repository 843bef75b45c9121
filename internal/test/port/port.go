// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package port finds free ports of loopback, for programs that tests run.
package port

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

// UDP returns the number of a UDP port that nothing uses now.
func UDP(tb testing.TB) string {
	tb.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0") //nolint:noctx // It does not wait.
	require.NoError(tb, err)
	_, port, err := net.SplitHostPort(conn.LocalAddr().String())
	require.NoError(tb, err)
	require.NoError(tb, conn.Close())
	return port
}
