// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package devserver

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/test/need"
)

// TestServerDiesWithItsParent kills the parent process of a server with SIGKILL.
func TestServerDiesWithItsParent(t *testing.T) {
	need.Server(t)
	cmd := exec.Command(fake(t, "fake-parent"))
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	line, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, cmd.Process.Kill())
	require.Error(t, cmd.Wait(), "killed")
	require.NoError(t, err)
	addr := strings.TrimSpace(line)
	_, _, err = net.SplitHostPort(addr)
	require.NoError(t, err, line)
	require.Eventually(t, func() bool {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			conn.Close()
		}
		return err != nil
	}, time.Minute, 10*time.Millisecond)
}

// TestServerListensOnLoopbackOnly reads the addresses of the server's sockets from the kernel.
func TestServerListensOnLoopbackOnly(t *testing.T) {
	s := startReal(t)
	links, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", s.proc.pid()))
	require.NoError(t, err)
	inodes := map[string]bool{}
	for _, link := range links {
		// A descriptor may be closed meanwhile.
		target, _ := os.Readlink(link)
		if inode, ok := strings.CutPrefix(target, "socket:["); ok {
			inodes[strings.TrimSuffix(inode, "]")] = true
		}
	}
	local := map[string][]string{}
	for _, network := range []string{"tcp", "tcp6", "udp", "udp6"} {
		table, err := os.ReadFile("/proc/net/" + network)
		require.NoError(t, err)
		for row := range strings.Lines(string(table)) {
			// proc(5): sl, local address, remote address, state, two pairs, retransmits, uid, timeout, inode.
			fields := strings.Fields(row)
			if inodes[fields[9]] {
				address, _, _ := strings.Cut(fields[1], ":")
				local[network] = append(local[network], address)
			}
		}
	}
	// The table prints the four bytes of 127.0.0.1 as one number in the machine's order.
	inHostOrder := fmt.Sprintf("%08X", binary.NativeEndian.Uint32([]byte{127, 0, 0, 1}))
	require.NotEmpty(t, local["udp"])
	require.NotEmpty(t, local["tcp"])
	require.Empty(t, local["tcp6"])
	require.Empty(t, local["udp6"])
	for _, address := range append(local["tcp"], local["udp"]...) {
		require.Equal(t, inHostOrder, address)
	}
}

// TestServerHidesItsSecret checks that the process list shows only the binary's name.
func TestServerHidesItsSecret(t *testing.T) {
	s := startReal(t)
	path, err := Find()
	require.NoError(t, err)
	title, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", s.proc.pid()))
	require.NoError(t, err)
	require.Equal(t, path+"\x00", string(title))
}
