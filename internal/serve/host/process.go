// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/gstpublish/gstpublish/internal/serve"
)

// keptWords is how many lines of a process's standard error are kept.
const keptWords = 20

// maxLine limits the length of a line that is read from a process, in bytes. The rest of a longer one is discarded.
const maxLine = 1 << 20

// process is the process of one publication: `gstpublish run`.
type process struct {
	cmd     *exec.Cmd
	socket  string            // of its HTTP server
	reports chan serve.Report // of its standard output; closed at its end
	ended   chan struct{}     // closed when the process has ended
	line    func(line string) // receives each line of its standard error

	mu      sync.Mutex // protects the following fields
	words   []string   // the last lines of its standard error, or those from where it crashed
	crashed int        // lines since a crash began; 0 if there is none
	crash   string     // what it begins with, such as SIGABRT
	why     string     // why it ends, in its own words
}

// startProcess starts the process of a publication. Its files are in dir. line receives each line of its standard
// error.
func startProcess(program, dir string, p *serve.Publication, level string, line func(string)) (*process, error) {
	c := &process{
		socket: filepath.Join(dir, "http"), reports: make(chan serve.Report, 4), ended: make(chan struct{}), line: line,
	}
	input := p.Input
	if p.Pipeline != "" {
		input = filepath.Join(dir, "pipeline.launch")
		if err := os.WriteFile(input, []byte(p.Pipeline), 0o600); err != nil {
			return nil, err
		}
	}
	if err := os.Remove(c.socket); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	c.cmd = exec.Command(program, arguments(p, level, c.socket, input)...) //nolint:gosec // the operator's configuration
	c.cmd.Env = environment(p)
	c.cmd.SysProcAttr = sysProcAttr()
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	errs, err := c.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err = c.cmd.Start(); err != nil {
		return nil, err
	}
	go c.follow(out, errs)
	return c, nil
}

// arguments returns the command line. Secrets are in the environment.
func arguments(p *serve.Publication, level, socket, input string) []string {
	var args []string
	if level == "debug" {
		args = append(args, "--verbose")
	}
	args = append(args, "run", "--stats=json", "--stats-interval=1s", "--http=unix:"+socket)
	if p.Token == "" {
		args = append(args, "--room="+p.Room, "--identity="+p.Identity)
	}
	if !slices.ContainsFunc(p.Options, func(o string) bool { return strings.HasPrefix(o, "--reconnect=") }) {
		args = append(args, "--reconnect=forever")
	}
	return append(append(args, p.Options...), input)
}

// ServedVariable is set for each process of a publication, which then ignores SIGHUP: killall -HUP gstpublish is meant
// for serve.
const ServedVariable = "GSTPUBLISH_SERVED"

// environment returns the environment of the process: ours, with the publication's credentials and variables.
func environment(p *serve.Publication) []string {
	environment := slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "LIVEKIT_") || strings.HasPrefix(v, "NOTIFY_SOCKET=") ||
			strings.HasPrefix(v, "WATCHDOG_") || strings.HasPrefix(v, "GSTPUBLISH_CONFIG_")
	})
	for _, v := range [][2]string{
		{"LIVEKIT_URL", p.URL},
		{"LIVEKIT_API_KEY", p.APIKey},
		{"LIVEKIT_API_SECRET", p.APISecret},
		{"LIVEKIT_TOKEN", p.Token},
	} {
		if v[1] != "" {
			environment = append(environment, v[0]+"="+v[1])
		}
	}
	environment = append(environment, ServedVariable+"=1")
	// A crash of Go's runtime must end the process by a signal: its exit code would be that of a wrong command line.
	environment = append(environment, "GOTRACEBACK=crash")
	return append(environment, p.Environment...)
}

// follow reads what the process writes, until it has ended.
func (c *process) follow(out, errs io.Reader) {
	var readers sync.WaitGroup
	readers.Go(func() {
		defer close(c.reports)
		lines(out, func(line string) {
			report, why, is := readReport(line)
			if !is {
				c.mu.Lock()
				c.why = why
				c.mu.Unlock()
				return
			}
			select {
			case c.reports <- report:
			default: // The next one says the same, and more.
			}
		})
	})
	readers.Go(func() {
		lines(errs, func(line string) {
			if c.keep(line) {
				c.line(line)
			}
		})
	})
	readers.Wait()
	_ = c.cmd.Wait() // ProcessState has it.
	close(c.ended)
}

// readReport reads a line of a process's standard output. is reports whether the line is a report; why is the reason of
// other records.
func readReport(line string) (report serve.Report, why string, is bool) {
	var record struct {
		Event     string `json:"event"`
		Why       string `json:"why"`
		Codec     string `json:"codec"` // empty for sound alone
		Frames    uint64 `json:"frames"`
		Audio     uint64 `json:"audio_packets"`
		Idle      string `json:"idle"`
		AudioIdle string `json:"audio_idle"`
	}
	err := json.Unmarshal([]byte(line), &record)
	switch {
	case err == nil && record.Event == "join_failed":
		return serve.Report{Unjoined: true}, "", true
	case err != nil || record.Event != "stats":
		return report, record.Why, false
	}
	if record.Codec == "" {
		record.Idle = cmp.Or(record.Idle, record.AudioIdle)
	}
	return serve.Report{Frames: record.Frames, Audio: record.Audio, Idle: record.Idle}, "", true
}

// crash matches the line in which Go's runtime names the reason for a crash. Hundreds of lines follow.
var crash = regexp.MustCompile(`^(panic|fatal error|SIG[A-Z]+): |^(unexpected fault address) 0x`)

// keep adds a line to the last words. It returns false for lines after the beginning of a crash.
func (c *process) keep(line string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if found := crash.FindStringSubmatch(line); c.crashed > 0 || found != nil {
		if c.crashed++; c.crashed == 1 {
			c.crash = found[1] + found[2]
		}
	}
	if c.crashed > keptWords {
		return false
	}
	if len(c.words) == keptWords && c.crashed <= 1 {
		c.words = c.words[1:]
	}
	c.words = append(c.words, line)
	return true
}

// lines calls f for each line, until r ends.
func lines(r io.Reader, f func(line string)) {
	b := bufio.NewReader(r)
	var line []byte
	for {
		part, more, err := b.ReadLine()
		if err != nil {
			return
		}
		line = append(line, part[:min(len(part), maxLine-len(line))]...)
		if !more {
			f(string(line))
			line = line[:0]
		}
	}
}

// signal sends a signal to the process and its children.
func (c *process) signal(s syscall.Signal) {
	_ = syscall.Kill(-c.cmd.Process.Pid, s) // The only error is that it has ended.
}

// lastWords returns the last lines of standard error, redacted.
func (c *process) lastWords(redact func(string) string) (words []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, line := range c.words {
		words = append(words, redact(line))
	}
	return words
}

// removed are the reasons in the last record of a process that the server has removed from the room.
var removed = []string{"removed", identityTaken}

const identityTaken = "identity taken"

// code returns the exit code, -1 for a signal, whether the server has removed the process from the room, and the cause
// in words.
func (c *process) code() (code int, wasRemoved bool, cause string) {
	state := c.cmd.ProcessState
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.crash != "" && !state.Success() {
		return -1, false, "crash: " + c.crash // Go's runtime ends the process by another signal.
	}
	if status, is := state.Sys().(syscall.WaitStatus); is && status.Signaled() {
		return -1, false, "signal: " + status.Signal().String()
	}
	if slices.Contains(removed, c.why) {
		return state.ExitCode(), true, c.why
	}
	return state.ExitCode(), false, fmt.Sprintf("exit code %d", state.ExitCode())
}
