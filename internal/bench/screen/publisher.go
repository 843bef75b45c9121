// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	// endTimeout is what a publisher has to end by itself when it is asked to.
	endTimeout = 5 * time.Second
	// answerTimeout bounds the answer to a command.
	answerTimeout = 5 * time.Second
	// clockTicks is how many of the kernel's ticks, which /proc counts in, make a
	// second: USER_HZ, which is 100 on every platform of Linux that Go has.
	clockTicks = 100
)

// publisher is a process that publishes the clip: this program's own, or
// another that is called the same way.
type publisher struct {
	own bool
	log string // the capture log

	cmd    *exec.Cmd
	stdin  io.WriteCloser
	usages chan usage
	done   chan struct{} // closed when the process has ended

	errText tail
	reading sync.WaitGroup
	waitErr error
}

// start runs a publisher: argv with the contract's arguments behind it. What it
// publishes with, key and secret are in its environment.
func start(argv []string, own bool, log string, env []string) (*publisher, error) {
	p := &publisher{own: own, log: log, usages: make(chan usage, 16), done: make(chan struct{})}
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

// output runs a process that says something and ends.
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

// read passes on the lines that tell of usage.
func (p *publisher) read(out io.Reader) {
	defer close(p.usages)
	for s := bufio.NewScanner(out); s.Scan(); {
		u, ok := parseUsage(s.Bytes())
		if !ok {
			continue
		}
		select {
		case p.usages <- *u:
		default: // A publisher that says more than it is asked for.
		}
	}
	_, _ = io.Copy(io.Discard, out)
}

// parseUsage reads a line; ok is false for one that tells of no CPU time, such
// as of a log.
func parseUsage(line []byte) (u *usage, ok bool) {
	var told struct {
		usage
		CPUs *float64 `json:"cpu_s"`
	}
	if json.Unmarshal(line, &told) != nil || told.CPUs == nil {
		return nil, false
	}
	told.usage.CPUs = *told.CPUs
	return &told.usage, true
}

// next waits for the next line that tells of usage.
func (p *publisher) next(ctx context.Context, timeout time.Duration) (*usage, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("the publisher said nothing for %v", timeout))
	defer cancel()
	select {
	case u, more := <-p.usages:
		if more {
			return &u, nil
		}
		return nil, fmt.Errorf("the publisher has ended: %s", p.errText.String())
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: %s", context.Cause(ctx), p.errText.String())
	}
}

// tell sends an own publisher a command and returns its answer.
func (p *publisher) tell(ctx context.Context, command string) (*usage, error) {
	if _, err := io.WriteString(p.stdin, command+"\n"); err != nil {
		return nil, fmt.Errorf("telling the publisher %q: %w", command, err)
	}
	return p.next(ctx, answerTimeout)
}

// cpu is what the process has used so far.
func (p *publisher) cpu(ctx context.Context) (time.Duration, error) {
	if !p.own {
		return processCPU(p.cmd.Process.Pid)
	}
	u, err := p.tell(ctx, commandCPU)
	if err != nil {
		return 0, err
	}
	return time.Duration(u.CPUs * float64(time.Second)), nil
}

// stop ends the process: an own one when its input ends, another with SIGTERM;
// in the end with SIGKILL.
func (p *publisher) stop() error {
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

// captures reads the capture log, which is complete when the clip is.
func (p *publisher) captures() ([]captured, error) {
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

// processCPU is what another process and the children that it has waited for
// have used, user and system, to a hundredth of a second. It is Linux's alone.
func processCPU(pid int) (time.Duration, error) {
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return 0, fmt.Errorf("reading a process's CPU time: %w", err)
	}
	return parseStat(string(stat))
}

// parseStat adds up utime, stime, cutime and cstime of /proc/PID/stat: fields 14
// to 17 (proc_pid_stat(5)). Field 2, the name, may have anything in it.
func parseStat(stat string) (time.Duration, error) {
	const first = 14 - 3 // counted from field 3, the first after the name
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	if len(fields) < first+4 {
		return 0, fmt.Errorf("reading a process's CPU time: %q", stat)
	}
	ticks := int64(0)
	for _, field := range fields[first : first+4] {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("reading a process's CPU time: %w", err)
		}
		ticks += n
	}
	return time.Duration(ticks) * time.Second / clockTicks, nil
}

// tail is a Writer that keeps the end of what is written.
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
