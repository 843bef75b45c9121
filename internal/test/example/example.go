// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package example runs the example programs as a user does: each in a process of its own,
// against a LiveKit server, on a machine that seems to have a hardware encoder.
package example

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"testing"
	"time"

	"github.com/livekit/protocol/auth"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/devserver"
	"github.com/gstpublish/gstpublish/internal/gst/standin"
	"github.com/gstpublish/gstpublish/internal/test/locked"
	"github.com/gstpublish/gstpublish/internal/viewer"
)

// variable makes a test binary the program that it tests.
const variable = "GSTPUBLISH_TEST_EXAMPLE"

// wait bounds everything that is waited for.
const wait = time.Minute

// Main is for TestMain: it runs the tests, or main in the processes that Start starts.
func Main(m *testing.M, main func()) {
	if os.Getenv(variable) == "" {
		os.Exit(m.Run()) //nolint:forbidigo // the end of a TestMain
	}
	if err := standin.FromEnv(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:forbidigo // before there is a program
	}
	main()
	os.Exit(0) //nolint:forbidigo // the end of the program
}

// Program is an example that runs.
type Program struct {
	t      *testing.T
	server *devserver.Server
	cmd    *exec.Cmd
	out    locked.Buffer // standard output
	err    locked.Buffer // standard error
}

// Start starts a server, and the program with these arguments and the environment that
// connects it to that server. The program sees a stand-in for the hardware encoder
// vavp8enc. Both end with the test.
func Start(t *testing.T, args ...string) *Program {
	t.Helper()
	p := &Program{t: t}
	var err error
	p.server, err = devserver.Start(t.Context(), nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.server.Stop(context.Background())) })
	p.cmd = exec.Command(os.Args[0], args...) //nolint:gosec // this test binary
	p.cmd.Env = append(os.Environ(), variable+"=1",
		standin.EnvName+"="+standin.Env(
			standin.Entry{Name: "vavp8enc", Version: "1.26"}, standin.Entry{Name: "vapostproc", Version: "1.26"}),
		"LIVEKIT_URL="+p.server.URL(), "LIVEKIT_API_KEY="+p.server.APIKey(), "LIVEKIT_API_SECRET="+p.server.APISecret())
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.err
	require.NoError(t, p.cmd.Start())
	t.Cleanup(func() {
		if p.cmd.ProcessState == nil {
			_ = p.cmd.Process.Kill() // The only error is that it has ended.
			_ = p.cmd.Wait()         // It was killed.
		}
	})
	return p
}

// RequireMoving waits until a viewer who joins the room now has seen three different
// values of what look finds in the frames.
func (p *Program) RequireMoving(room string, look func(t *testing.T, frame *viewer.Frame) int) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	token, err := auth.NewAccessToken(p.server.APIKey(), p.server.APISecret()).SetIdentity("viewer").
		SetVideoGrant(&auth.VideoGrant{RoomJoin: true, Room: room}).ToJWT()
	require.NoError(p.t, err)
	v, err := viewer.Join(ctx, p.server.URL(), token, nil)
	require.NoError(p.t, err)
	defer func() { require.NoError(p.t, v.Close()) }()
	for seen := map[int]bool{}; len(seen) < 3; {
		frame, err := v.Next(ctx)
		require.NoError(p.t, err, "%+v\n%s%s", v.Stats(), p.out.String(), p.err.String())
		seen[look(p.t, frame)] = true
	}
}

// RequireOutput waits until the program has written what matches the pattern to standard
// output, and returns the match and its subexpressions.
func (p *Program) RequireOutput(pattern string) []string {
	p.t.Helper()
	expected := regexp.MustCompile(pattern)
	for end := time.Now().Add(wait); !expected.MatchString(p.out.String()); {
		require.True(p.t, time.Now().Before(end), "no %s in standard output:\n%s%s", pattern, &p.out, &p.err)
		<-time.After(10 * time.Millisecond)
	}
	return expected.FindStringSubmatch(p.out.String())
}

// Ball returns the place of the brightest pixel: where the ball is in the test pattern of that name. It is for
// RequireMoving.
func Ball(t *testing.T, p *viewer.Frame) int {
	t.Helper()
	at := 0
	for i, luma := range p.YUV[:p.Width*p.Height] {
		if luma > p.YUV[at] {
			at = i
		}
	}
	require.Greater(t, p.YUV[at], byte(100), "no ball")
	return at
}

// RestartServer kills the server, as in a crash, and starts it again.
func (p *Program) RestartServer() {
	p.t.Helper()
	p.server.Kill()
	require.NoError(p.t, p.server.Restart(p.t.Context()))
}

// Interrupt presses Ctrl-C. The program must end well, and must have written nothing to
// standard error.
func (p *Program) Interrupt() {
	p.t.Helper()
	require.NoError(p.t, p.cmd.Process.Signal(os.Interrupt))
	require.NoError(p.t, p.cmd.Wait(), p.err.String())
	require.Empty(p.t, p.err.String())
}
