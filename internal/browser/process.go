// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

const (
	// outputDelay limits the wait for output of the ended browser's children.
	outputDelay = time.Second
	// goneWithin limits the wait for the end of the killed children, which this process cannot
	// reap. goneStep is the interval of the checks.
	goneWithin = 5 * time.Second
	goneStep   = 5 * time.Millisecond
	// keptBytes is the size of the output in an error.
	keptBytes = 4 << 10
)

// process is the browser and all its children, in a process group of its own. It is always reaped.
type process struct {
	cmd  *exec.Cmd
	out  *tail
	done chan struct{} // closed when it has ended and is reaped
}

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	kept []byte
}

// Write never fails.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p...)
	if extra := len(t.kept) - keptBytes; extra > 0 {
		t.kept = append(t.kept[:0], t.kept[extra:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.kept)
}

// startProcess runs a program. The two pipe ends become its file descriptors 3 and 4, which
// Chromium reads and writes, and are closed here.
func startProcess(path string, args, env []string, read, write *os.File) (*process, error) {
	cmd := exec.Command(path, args...)
	out := new(tail)
	cmd.Env, cmd.Stdout, cmd.Stderr = env, out, out
	cmd.ExtraFiles = []*os.File{read, write}
	cmd.WaitDelay = outputDelay
	// A group of its own, so that all of it can be killed, and Ctrl-C reaches only the parent.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	err := cmd.Start()
	err = errors.Join(err, read.Close(), write.Close())
	p := &process{cmd: cmd, out: out, done: make(chan struct{})}
	if cmd.Process == nil {
		return nil, err
	}
	go func() {
		defer close(p.done)
		_ = cmd.Wait() // cmd.ProcessState has the result.
	}()
	if err != nil {
		return nil, errors.Join(err, p.kill())
	}
	return p, nil
}

// wait waits until the browser has ended.
func (p *process) wait(ctx context.Context) error {
	select {
	case <-p.done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// kill kills the rest of the group, and returns when all of it is gone.
func (p *process) kill() error {
	group := -p.cmd.Process.Pid
	late := time.NewTimer(goneWithin)
	defer late.Stop()
	for {
		// The call fails if no process is left. A process that has ended but has not been reaped by
		// its parent still counts.
		if err := syscall.Kill(group, syscall.SIGKILL); errors.Is(err, syscall.ESRCH) {
			break
		}
		select {
		case <-time.After(goneStep):
		case <-late.C:
			return fmt.Errorf("processes of group %d did not end", -group)
		}
	}
	<-p.done
	return nil
}
