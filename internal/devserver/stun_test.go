// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package devserver

import (
	"encoding/hex"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The transaction and the address are those of RFC 5769, sections 2.1 and 2.2.
const (
	stunTransaction = "2112a442" + "b7e7a701bc34d686fa87dfae"
	stunRequest     = "00010000" + stunTransaction
	stunResponse    = "0101000c" + stunTransaction + "00200008" + "0001a147e112a643"
)

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	require.NoError(t, err)
	return b
}

func TestSTUNAnswer(t *testing.T) {
	from := netip.MustParseAddrPort("192.0.2.1:32853")
	require.Equal(t, stunResponse, hex.EncodeToString(stunAnswer(unhex(t, stunRequest), from)))

	for name, request := range map[string]string{
		"empty":             "",
		"short":             stunRequest[:2*(stunHeaderSize-1)],
		"no cookie":         "00010000" + "00000000" + "b7e7a701bc34d686fa87dfae",
		"another method":    "00030000" + stunTransaction,
		"an answer, not to": stunResponse,
	} {
		t.Run(name, func(t *testing.T) {
			require.Nil(t, stunAnswer(unhex(t, request), from))
		})
	}
	require.Nil(t, stunAnswer(unhex(t, stunRequest), netip.MustParseAddrPort("[::1]:1")))
}

func TestSTUNResponder(t *testing.T) {
	r, err := startSTUN()
	require.NoError(t, err)
	defer r.close()
	conn, err := net.Dial("udp4", r.conn.LocalAddr().String())
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
	// What it doesn't know it skips.
	for _, message := range []string{"00", stunRequest} {
		_, err = conn.Write(unhex(t, message))
		require.NoError(t, err)
	}
	buf := make([]byte, 100)
	n, err := conn.Read(buf)
	require.NoError(t, err)
	from := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	require.Equal(t, stunAnswer(unhex(t, stunRequest), from), buf[:n])
	r.close()
}
