// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// childVariable has the attempts of a child process.
const childVariable = "GSTPUBLISH_TEST_SANDBOX"

func TestMain(m *testing.M) {
	if text := os.Getenv(childVariable); text != "" {
		os.Exit(child(text)) //nolint:forbidigo // as testing.M's users do
	}
	os.Exit(m.Run()) //nolint:forbidigo // as testing.M's users do
}

// attempts are what a child process tries, and may do.
type attempts struct {
	Options Options
	Names   []string // of tries
	Args    []string // theirs
	Devices string   // the folder in the place of /dev; empty for /dev
}

// tries are by name. Each returns the error of what it tries.
var tries = map[string]func(arg string) error{
	"read": func(path string) error { return closed(os.Open(path)) }, //nolint:gosec // of the test
	"list": func(path string) error {
		_, err := os.ReadDir(path)
		return err
	},
	"write": func(path string) error { return os.WriteFile(path, []byte("x"), 0o600) },
	"dial": func(address string) error {
		return closed((&net.Dialer{}).DialContext(context.Background(), "tcp", address))
	},
	"listen": func(address string) error {
		return closed((&net.ListenConfig{}).Listen(context.Background(), "tcp", address))
	},
	"udp": func(string) error {
		return closed((&net.ListenConfig{}).ListenPacket(context.Background(), "udp", "127.0.0.1:0"))
	},
	"run":      func(path string) error { return exec.Command(path).Run() }, //nolint:gosec // of the test
	"fastopen": fastOpened,
	"mptcp": func(string) error {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, mptcp)
		if err == nil {
			_ = unix.Close(fd) // It was only made.
		}
		return err
	},
	"unix": func(name string) error {
		return closed((&net.Dialer{}).DialContext(context.Background(), "unix", name))
	},
	"send": func(address string) error {
		conn, err := (&net.Dialer{}).DialContext(context.Background(), "udp", address)
		if err != nil {
			return err
		}
		_, err = conn.Write([]byte("x"))
		return closed(conn, err)
	},
	"raw": func(string) error {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.IPPROTO_TCP)
		if err == nil {
			_ = unix.Close(fd) // It was only made.
		}
		return err
	},
	"packet": func(string) error { return socket(unix.AF_PACKET) },
	"vsock":  func(string) error { return socket(unix.AF_VSOCK) },
	"unshare": func(string) error {
		runtime.LockOSThread() // The thread ends with the process.
		return unix.Unshare(unix.CLONE_NEWUSER)
	},
	"uring": func(string) error {
		_, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, 1, 0, 0)
		return errno
	},
	"kill": func(pid string) error {
		var n int
		if _, err := fmt.Sscan(pid, &n); err != nil {
			return err
		}
		return syscall.Kill(n, 0)
	},
}

// fastOpened connects by sending, which Landlock does not see.
func fastOpened(address string) error {
	to, err := net.ResolveTCPAddr("tcp4", address)
	if err != nil {
		return err
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(fd) }() // It is no longer needed.
	return unix.Sendto(fd, []byte("x"), fastOpen, &unix.SockaddrInet4{Port: to.Port, Addr: [4]byte(to.IP.To4())})
}

func closed[C interface{ Close() error }](c C, err error) error {
	if err == nil {
		_ = c.Close() // It was only opened.
	}
	return err
}

func socket(family int) error {
	fd, err := unix.Socket(family, unix.SOCK_DGRAM, 0)
	if err == nil {
		_ = unix.Close(fd) // It was only made.
	}
	return err
}

// child is the child process: it is limited, tries, and prints the errors.
func child(text string) int {
	var a attempts
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		return 1
	}
	if _, err := apply(&a.Options, cmp.Or(a.Devices, "/dev")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	var results []string
	for i, name := range a.Names {
		// On other threads too: each must be limited.
		done := make(chan error)
		go func() {
			runtime.LockOSThread()
			done <- tries[name](a.Args[i])
		}()
		result := "ok"
		switch err := <-done; {
		case err == nil:
		case errors.Is(err, os.ErrPermission):
			result = "refused"
		default:
			result = err.Error()
		}
		results = append(results, name+": "+result)
	}
	if json.NewEncoder(os.Stdout).Encode(results) != nil {
		return 1
	}
	return 0
}

// attempt runs a child, and returns what came of each try: "ok", "refused", or another error.
func attempt(t *testing.T, o Options, pairs ...[2]string) (results []string) {
	t.Helper()
	return attemptWith(t, o, "", pairs...)
}

// attemptWith is attempt with a folder in the place of /dev.
func attemptWith(t *testing.T, o Options, devices string, pairs ...[2]string) (results []string) {
	t.Helper()
	a := attempts{Options: o, Devices: devices}
	for _, pair := range pairs {
		a.Names, a.Args = append(a.Names, pair[0]), append(a.Args, pair[1])
	}
	text, err := json.Marshal(a)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "/proc/self/exe")
	cmd.Env = append(os.Environ(), childVariable+"="+string(text))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(out, &results))
	return results
}

// needSandbox skips the test where the system has no whole sandbox.
func needSandbox(t *testing.T) {
	t.Helper()
	if _, err := os.Stat("/proc/sys/kernel/seccomp/actions_avail"); err != nil {
		t.Skip("no seccomp")
	}
	if version, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, 1); errno != 0 || version < landlockTCP {
		t.Skipf("Landlock %d: %v", version, errno)
	}
}

// TestAttacks: what is not permitted is refused, on every thread, and what is permitted works.
func TestAttacks(t *testing.T) {
	needSandbox(t)
	dir := t.TempDir()
	file := func(name string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte("x"), 0o600))
		return path
	}
	secret, readable, writable := file("secret"), file("readable"), file("open/writable")
	listen := func() string {
		l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, l.Close()) })
		return l.Addr().String()
	}
	inside, outside := listen(), listen()
	o := Options{
		Required: true, Read: []string{readable, filepath.Join(dir, "none")}, Write: []string{filepath.Dir(writable)},
	}
	o.AddURL("ws://" + inside)

	require.Equal(t, []string{
		"read: ok", "write: refused", "read: refused", "write: refused", "write: ok", "read: ok",
		"write: refused", "read: refused", "read: ok",
		"dial: ok", "dial: refused", "listen: refused", "udp: ok",
		"fastopen: refused", "mptcp: refused", "raw: refused", "run: refused", "packet: refused", "vsock: refused",
		"unshare: refused", "uring: refused",
	}, attempt(t, o,
		[2]string{"read", readable}, [2]string{"write", readable}, [2]string{"read", secret}, [2]string{"write", secret},
		[2]string{"write", writable}, [2]string{"read", writable},
		[2]string{"write", filepath.Join(dir, "new")}, [2]string{"read", "/etc/shadow"}, [2]string{"read", "/etc/hosts"},
		[2]string{"dial", inside}, [2]string{"dial", outside}, [2]string{"listen", "127.0.0.1:0"}, [2]string{"udp", ""},
		[2]string{"fastopen", outside}, [2]string{"mptcp", ""}, [2]string{"raw", ""},
		[2]string{"run", "/bin/true"},
		[2]string{"packet", ""}, [2]string{"vsock", ""}, [2]string{"unshare", ""}, [2]string{"uring", ""},
	))
	o = Options{Execute: []string{"/bin/true"}}
	require.Equal(t, []string{"run: ok"}, attempt(t, o, [2]string{"run", "/bin/true"}))
}

// TestSecretsOfTheParent: a limited process reads no secrets of others from /proc, although it runs as the same user.
func TestSecretsOfTheParent(t *testing.T) {
	needSandbox(t)
	parent := fmt.Sprintf("/proc/%d/", os.Getpid())
	require.Equal(t, []string{"read: refused", "read: refused", "read: ok"}, attempt(t, Options{Required: true},
		[2]string{"read", parent + "environ"}, [2]string{"read", parent + "cmdline"}, [2]string{"read", "/proc/self/stat"}))
}

// TestAbstractSockets: a limited process connects to Unix sockets without a path only if it is permitted.
func TestAbstractSockets(t *testing.T) {
	needSandbox(t)
	if version, _, _ := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, 1); version < landlockScopes {
		t.Skipf("Landlock %d", version)
	}
	name := fmt.Sprintf("@gstpublish-test-%d", os.Getpid())
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", name)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	try := [2]string{"unix", name}
	require.Equal(t, []string{"unix: refused"}, attempt(t, Options{Required: true}, try))
	require.Equal(t, []string{"unix: ok"}, attempt(t, Options{Required: true, AbstractSockets: true}, try))
}

// TestUnixSockets: a limited process connects to PipeWire if that is permitted, and to no other Unix socket with a path
// where Landlock can refuse it.
func TestUnixSockets(t *testing.T) {
	needSandbox(t)
	dir := t.TempDir()
	listen := func(name string) string {
		path := filepath.Join(dir, name)
		l, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", path)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, l.Close()) })
		return path
	}
	o := Options{Required: true}
	o.AddPipeWire(func(name string) string {
		return map[string]string{"XDG_RUNTIME_DIR": dir}[name]
	})
	others := "unix: ok"
	if version, _, _ := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, 1); version >= landlockSockets {
		others = "unix: refused"
	}
	require.Equal(t, []string{"unix: ok", others, "read: refused"}, attempt(t, o,
		[2]string{"unix", listen("pipewire-0")}, [2]string{"unix", listen("bus")}, [2]string{"read", dir}))
}

// TestUDP: UDP is not limited, neither to an address nor to a port.
func TestUDP(t *testing.T) {
	needSandbox(t)
	l, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	require.Equal(t, []string{"udp: ok", "send: ok"}, attempt(t, Options{Required: true},
		[2]string{"udp", ""}, [2]string{"send", l.LocalAddr().String()}))
	require.NoError(t, l.SetReadDeadline(time.Now().Add(30*time.Second)))
	n, _, err := l.ReadFrom(make([]byte, 8))
	require.NoError(t, err)
	require.Equal(t, 1, n)
}

// TestDevices: a limited process uses graphics cards and the device that it is permitted, and no other devices. Files
// stand in for them.
func TestDevices(t *testing.T) {
	needSandbox(t)
	dir := t.TempDir()
	device := func(name string) [2]string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, nil, 0o600))
		return [2]string{"write", path}
	}
	camera := device("video0")
	require.Equal(t, []string{
		"write: ok", "write: ok", "write: ok", "list: ok",
		"write: refused", "write: refused", "write: refused", "write: refused", "list: refused",
	}, attemptWith(t, Options{Required: true, Write: camera[1:]}, dir,
		device("dri/renderD128"), device("nvidiactl"), camera, [2]string{"list", filepath.Join(dir, "dri")},
		device("dri/card0"), device("video1"), device("snd/pcmC0D0c"), device("mem"), [2]string{"list", dir}))
}

// TestCards: all graphics cards are devices that every process may use, and no other devices are.
func TestCards(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "dri"), 0o700))
	cards := []string{"dri/renderD128", "dri/renderD129", "nvidia0", "nvidia11", "nvidiactl", "nvidia-caps"}
	for _, name := range append([]string{"dri/card0", "video0", "mem", "snd"}, cards...) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), nil, 0o600))
	}
	var found []string
	for _, path := range cardsIn(dir) {
		name, err := filepath.Rel(dir, path)
		require.NoError(t, err)
		found = append(found, name)
	}
	require.ElementsMatch(t, cards, found)
}
