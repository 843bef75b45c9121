// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package devserver

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/livekit/protocol/auth"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/test/locked"
	"github.com/gstpublish/gstpublish/internal/test/need"
)

// startReal starts a real server that ends with the test.
func startReal(t *testing.T) *Server {
	t.Helper()
	need.Server(t)
	s, err := Start(t.Context(), nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Stop(context.Background())) })
	return s
}

// get asks the server's health check.
func get(t *testing.T, s *Server) (string, error) {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(strings.Replace(s.URL(), "ws:", "http:", 1))
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return string(body), err
}

// listRooms calls the server's API with a token signed with the secret, and returns the HTTP status.
func listRooms(t *testing.T, s *Server, secret string) int {
	t.Helper()
	token, err := auth.NewAccessToken(s.APIKey(), secret).SetVideoGrant(&auth.VideoGrant{RoomList: true}).ToJWT()
	require.NoError(t, err)
	url := strings.Replace(s.URL(), "ws:", "http:", 1) + "/twirp/livekit.RoomService/ListRooms"
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader("{}"))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return resp.StatusCode
}

func TestStart(t *testing.T) {
	s := startReal(t)
	require.Regexp(t, `^ws://127\.0\.0\.1:\d+$`, s.URL())
	body, err := get(t, s)
	require.NoError(t, err)
	require.Equal(t, "OK", body)
	require.Equal(t, http.StatusOK, listRooms(t, s, s.APISecret()))
	require.Equal(t, http.StatusUnauthorized, listRooms(t, s, "another secret"))
}

func TestStartTwoSideBySide(t *testing.T) {
	a, b := startReal(t), startReal(t)
	require.NotEqual(t, a.URL(), b.URL())
	require.NoError(t, a.Stop(t.Context()))
	_, err := get(t, a)
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
	_, err = get(t, b)
	require.NoError(t, err)
}

func TestMediaIsAnnouncedElsewhere(t *testing.T) {
	need.Server(t)
	elsewhere := netip.MustParseAddr("127.0.0.2")
	s, err := Start(t.Context(), &Options{MediaIP: elsewhere})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Stop(context.Background())) })
	_, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(s.MediaAddr()))
	require.ErrorIs(t, err, syscall.EADDRINUSE, "the server is here")
	relay, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(elsewhere, s.MediaAddr().Port())))
	require.NoError(t, err, "and not there")
	require.NoError(t, relay.Close())

	text := config(&Options{}, ports{announced: elsewhere}, 0)
	require.Contains(t, text, "node_ip: 127.0.0.2\n  use_ice_lite: true\n")
	text = config(&Options{}, ports{}, 0)
	require.Contains(t, text, "node_ip: 127.0.0.1\n  use_ice_lite: false\n")
}

func TestStopTwice(t *testing.T) {
	s := startReal(t)
	require.NoError(t, s.Stop(t.Context()))
	require.NoError(t, s.Stop(t.Context()))
	requireGone(t, s.proc)
}

func TestStopFromManyGoroutines(t *testing.T) {
	s := startReal(t)
	var wg sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		wg.Go(func() { errs[i] = s.Stop(t.Context()) })
	}
	wg.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
}

func TestStopKillsAtTheDeadline(t *testing.T) {
	s, err := Start(t.Context(), &Options{Path: fake(t, "fake-stubborn")})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), settleTime+2*forceAfter)
	defer cancel()
	err = s.Stop(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorContains(t, err, "had to kill it")
	requireGone(t, s.proc)
	require.NoError(t, s.Stop(t.Context()), "it is gone, so there is nothing to complain about")
}

// requireGone checks that the process has ended and is reaped.
func requireGone(t *testing.T, p *process) {
	t.Helper()
	require.ErrorIs(t, syscall.Kill(p.pid(), 0), syscall.ESRCH)
}

func TestStartRefuses(t *testing.T) {
	text := filepath.Join(t.TempDir(), "notes.txt")
	require.NoError(t, os.WriteFile(text, []byte("hello\n"), 0o600))
	program := filepath.Join(t.TempDir(), "nonsense")
	require.NoError(t, os.WriteFile(program, []byte("\x00\x01\x02"), 0o700))
	for name, tt := range map[string]struct {
		path string
		want string
	}{
		"no such file":    {filepath.Join(t.TempDir(), "nowhere"), "no such file or directory"},
		"not executable":  {text, "permission denied"},
		"no program":      {program, "exec format error"},
		"folder":          {t.TempDir(), "permission denied"},
		"another program": {fake(t, "fake-quits"), "it answered, with exit status 0; its last output:\nout of cheese"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Start(t.Context(), &Options{Path: tt.path})
			require.Nil(t, s)
			require.ErrorContains(t, err, `"`+tt.path+`"`)
			require.ErrorContains(t, err, tt.want)
		})
	}
}

func TestStartTriesOtherPorts(t *testing.T) {
	var log locked.Buffer
	_, err := Start(t.Context(), &Options{Path: fake(t, "fake-port"), Log: &log})
	require.ErrorIs(t, err, errPortTaken)
	require.ErrorContains(t, err, portTakenText)
	require.Equal(t, startAttempts, strings.Count(log.String(), portTakenText))
}

func TestStartIsCancelled(t *testing.T) {
	for name, firstWord := range map[string]string{
		"fake-silent":    "thinking",
		"fake-unhealthy": listeningText,
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			log := &cancelOn{text: firstWord, cancel: cancel}
			s, err := Start(ctx, &Options{Path: fake(t, name), Log: log})
			require.Nil(t, s)
			require.ErrorIs(t, err, context.Canceled)
			require.ErrorContains(t, err, firstWord)
			// goleak shows that the process is reaped: the goroutine that waits for it has ended.
		})
	}
}

func TestStartTimesOut(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := Start(ctx, &Options{Path: fake(t, "fake-silent")})
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

// TestStartOutlivesItsContext: the context is for the start only.
func TestStartOutlivesItsContext(t *testing.T) {
	need.Server(t)
	ctx, cancel := context.WithCancel(t.Context())
	s, err := Start(ctx, nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Stop(context.Background())) })
	cancel()
	_, err = get(t, s)
	require.NoError(t, err)
}

func TestStartIgnoresTheEnvironment(t *testing.T) {
	t.Setenv("LIVEKIT_KEYS", "other: key")
	t.Setenv("LIVEKIT_PORT", "1")
	t.Setenv("NODE_IP", "192.0.2.1")
	s := startReal(t)
	require.Equal(t, http.StatusOK, listRooms(t, s, s.APISecret()))
}

func TestStartLogs(t *testing.T) {
	need.Server(t)
	var log locked.Buffer
	s, err := Start(t.Context(), &Options{Log: &log})
	require.NoError(t, err)
	require.NoError(t, s.Stop(t.Context()))
	require.Contains(t, log.String(), listeningText)
	require.NotContains(t, log.String(), s.APISecret())
}

func TestOutput(t *testing.T) {
	out := newOutput(failingWriter{})
	for _, part := range []string{"starting Live", "Kit server\n"} {
		select {
		case <-out.listening:
			t.Fatal("said too early that it listens")
		default:
		}
		n, err := out.Write([]byte(part))
		require.NoError(t, err)
		require.Len(t, part, n)
	}
	<-out.listening
	for range keptBytes {
		_, err := out.Write([]byte("line\n"))
		require.NoError(t, err)
	}
	require.LessOrEqual(t, len(out.tail), keptBytes)
	require.Equal(t, keptLines, strings.Count(out.lastLines(), "\nline"))
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

// cancelOn calls cancel when the text is written to it.
type cancelOn struct {
	text   string
	cancel context.CancelFunc
	locked.Buffer
}

func (c *cancelOn) Write(p []byte) (int, error) {
	n, err := c.Buffer.Write(p)
	if strings.Contains(c.String(), c.text) {
		c.cancel()
	}
	return n, err
}
