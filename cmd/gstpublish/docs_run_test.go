// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/problem"
	"github.com/gstpublish/gstpublish/internal/desktop"
	"github.com/gstpublish/gstpublish/internal/devserver"
	"github.com/gstpublish/gstpublish/internal/gsttest"
	"github.com/gstpublish/gstpublish/internal/test/locked"
	"github.com/gstpublish/gstpublish/internal/test/need"
	"github.com/gstpublish/gstpublish/internal/test/port"
	"github.com/gstpublish/gstpublish/internal/test/served"
)

// notRun are the commands of the documents that TestCommandsInDocsRun does not run, and why.
var notRun = map[string]string{
	"sudo apt-get install": "it changes the machine; scripts/setup installs the same packages",
	"go install github.com/gstpublish/gstpublish/cmd/gstpublish@latest": "it needs the published module",
	"go get github.com/gstpublish/gstpublish@latest":                    "it needs the published module",
	"make demo | cat": "it builds; testdata/script/demo.txtar runs the demo",
	"gstpublish run --dev -r demo --screencast --set node=42 wayland": "it needs a Wayland desktop with PipeWire",
	"gstpublish run --dev -r demo --screencast desktop-audio":         "it needs a sound server",
	"gstpublish run --dev -r demo --codec h264 --hardware require":    "encoders.txtar runs it with a stand-in",
	"gstpublish doctor": "doctor.txtar runs it, alone: it measures encoders",
}

// replaced are the parts of commands that other machines do not have, and what the test has in their place. Names in
// capital letters are addresses of the test.
var replaced = []struct{ old, new string }{
	{" --dev", ""},
	{"--room demo", "-r ROOM"},
	{"-r demo", "-r ROOM"},
	{"rtsp://192.168.1.10:554/stream1", "rtsp://RTSP/stream1"},
	{"https://example.com/live.m3u8", "http://HTTP/live.m3u8"},
	{"srt://:7001?", "srt://127.0.0.1:SRT?"},
	{"port=5004", "port=RTP"},
	{"127.0.0.1:9464", "127.0.0.1:0"},
	{"--duration 10s", "--duration 1s"},
	{"--duration 5s", "--duration 1s"},
	{"--input /dev/video0", "--input camera"}, // a file, in which a test source takes the place of v4l2src
	{"/dev/video0", "camera"},
	{"frames}' run.json", "frames}' recorded.json"},
}

// endsBySignal matches commands that run until they are interrupted. Others end by themselves.
var endsBySignal = regexp.MustCompile(`gstpublish (run|screencast|serve|demo --web|watch .*--web)\b`)

// isAt matches what such a command prints when it does what the document says.
var isAt = regexp.MustCompile(`(?m)publishing .* as track |^Open http://|msg=listening`)

// documented returns the commands of the documents, each once, with whether the document shows its error.
func documented(t *testing.T) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	for _, text := range pages(t) {
		for _, e := range examples(text) {
			line, _, _ := strings.Cut(strings.Join(strings.Fields(e.line), " "), " #")
			all[line] = e.fails
		}
	}
	require.Greater(t, len(all), 40)
	return all
}

// TestCommandsInDocsRun runs every command of the documents, but for those of notRun.
func TestCommandsInDocsRun(t *testing.T) {
	t.Parallel()
	need.Server(t)
	all, skipped := documented(t), map[string]bool{}
	bench := newDocsBench(t)
	for _, line := range slices.Sorted(maps.Keys(all)) {
		known := ""
		for begin := range notRun {
			if strings.HasPrefix(line, begin) {
				known = begin
			}
		}
		if known != "" {
			skipped[known] = true
			continue
		}
		t.Run(strings.TrimPrefix(line, "gstpublish "), func(t *testing.T) {
			t.Parallel()
			bench.run(t, line, all[line])
		})
	}
	require.Len(t, skipped, len(notRun), "notRun names a command that no document has")
}

// docsBench is what the commands find.
type docsBench struct {
	folder    string
	variables []string
	addresses map[string]string
	count     atomic.Int64 // of rooms
}

// newDocsBench makes the files, senders and screens that the commands name.
func newDocsBench(t *testing.T) *docsBench {
	t.Helper()
	need.Server(t)
	b := &docsBench{folder: t.TempDir(), addresses: map[string]string{"ROOM": t.Name()}}
	b.files(t)
	files := httptest.NewServer(http.FileServer(http.Dir(b.folder)))
	t.Cleanup(files.Close)
	b.addresses["HTTP"] = strings.TrimPrefix(files.URL, "http://")
	ip := &camera{}
	require.NoError(t, ip.start())
	t.Cleanup(ip.stop)
	b.addresses["RTSP"] = ip.listener.Addr().String()
	b.addresses["SRT"], b.addresses["RTP"] = port.UDP(t), port.UDP(t)

	screen, err := desktop.Start(t.Context())
	require.NoError(t, err)
	t.Cleanup(screen.Close)
	program, err := devserver.Find()
	require.NoError(t, err)
	b.variables = append(served.Environment(server, filepath.Join(b.folder, "cache")),
		"LIVEKIT_SERVER="+program, "DISPLAY="+screen.Display(), "GST_REGISTRY="+gsttest.Registry())
	b.background(t, "xterm", "-T", "Terminal", "-e", "sleep", "1000")
	h264 := " ! video/x-raw,width=160,height=120,framerate=10/1 ! x264enc tune=zerolatency key-int-max=10" +
		" ! video/x-h264,profile=constrained-baseline ! "
	b.background(t, "bash", "-c", "until gst-launch-1.0 -q videotestsrc is-live=true"+h264+
		"mpegtsmux ! srtsink uri=srt://127.0.0.1:"+b.addresses["SRT"]+"; do sleep 0.2; done")
	b.background(t, "bash", "-c", "exec gst-launch-1.0 -q videotestsrc is-live=true"+h264+
		"rtph264pay config-interval=-1 ! udpsink host=127.0.0.1 port="+b.addresses["RTP"])
	b.background(t, "gstpublish", "run", "-r", b.addresses["ROOM"], "-i", "watched", "--name", "watched",
		"--", "videotestsrc", "is-live=true", "!", "video/x-raw,width=160,height=120,framerate=10/1")
	return b
}

// files makes media files, launch files and configurations.
func (b *docsBench) files(t *testing.T) {
	t.Helper()
	need.RealTime(t)
	write := func(name, text string) {
		path := filepath.Join(b.folder, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	launch, err := os.ReadFile(filepath.Join(top, "pipelines", "camera.launch"))
	require.NoError(t, err)
	text := strings.Replace(string(launch), "v4l2src device=${device:-/dev/video0}", "videotestsrc is-live=true", 1)
	require.NotEqual(t, string(launch), text)
	write("camera", text)
	write("pipelines/camera.launch", text)
	write("serve.yaml", fmt.Sprintf("health_port: %s\npublications:\n  one: {room: %s, pipeline: \"videotestsrc "+
		"is-live=true ! video/x-raw,width=160,height=120\"}\n", freePortNumber(t), b.addresses["ROOM"]))
	write("live.m3u8", "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXTINF:2.0,\nsegment.ts\n#EXT-X-ENDLIST\n")
	for _, muxed := range []string{
		"mp4mux ! filesink location=clip.mp4", "matroskamux ! filesink location=clip.mkv",
		"mpegtsmux ! filesink location=segment.ts",
	} {
		b.do(t, "gst-launch-1.0 -q videotestsrc num-buffers=30 ! video/x-raw,width=160,height=120,framerate=15/1 ! "+
			"x264enc tune=zerolatency ! video/x-h264,profile=constrained-baseline ! h264parse ! "+muxed)
	}
	write("recorded.json", `{"event":"end","why":"duration","frames":1}`)
}

// do runs a command of the shell to its end.
func (b *docsBench) do(t *testing.T, line string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash", "-c", line)
	cmd.Dir = b.folder
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s: %s", line, out)
}

// background runs a program until the test ends.
func (b *docsBench) background(t *testing.T, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env, cmd.SysProcAttr = b.folder, b.variables, &syscall.SysProcAttr{Setpgid: true}
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // The only error is that all have ended.
		_ = cmd.Wait()
	})
}

// attempts is how often a command is run that does not get into the room or finds no encoder that works in time: on a
// busy machine, both may take longer than gstpublish waits.
const attempts = 4

// run runs a command of a document.
func (b *docsBench) run(t *testing.T, line string, fails bool) {
	t.Helper()
	for _, r := range replaced {
		line = strings.ReplaceAll(line, r.old, r.new)
	}
	room := b.addresses["ROOM"]
	if !strings.Contains(line, "gstpublish watch") { // There is something to watch in that room.
		room = fmt.Sprintf("%s-%d", room, b.count.Add(1))
	}
	line = strings.ReplaceAll(line, "ROOM", room)
	for name, address := range b.addresses {
		line = strings.ReplaceAll(line, name, address)
	}
	var err error
	out := new(locked.Buffer)
	for range attempts {
		out = new(locked.Buffer)
		if err = b.try(t, line, out); !isExit(err, problem.ExitConnect) && !isExit(err, problem.ExitMissing) {
			break
		}
	}
	if fails {
		require.True(t, isExit(err, problem.ExitUsage), "%s: %v: %s", line, err, out)
		return
	}
	require.NoError(t, err, "%s: %s", line, out)
}

// isExit reports whether a command has ended with an exit code.
func isExit(err error, code int) bool {
	exit := (*exec.ExitError)(nil)
	return errors.As(err, &exit) && exit.ExitCode() == code
}

// try runs a command of the shell in a folder of its own.
func (b *docsBench) try(t *testing.T, line string, out *locked.Buffer) error {
	t.Helper()
	cmd := exec.Command("bash", "-c", line)
	cmd.Dir, cmd.Env, cmd.SysProcAttr = b.copy(t), b.variables, &syscall.SysProcAttr{Setpgid: true}
	cmd.Stdout, cmd.Stderr = out, out
	require.NoError(t, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	return b.await(cmd, out, ended, endsBySignal.MatchString(line))
}

// await waits until a command has ended. It interrupts one that would not end when it does what it should.
func (b *docsBench) await(cmd *exec.Cmd, out *locked.Buffer, ended <-chan error, interrupt bool) error {
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	limit := time.After(2 * waitTimeout)
	for {
		select {
		case err := <-ended:
			return err
		case <-limit:
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // The test fails anyway.
			return errors.Join(errors.New("it did not end"), <-ended)
		case <-ticker.C:
			if interrupt && isAt.MatchString(out.String()) {
				interrupt = false
				_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) // It may be about to end.
			}
		}
	}
}

// copy returns a folder with the files, for one command.
func (b *docsBench) copy(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	entries, err := os.ReadDir(b.folder)
	require.NoError(t, err)
	for _, e := range entries {
		require.NoError(t, os.Symlink(filepath.Join(b.folder, e.Name()), filepath.Join(folder, e.Name())))
	}
	return folder
}

// freePortNumber returns a TCP port that is free now.
func freePortNumber(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	_, port, err := net.SplitHostPort(l.Addr().String())
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return port
}
