// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// requestVariable is the environment variable that turns a process into a proof.
const requestVariable = "GSTPUBLISH_PROOF"

// linePrefix marks our lines of standard output: drivers write there too.
const linePrefix = "gstpublish-proof "

const (
	// hookTimeout is how long a child may take to reach answer. A program starts within
	// 50 ms; a child that takes so much longer is delayed by another package's init, or
	// is not a copy of this program. One that gets no processor time has starvedTimeout.
	hookTimeout    = 1700 * time.Millisecond
	starvedTimeout = 10 * time.Second
	starvedCheck   = 100 * time.Millisecond
	// longest is how long a proof may take, in Options.Timeout: a driver that takes so long for each of its frames is
	// of no use.
	longest = 4
	// grace is how long the output of an exited child may stay open, for example in a process that
	// the child has started.
	grace = 200 * time.Millisecond
)

// request is the task for a child.
type request struct {
	Encoder string
	Front   catalogue.Front
	Want    Want
	// Patience multiplies the times that the encoder may take. The default is 1.
	Patience int `json:",omitempty"`
}

// patience returns how long to wait, for a time that is enough on a machine without other work.
func (r *request) patience(d time.Duration) time.Duration {
	return d * time.Duration(max(1, r.Patience))
}

// line is a child's message: its next step, or the result.
type line struct {
	Step   string  `json:",omitempty"`
	Report *Report `json:",omitempty"`
}

// ask runs a child. The error is ctx's cause, or a *pipeline.HookError.
func (p *Prover) ask(ctx context.Context, c Candidate, w Want) (Report, error) {
	task := request{Encoder: c.Row.Factory, Front: c.Front, Want: w, Patience: p.patience}
	text, err := json.Marshal(task)
	if err != nil {
		return Report{Reason: err.Error()}, nil
	}
	limited, cancel := context.WithTimeout(ctx, longest*p.opts.Timeout)
	defer cancel()
	begin := time.Now()
	stuck := time.AfterFunc(p.opts.Timeout, cancel)
	defer stuck.Stop()
	child, err := p.newChild(limited, string(text))
	if cause := context.Cause(ctx); cause != nil && err != nil {
		return Report{}, cause
	}
	if err != nil {
		return Report{}, &pipeline.HookError{Reason: "no child process could be started", Err: err}
	}
	child.heard = func() { stuck.Reset(p.opts.Timeout) }
	report, err := child.wait(limited, task.patience(hookTimeout))
	if cause := context.Cause(ctx); cause != nil {
		return Report{}, cause
	}
	if err != nil {
		return Report{}, err
	}
	report.Elapsed = time.Since(begin)
	return report, nil
}

// child is a copy of this program that does one proof.
type child struct {
	cmd    *exec.Cmd
	stdin  io.Closer // closing it tells the child to exit
	stdout io.ReadCloser
	stderr tail

	reached atomic.Bool // it has reached answer
	late    atomic.Bool // it was ended because it had not
	heard   func()      // is called for each of its messages
}

func (p *Prover) newChild(ctx context.Context, request string) (*child, error) {
	path, err := p.program()
	if err != nil {
		return nil, err
	}
	c := &child{cmd: exec.CommandContext(ctx, path)}
	c.cmd.Args = os.Args[:1] // without the program's arguments, which may contain secrets
	c.cmd.Env = append(environment(), requestVariable+"="+request)
	c.cmd.WaitDelay = grace
	c.cmd.Stderr = &c.stderr
	if c.stdin, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if c.stdout, err = c.cmd.StdoutPipe(); err != nil {
		return nil, err
	}
	return c, c.cmd.Start()
}

// environment returns this process's environment without variables that would make a child
// overwrite this process's files.
func environment() []string {
	var env []string
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		switch name {
		case "GST_DEBUG_FILE", "GST_TRACERS", "GST_DEBUG_DUMP_DOT_DIR", requestVariable:
		default:
			env = append(env, v)
		}
	}
	return env
}

// wait reads the child's messages until it exits. start limits the time until it has reached
// answer. The error is a *pipeline.HookError.
func (c *child) wait(ctx context.Context, start time.Duration) (Report, error) {
	ended := make(chan struct{})
	defer close(ended)
	go c.giveUp(start, ended)
	answer, step := c.read()
	err := c.cmd.Wait()
	switch {
	case answer != nil:
		return *answer, nil
	case ctx.Err() != nil && c.reached.Load():
		return Report{Reason: "it did not answer in time while " + step}, nil
	case !c.reached.Load() && c.late.Load():
		return Report{}, &pipeline.HookError{Reason: fmt.Sprintf("it had not begun after %v", start)}
	case !c.reached.Load():
		return Report{}, &pipeline.HookError{Reason: "it ended too early (" + c.end(err) + ")"}
	default:
		return Report{Reason: c.death(err, step)}, nil
	}
}

// giveUp ends a child that has not reached answer in time.
func (c *child) giveUp(start time.Duration, ended <-chan struct{}) {
	latest := time.Now().Add(max(start, starvedTimeout))
	overdue := time.NewTimer(start)
	defer overdue.Stop()
	for {
		select {
		case <-overdue.C:
		case <-ended:
			return
		}
		switch {
		case c.reached.Load():
			return
		case time.Now().Before(latest) && isStarved(c.cmd.Process.Pid):
			overdue.Reset(starvedCheck)
		default:
			c.late.Store(true)
			_ = c.cmd.Process.Kill() // The only error is that it has exited.
			_ = c.stdout.Close()     // A process that the child has started may keep the other end open.
			return
		}
	}
}

// read returns the child's answer, nil if there was none, and its last step.
func (c *child) read() (answer *Report, step string) {
	lines := bufio.NewReader(c.stdout)
	for {
		text, err := lines.ReadString('\n')
		var l line
		if ours, ok := strings.CutPrefix(text, linePrefix); ok && json.Unmarshal([]byte(ours), &l) == nil {
			c.reached.Store(true)
			c.heard()
			if l.Step != "" {
				step = l.Step
			}
			if l.Report != nil {
				answer = l.Report
				_ = c.stdin.Close() // It may exit, however long its encoder takes to stop.
			}
		}
		if err != nil {
			return answer, step
		}
	}
}

// end describes how the child's process exited.
func (c *child) end(err error) string {
	_, end := c.stderr.last()
	var exit *exec.ExitError
	switch {
	case end != "":
		return end
	case errors.As(err, &exit):
		return exit.String()
	case err != nil:
		return err.Error()
	default:
		return "exit status 0"
	}
}

// death describes how a child exited without an answer.
func (c *child) death(err error, step string) string {
	words, _ := c.stderr.last()
	msg := "it crashed (" + c.end(err) + ") while " + step
	if words != "" {
		msg += ": " + words
	}
	return msg
}

// tailSize is how much of a child's standard error is kept, in bytes.
const tailSize = 4096

// tail keeps the end of what is written to it, up to where Go's runtime begins to report the
// process's end.
type tail struct {
	mu   sync.Mutex
	text []byte
	end  string // the runtime's words for that end
}

// endLine matches the line in which Go's runtime reports why the process ends. A dump of all
// goroutines follows.
var endLine = regexp.MustCompile(`(?m)^(SIG[A-Z]+: .*|fatal error: .*|panic: .*)\n`)

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.end != "" {
		return len(p), nil
	}
	t.text = append(t.text, p...)
	if at := endLine.FindIndex(t.text); at != nil {
		t.end = string(bytes.TrimSpace(t.text[at[0]:at[1]]))
		t.text = t.text[:at[0]]
	}
	if over := len(t.text) - tailSize; over > 0 {
		t.text = append(t.text[:0], t.text[over:]...)
	}
	return len(p), nil
}

// last returns the last line, which is what libraries print before they abort, and the runtime's
// words for the end; each may be empty.
func (t *tail) last() (words, end string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := strings.TrimSpace(string(t.text))
	return text[strings.LastIndexByte(text, '\n')+1:], t.end
}
