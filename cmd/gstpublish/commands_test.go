// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

type command = func(ts *testscript.TestScript, neg bool, args []string)

// scriptCommands are those that the scripts have beside testscript's own.
func scriptCommands() map[string]command {
	return map[string]command{
		"code":       plain("code NUMBER PROGRAM ARG...", 2, runForCode),
		"start":      plain("start NAME PROGRAM ARG...", 2, startCommand),
		"await":      plain("await NAME stdout|stderr PATTERN", 3, await),
		"signal":     plain("signal NAME INT|TERM|STOP|CONT|HUP|KILL", 2, sendSignal),
		"finish":     plain("finish NAME CODE [WITHIN]", 2, finish),
		"proc":       plain("proc NAME FILE", 2, copyProc),
		"json":       plain("json FILE FIELD=VALUE|FIELD>NUMBER...", 2, checkJSON),
		"png":        plain("png FILE WIDTH HEIGHT COLOURS", 4, checkPNG),
		"pixel":      plain("pixel FILE X,Y RRGGBB|notRRGGBB", 3, checkPixel),
		"substitute": plain("substitute FROM TO OLD NEW", 4, substitute),
		"token":      plain("token VARIABLE IDENTITY VALIDITY [GRANTS]", 3, makeToken),
		"xvfb":       plain("xvfb", 0, startXvfb),
		"httpserver": plain("httpserver VARIABLE", 1, startHTTP),
		"tcponce":    plain("tcponce VARIABLE FILE", 2, startOnce),
		"rtspcamera": plain("rtspcamera VARIABLE|off", 1, startCamera),
		"freeport":   plain("freeport VARIABLE", 1, freePort),
		"silent":     plain("silent VARIABLE", 1, startSilent),
		"alone":      plain("alone ROOM", 1, requireAlone),
		"server":     plain("server start [OPTION]...|kill|restart", 1, ownServer),
		"api":        plain("api permit|forbid|mute|unmute|remove|delete ROOM [IDENTITY]", 2, callAPI),
	}
}

// plain is a command that can't be negated and has at least so many arguments.
func plain(usage string, least int, do func(ts *testscript.TestScript, args []string)) command {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) < least {
			ts.Fatalf("usage: %s", usage)
		}
		do(ts, args)
	}
}

// runForCode runs a program, which must end with this exit code. stdout and
// stderr refer to it.
func runForCode(ts *testscript.TestScript, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		code = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("running %s: %v", args[1], err)
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code %d, not %s", code, args[0])
	}
}

type processesKey struct{}

// processes are what a script has started.
type processes struct {
	variables []string // names of those of the environment that are passed on
	byName    map[string]*process
}

// process is one. Its output is in the files NAME.stdout and NAME.stderr.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
}

// kill ends, at the end of the script, the programs that still run, and what they have started.
func (p *processes) kill() {
	for _, one := range p.byName {
		_ = syscall.Kill(-one.cmd.Process.Pid, syscall.SIGKILL) // The only error is that all have ended.
		<-one.done
	}
}

func processesOf(ts *testscript.TestScript) *processes {
	all, ok := ts.Value(processesKey{}).(*processes)
	if !ok {
		ts.Fatalf("the script wasn't set up")
	}
	return all
}

func processOf(ts *testscript.TestScript, name string) *process {
	p := processesOf(ts).byName[name]
	if p == nil {
		ts.Fatalf("nothing was started as %s", name)
	}
	return p
}

// startCommand runs a program in the background.
func startCommand(ts *testscript.TestScript, args []string) {
	all := processesOf(ts)
	name := args[0]
	if all.byName[name] != nil {
		ts.Fatalf("%s was started already", name)
	}
	path, err := exec.LookPath(args[1])
	ts.Check(err)
	cmd := exec.Command(path, args[2:]...)
	cmd.Dir = ts.MkAbs(".")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	for _, variable := range all.variables {
		cmd.Env = append(cmd.Env, variable+"="+ts.Getenv(variable))
	}
	var files []*os.File
	for _, stream := range []string{"stdout", "stderr"} {
		f, createErr := os.Create(ts.MkAbs(name + "." + stream))
		ts.Check(createErr)
		files = append(files, f)
	}
	cmd.Stdout, cmd.Stderr = files[0], files[1]
	err = cmd.Start()
	for _, f := range files {
		ts.Check(f.Close()) // The process has its own.
	}
	ts.Check(err)
	p := &process{cmd: cmd, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		_ = cmd.Wait() // How it ended is in cmd.ProcessState.
	}()
	all.byName[name] = p
}

// await waits until a program has written something.
func await(ts *testscript.TestScript, args []string) {
	pattern, err := regexp.Compile("(?m)" + args[2])
	ts.Check(err)
	p, file := processOf(ts, args[0]), args[0]+"."+args[1]
	timeout := time.After(waitTimeout)
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for {
		ended := false
		select {
		case <-p.done:
			ended = true
		case <-timeout:
			logOutput(ts, args[0])
			ts.Fatalf("%s has not written %q within %v", args[0], args[2], waitTimeout)
		case <-poll.C:
		}
		if pattern.MatchString(ts.ReadFile(file)) {
			return
		}
		if ended {
			logOutput(ts, args[0])
			ts.Fatalf("%s has ended, without %q", args[0], args[2])
		}
	}
}

func logOutput(ts *testscript.TestScript, name string) {
	for _, stream := range []string{".stdout", ".stderr"} {
		ts.Logf("[%s]\n%s", name+stream, ts.ReadFile(name+stream))
	}
}

// sendSignal sends a signal to a program, and KILL also to what it has started.
func sendSignal(ts *testscript.TestScript, args []string) {
	if args[1] == "KILL" {
		ts.Check(syscall.Kill(-processOf(ts, args[0]).cmd.Process.Pid, syscall.SIGKILL))
		return
	}
	number, known := map[string]os.Signal{
		"INT": syscall.SIGINT, "TERM": syscall.SIGTERM, "STOP": syscall.SIGSTOP, "CONT": syscall.SIGCONT,
		"HUP": syscall.SIGHUP,
	}[args[1]]
	if !known {
		ts.Fatalf("no signal %s", args[1])
	}
	ts.Check(processOf(ts, args[0]).cmd.Process.Signal(number))
}

// finish waits for the end of a program.
func finish(ts *testscript.TestScript, args []string) {
	p, limit := processOf(ts, args[0]), waitTimeout
	if len(args) > 2 {
		var err error
		limit, err = time.ParseDuration(args[2])
		ts.Check(err)
	}
	select {
	case <-p.done:
	case <-time.After(limit):
		logOutput(ts, args[0])
		ts.Fatalf("%s still runs after %v", args[0], limit)
	}
	logOutput(ts, args[0])
	if code := strconv.Itoa(p.cmd.ProcessState.ExitCode()); code != args[1] {
		ts.Fatalf("%s ended with exit code %s (%v), not %s", args[0], code, p.cmd.ProcessState, args[1])
	}
}

// copyProc copies a file of a running process's folder in /proc to NAME.FILE.
func copyProc(ts *testscript.TestScript, args []string) {
	data, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(processOf(ts, args[0]).cmd.Process.Pid), args[1]))
	ts.Check(err)
	if len(data) == 0 {
		ts.Fatalf("%s has ended", args[0])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+"."+args[1]), data, 0o600))
}

// checkJSON reads an object from each line, and compares fields of the last. A
// field in a field is written as in codecs.0.camera.
func checkJSON(ts *testscript.TestScript, args []string) {
	var last map[string]any
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		last = nil
		decoder := json.NewDecoder(strings.NewReader(line))
		if err := decoder.Decode(&last); err != nil || decoder.More() {
			ts.Fatalf("not one object of JSON: %q: %v", line, err)
		}
	}
	for _, condition := range args[1:] {
		at := strings.IndexAny(condition, "=>")
		if at < 0 {
			ts.Fatalf("no condition: %s", condition)
		}
		field, want := condition[:at], condition[at+1:]
		is, found := lookUp(last, field)
		number, _ := is.(float64)
		least, _ := strconv.ParseFloat(want, 64)
		switch {
		case !found:
			ts.Fatalf("no field %s in %v", field, last)
		case condition[at] == '=' && fmt.Sprint(is) != want:
			ts.Fatalf("%s is %v, not %s, in %v", field, is, want, last)
		case condition[at] == '>' && number <= least:
			ts.Fatalf("%s is %v, not more than %s, in %v", field, is, want, last)
		}
	}
}

// lookUp finds a field by its names and indexes.
func lookUp(in any, path string) (value any, found bool) {
	for name := range strings.SplitSeq(path, ".") {
		switch all := in.(type) {
		case map[string]any:
			if in, found = all[name]; !found {
				return nil, false
			}
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(all) {
				return nil, false
			}
			in = all[i]
		default:
			return nil, false
		}
	}
	return in, true
}

// checkPNG checks a frame's size, and that it has so many colours at least.
func checkPNG(ts *testscript.TestScript, args []string) {
	img, err := png.Decode(bytes.NewReader([]byte(ts.ReadFile(args[0]))))
	ts.Check(err)
	size := img.Bounds().Size()
	if got := fmt.Sprintf("%d %d", size.X, size.Y); got != args[1]+" "+args[2] {
		ts.Fatalf("%s is of %s px", args[0], got)
	}
	least, err := strconv.Atoi(args[3])
	ts.Check(err)
	if n := countColours(img); n < least {
		ts.Fatalf("%s has %d colours, fewer than %d", args[0], n, least)
	}
}

// checkPixel checks that a pixel of a frame is of a colour, or that it isn't, as
// far as video keeps colours.
func checkPixel(ts *testscript.TestScript, args []string) {
	img, err := png.Decode(strings.NewReader(ts.ReadFile(args[0])))
	ts.Check(err)
	var x, y int
	if _, err = fmt.Sscanf(args[1], "%d,%d", &x, &y); err != nil || !image.Pt(x, y).In(img.Bounds()) {
		ts.Fatalf("%s is no place in %s: %v", args[1], args[0], img.Bounds())
	}
	var want [3]int
	text, other := strings.CutPrefix(args[2], "not")
	_, err = fmt.Sscanf(text, "%02x%02x%02x", &want[0], &want[1], &want[2])
	ts.Check(err)
	r, g, b, _ := img.At(x, y).RGBA()
	got := [3]int{int(r >> 8), int(g >> 8), int(b >> 8)}
	const tolerance = 48
	same := true
	for i := range got {
		same = same && got[i] > want[i]-tolerance && got[i] < want[i]+tolerance
	}
	if same == other {
		ts.Fatalf("pixel %s of %s is %02x%02x%02x", args[1], args[0], got[0], got[1], got[2])
	}
}

// countColours counts colours that are far apart: by the upper two bits of each
// channel.
func countColours(img image.Image) int {
	found := map[[3]uint32]bool{}
	bounds := img.Bounds()
	for y := bounds.Min.Y; y < bounds.Max.Y; y += 4 {
		for x := bounds.Min.X; x < bounds.Max.X; x += 4 {
			r, g, b, _ := img.At(x, y).RGBA()
			found[[3]uint32{r >> 14, g >> 14, b >> 14}] = true
		}
	}
	return len(found)
}

// substitute copies a file with one text in the place of another, which must be
// there once.
func substitute(ts *testscript.TestScript, args []string) {
	text := ts.ReadFile(args[0])
	if n := strings.Count(text, args[2]); n != 1 {
		ts.Fatalf("%q is %d times in %s", args[2], n, args[0])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(strings.Replace(text, args[2], args[3], 1)), 0o600))
}

// makeToken makes an access token for the script's room that is valid for so
// long, or was until so long ago: the SDK's own function makes none that has
// expired. GRANTS are more fields of its video grant, in JSON.
func makeToken(ts *testscript.TestScript, args []string) {
	validity, err := time.ParseDuration(args[2])
	ts.Check(err)
	grant := map[string]any{"roomJoin": true, "room": ts.Getenv("ROOM")}
	if len(args) > 3 {
		ts.Check(json.Unmarshal([]byte(args[3]), &grant))
	}
	claims, err := json.Marshal(map[string]any{
		"iss": server.APIKey(), "sub": args[1], "nbf": time.Now().Add(-24 * time.Hour).Unix(),
		"exp":   time.Now().Add(validity).Unix(),
		"video": grant,
	})
	ts.Check(err)
	encoding := base64.RawURLEncoding
	text := encoding.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encoding.EncodeToString(claims)
	mac := hmac.New(sha256.New, []byte(server.APISecret()))
	mac.Write([]byte(text))
	ts.Setenv(args[0], text+"."+encoding.EncodeToString(mac.Sum(nil)))
}

// freePort sets a variable to a UDP port that is free.
func freePort(ts *testscript.TestScript, args []string) {
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0") //nolint:noctx // It does not wait.
	ts.Check(err)
	addr, ok := conn.LocalAddr().(*net.UDPAddr)
	if !ok {
		ts.Fatalf("no UDP address: %v", conn.LocalAddr())
	}
	ts.Check(conn.Close())
	ts.Setenv(args[0], strconv.Itoa(addr.Port))
}
