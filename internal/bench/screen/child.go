// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/gstpublish/gstpublish/internal/bench/proc"
	"github.com/gstpublish/gstpublish/internal/bench/publisher"
)

const (
	// endTimeout is the time that a publisher has to end when it is asked to.
	endTimeout = 5 * time.Second
	// answerTimeout bounds the answer to a command.
	answerTimeout = 5 * time.Second
)

// child is a process that publishes the clip: this program's own, or another one with the same flags.
type child struct {
	own bool
	log string // the capture log

	cmd    *exec.Cmd
	stdin  io.WriteCloser
	usages chan *publisher.Usage
	done   chan struct{}  // closed when the process has ended
	begin  *proc.Snapshot // of used, for another publisher

	errText tail
	reading sync.WaitGroup
	waitErr error
}

// start runs a publisher: argv, followed by the common arguments. The server's key and secret are in its environment.
func start(argv []string, own bool, log string, env []string) (*child, error) {
	p := &child{own: own, log: log, usages: make(chan *publisher.Usage, 16), done: make(chan struct{})}
	p.cmd = exec.Command(argv[0], argv[1:]...) //nolint:noctx // ended by stop, which every way leads to
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stderr = &p.errText
	var err error
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err = p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting a publisher: %w", err)
	}
	p.reading.Go(func() { p.read(out) })
	go func() {
		p.reading.Wait()
		p.waitErr = p.cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

// output runs a process to its end and returns its output.
func output(ctx context.Context, name string, argv ...string) ([]byte, error) {
	var errText tail
	cmd := exec.CommandContext(ctx, name, argv...)
	cmd.Stderr = &errText
	text, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %s", argv[0], err, errText.String())
	}
	return text, nil
}

// read passes on the lines that report usage.
func (p *child) read(out io.Reader) {
	defer close(p.usages)
	for s := bufio.NewScanner(out); s.Scan(); {
		u := publisher.ParseUsage(s.Bytes())
		if u == nil {
			continue
		}
		select {
		case p.usages <- u:
		default: // an unrequested report
		}
	}
	_, _ = io.Copy(io.Discard, out)
}

// next waits for the next line that reports usage.
func (p *child) next(ctx context.Context, timeout time.Duration) (*publisher.Usage, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("the publisher said nothing for %v", timeout))
	defer cancel()
	select {
	case u, more := <-p.usages:
		if more {
			return u, nil
		}
		return nil, fmt.Errorf("the publisher has ended: %s", p.errText.String())
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: %s", context.Cause(ctx), p.errText.String())
	}
}

// tell sends a command to one of this project's publishers and returns its answer.
func (p *child) tell(ctx context.Context, command string) (*publisher.Usage, error) {
	if _, err := io.WriteString(p.stdin, command+"\n"); err != nil {
		return nil, fmt.Errorf("telling the publisher %q: %w", command, err)
	}
	return p.next(ctx, answerTimeout)
}

// used returns the usage of the process so far; for another publisher, since the first call.
func (p *child) used(ctx context.Context) (proc.Used, error) {
	if !p.own {
		now, err := proc.Take(p.cmd.Process.Pid)
		if err != nil {
			return proc.Used{}, err
		}
		if p.begin == nil {
			p.begin = now
		}
		return now.Since(p.begin), nil
	}
	u, err := p.tell(ctx, publisher.CommandCPU)
	if err != nil {
		return proc.Used{}, err
	}
	return proc.Used{
		CPU: time.Duration(u.CPU * float64(time.Second)), Voluntary: *u.Voluntary, Involuntary: *u.Involuntary,
	}, nil
}

// stop ends the process: one of this project's by closing its input, another with SIGTERM. If that fails, it sends
// SIGKILL.
func (p *child) stop() error {
	_ = p.stdin.Close()
	if !p.own {
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
	}
	t := time.NewTimer(endTimeout)
	defer t.Stop()
	select {
	case <-p.done:
		if p.own && p.waitErr != nil {
			return fmt.Errorf("the publisher failed: %w: %s", p.waitErr, p.errText.String())
		}
		return nil
	case <-t.C:
		_ = p.cmd.Process.Kill()
		<-p.done
		if p.own {
			return fmt.Errorf("the publisher had to be killed after %v", endTimeout)
		}
		return nil
	}
}

// captures reads the capture log, which is complete at the end of the clip.
func (p *child) captures() ([]captured, error) {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return nil, fmt.Errorf("reading the capture log: %w", err)
	}
	var all []captured
	for line := range strings.Lines(string(text)) {
		index, at, _ := strings.Cut(strings.TrimSpace(line), ",")
		i, err1 := strconv.Atoi(index)
		ns, err2 := strconv.ParseInt(at, 10, 64)
		if err := errors.Join(err1, err2); err != nil {
			return nil, fmt.Errorf("reading the capture log: %w", err)
		}
		all = append(all, captured{i, time.Duration(ns)})
	}
	return all, nil
}

// tail is a Writer that keeps the end of its input.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const tailBytes = 2000

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, b...)
	if n := len(t.text); n > tailBytes {
		t.text = append(t.text[:0], t.text[n-tailBytes:]...)
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.text))
}
