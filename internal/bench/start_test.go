// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/livekit/protocol/auth"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/devserver"
	"github.com/gstpublish/gstpublish/internal/gsttest"
	"github.com/gstpublish/gstpublish/internal/viewer"
)

// mostStarts bounds how often one benchmark starts the program: -benchtime counts
// frames for the other benchmarks of this package.
const mostStarts = 11

// viewerSettling is what a viewer has before the program starts: the server negotiates
// with one that has just joined only after a while.
const viewerSettling = time.Second

// startProgramVariable names a built gstpublish to measure in place of this module's.
const startProgramVariable = "GSTPUBLISH_BENCH_PROGRAM"

// BenchmarkStart runs gstpublish in a room where a viewer waits, and measures the time
// from the process's start to the first RTP packet that reaches the viewer (rtp-ms)
// and to its first decoded frame (frame-ms). The other figures are from the
// program's log: when each stage began and ended, in ms from the process's start.
// All figures are medians of up to 11 starts.
func BenchmarkStart(b *testing.B) {
	program := buildProgram(b)
	server, err := devserver.Start(b.Context(), nil)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, server.Stop(context.Background())) })
	s := &starts{server: server, program: program}
	b.Run("remembered", func(b *testing.B) { s.run(b, nil, nil) })
	b.Run("no-cache", func(b *testing.B) { s.run(b, []string{"--no-cache"}, nil) })
	b.Run("no-registry", func(b *testing.B) {
		s.run(b, []string{"--no-cache"}, func(dir string) string {
			return "GST_REGISTRY=" + filepath.Join(dir, "registry.bin")
		})
	})
}

// buildProgram returns the path of a built gstpublish.
func buildProgram(b *testing.B) string {
	b.Helper()
	if program := os.Getenv(startProgramVariable); program != "" {
		return program
	}
	program := filepath.Join(b.TempDir(), "gstpublish")
	build := exec.CommandContext(b.Context(), "go", "build", "-trimpath", "-o", program, "../../cmd/gstpublish")
	text, err := build.CombinedOutput()
	require.NoError(b, err, string(text))
	return program
}

// starts is a series of starts.
type starts struct {
	server  *devserver.Server
	program string
	rooms   int
}

// run measures starts, each in a room of its own. The first one is not measured: it
// fills the caches that the others find filled. variable, if not nil, gives a
// variable for the environment of a start that has a folder for itself.
func (s *starts) run(b *testing.B, flags []string, variable func(dir string) string) {
	b.Helper()
	cache := "XDG_CACHE_HOME=" + b.TempDir()
	if registry := gsttest.Registry(); registry != "" && variable == nil {
		cache += "\x00GST_REGISTRY=" + registry
	}
	figures := map[string][]float64{}
	for i := range min(b.N, mostStarts) + 1 {
		env := strings.Split(cache, "\x00")
		if variable != nil {
			env = append(env, variable(b.TempDir()))
		}
		one := s.start(b, flags, env)
		if i == 0 {
			continue
		}
		for name, ms := range one {
			figures[name] = append(figures[name], ms)
		}
	}
	b.ReportMetric(0, "ns/op") // A start is not an operation of b.N.
	for _, name := range slices.Sorted(maps.Keys(figures)) {
		all := slices.Sorted(slices.Values(figures[name]))
		b.ReportMetric(all[len(all)/2], name+"-ms")
	}
}

// start starts the program once and returns its figures, in ms.
func (s *starts) start(b *testing.B, flags, env []string) map[string]float64 {
	b.Helper()
	s.rooms++
	room := fmt.Sprintf("start-%d", s.rooms)
	ctx, cancel := context.WithTimeout(b.Context(), startPatience)
	defer cancel()
	token, err := auth.NewAccessToken(s.server.APIKey(), s.server.APISecret()).SetIdentity("viewer").
		SetVideoGrant(&auth.VideoGrant{RoomJoin: true, Room: room}).ToJWT()
	require.NoError(b, err)
	v, err := viewer.Join(ctx, s.server.URL(), token, nil)
	require.NoError(b, err)
	defer func() { require.NoError(b, v.Close()) }()
	pause(b, viewerSettling)
	args := slices.Concat([]string{"-v", "run"}, flags, []string{
		"--url", s.server.URL(), "--api-key", s.server.APIKey(), "--room", room, "../../pipelines/testpattern.launch",
	})
	cmd := exec.CommandContext(ctx, s.program, args...)
	cmd.Env = slices.Concat(os.Environ(), env, []string{"LIVEKIT_API_SECRET=" + s.server.APISecret()})
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	log := newStartLog()
	cmd.Stderr = log
	begin := time.Now()
	require.NoError(b, cmd.Start())
	figures := map[string]float64{}
	select {
	case <-v.Subscribed():
		figures["rtp"] = sinceMS(begin)
	case <-ctx.Done():
		require.NoError(b, ctx.Err(), log.String())
	}
	_, err = v.Next(ctx)
	require.NoError(b, err, log.String())
	figures["frame"] = sinceMS(begin)
	select {
	case <-log.sent:
	case <-ctx.Done():
		require.NoError(b, ctx.Err(), log.String())
	}
	require.NoError(b, cmd.Process.Signal(os.Interrupt))
	require.NoError(b, cmd.Wait(), log.String())
	maps.Copy(figures, stages(log.String()))
	return figures
}

func sinceMS(begin time.Time) float64 { return float64(time.Since(begin).Microseconds()) / 1000 }

// startLog keeps what the program logs of its own, without what LiveKit's SDK and pion
// do, and closes sent with the line about the start's stages.
type startLog struct {
	sent chan struct{}

	mu   sync.Mutex // protects what follows
	text strings.Builder
	part []byte // of a line that has not ended
	seen bool
}

const (
	sentText = `msg="first media sent"`
	sdkText  = "sdk_level="
)

func newStartLog() *startLog { return &startLog{sent: make(chan struct{})} }

// Write implements io.Writer.
func (l *startLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.part = append(l.part, p...)
	for {
		line, rest, ended := bytes.Cut(l.part, []byte("\n"))
		if !ended {
			return len(p), nil
		}
		l.add(string(line))
		l.part = rest
	}
}

func (l *startLog) add(line string) {
	if strings.Contains(line, sdkText) {
		return
	}
	l.text.WriteString(line + "\n")
	if !l.seen && strings.Contains(line, sentText) {
		l.seen = true
		close(l.sent)
	}
}

func (l *startLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// moments are the stages that take no time.
var moments = []string{"main", "accepted", "bound", "first-packet"}

var stagePattern = regexp.MustCompile(` ([a-z-]+)=(\d+)(?:-(\d+))?\b`)

// stages reads the line about the start's stages. The last of a name counts.
func stages(log string) map[string]float64 {
	found := map[string]float64{}
	for line := range strings.Lines(log) {
		_, text, ok := strings.Cut(line, sentText)
		if !ok {
			continue
		}
		for _, m := range stagePattern.FindAllStringSubmatch(text, -1) {
			begin, _ := strconv.ParseFloat(m[2], 64)
			end, _ := strconv.ParseFloat(cmp.Or(m[3], m[2]), 64)
			if slices.Contains(moments, m[1]) {
				found[m[1]] = begin
				continue
			}
			found[m[1]+"-begin"], found[m[1]+"-end"] = begin, end
		}
	}
	return found
}
