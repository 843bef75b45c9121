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
	"time"

	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// requestVariable is the environment variable that makes a process a proof.
const requestVariable = "GSTPUBLISH_PROOF"

// linePrefix marks the lines of standard output that are ours: drivers write
// there too.
const linePrefix = "gstpublish-proof "

// grace is how long a child that was told to end may take.
const grace = time.Second

// request is what a child is asked.
type request struct {
	Encoder string
	Front   catalogue.Front
	Want    Want
}

// line is what a child answers: what it is about to do, or the result.
type line struct {
	Step   string  `json:",omitempty"`
	Report *Report `json:",omitempty"`
}

// ask runs a child. The error is ctx's cause.
func (p *Prover) ask(ctx context.Context, c Candidate, w Want) (Report, error) {
	text, err := json.Marshal(request{Encoder: c.Row.Factory, Front: c.Front, Want: w})
	if err != nil {
		return Report{Reason: err.Error()}, nil
	}
	limited, cancel := context.WithTimeout(ctx, p.opts.Timeout)
	defer cancel()
	begin := time.Now()
	child, err := newChild(limited, string(text))
	if err != nil {
		return Report{Reason: "the proof could not be started: " + err.Error()}, nil
	}
	report := child.wait(limited)
	if err := context.Cause(ctx); err != nil {
		return Report{}, err
	}
	report.Elapsed = time.Since(begin)
	return report, nil
}

// child is a copy of this program that does one proof.
type child struct {
	cmd    *exec.Cmd
	stdin  io.Closer // closed, it tells the child to end
	stdout io.Reader
	stderr tail
}

func newChild(ctx context.Context, request string) (*child, error) {
	path, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &child{cmd: exec.CommandContext(ctx, path)}
	c.cmd.Args = os.Args[:1] // None of the program's arguments: there may be secrets in them.
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

// environment is this process's without what would make a child write over
// this process's files.
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

// wait reads what the child has to say, until it has ended.
func (c *child) wait(ctx context.Context) Report {
	var answer *Report
	step := "starting"
	lines := bufio.NewReader(c.stdout)
	for {
		text, err := lines.ReadString('\n')
		var l line
		if ours, ok := strings.CutPrefix(text, linePrefix); ok && json.Unmarshal([]byte(ours), &l) == nil {
			if l.Step != "" {
				step = l.Step
			}
			if l.Report != nil {
				answer = l.Report
				_ = c.stdin.Close() // It may go, however long its encoder takes to.
			}
		}
		if err != nil {
			break
		}
	}
	err := c.cmd.Wait()
	switch {
	case answer != nil:
		return *answer
	case ctx.Err() != nil:
		return Report{Reason: "it gave no answer in time, while " + step}
	default:
		return Report{Reason: c.death(err, step)}
	}
}

// death says how a child ended that gave no answer.
func (c *child) death(err error, step string) string {
	words, end := c.stderr.last()
	var exit *exec.ExitError
	switch {
	case end != "":
	case errors.As(err, &exit):
		end = exit.String()
	case err != nil:
		end = err.Error()
	default:
		end = "no word"
	}
	msg := "it brought its process down (" + end + ") while " + step
	if words != "" {
		msg += ": " + words
	}
	return msg
}

// tailSize is how much of a child's standard error is kept, in bytes.
const tailSize = 4096

// tail keeps the end of what is written to it, up to where Go's runtime begins
// to tell of the process's end.
type tail struct {
	mu   sync.Mutex
	text []byte
	end  string // what the runtime calls that end
}

// endLine is how Go's runtime says why the process ends. A dump of all goroutines
// follows.
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

// last is the last line, which is what libraries print before they abort, and
// how Go's runtime calls the end; each may be empty.
func (t *tail) last() (words, end string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := strings.TrimSpace(string(t.text))
	return text[strings.LastIndexByte(text, '\n')+1:], t.end
}

// answer is the whole of a child process; it returns the exit code.
func answer(text string) int {
	var r request
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", requestVariable, err)
		return 1
	}
	// When the one who asked has gone, or has heard enough, so does this.
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0) //nolint:forbidigo // the encoder may never come back
	}()
	say := func(l line) {
		b, err := json.Marshal(l)
		if err == nil {
			fmt.Fprintf(os.Stdout, "%s%s\n", linePrefix, b)
		}
	}
	report := examine(context.Background(), r, func(step string) { say(line{Step: step}) })
	say(line{Report: &report})
	return 0
}
