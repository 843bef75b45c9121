// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package devserver

import (
	"context"
	"fmt"
	"os/exec"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	// settleTime is the minimum time between the server's report that it listens and a request to
	// end: it ignores a SIGTERM in its first 100 ms (pkg/service/server.go, Stop before running is
	// set).
	settleTime = 200 * time.Millisecond
	// forceAfter is when SIGTERM is sent again. The second one makes the server exit immediately,
	// even with participants in a room. It does not read a third (cmd/server/main.go).
	forceAfter = 300 * time.Millisecond
	// outputDelay limits the wait for the output of a process that has ended but left its output to
	// a child.
	outputDelay = time.Second
)

// process is a child process that is always reaped.
type process struct {
	cmd  *exec.Cmd
	out  *output
	done chan struct{} // closed when it has ended, is reaped, and all its output is read

	settled  time.Time   // when it may be asked to end
	stopping atomic.Bool // whether it was asked to end
}

// startProcess runs the binary with exactly this environment.
func startProcess(path string, env []string, out *output) (*process, error) {
	cmd := exec.Command(path)
	cmd.Env = env
	cmd.Stdout, cmd.Stderr = out, out
	cmd.WaitDelay = outputDelay
	cmd.SysProcAttr = sysProcAttr()
	p := &process{cmd: cmd, out: out, done: make(chan struct{})}

	started := make(chan error, 1)
	go func() {
		// Linux kills the child when the thread that started it ends, not when the process ends
		// (prctl(2), PR_SET_PDEATHSIG). A thread of Go ends only with a goroutine that is locked to
		// it. So this goroutine owns the thread and lives as long as the child.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(p.done)
		err := cmd.Start()
		started <- err
		if err == nil {
			// cmd.ProcessState has the result.
			_ = cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		<-p.done
		return nil, err
	}
	return p, nil
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// settle records that the process listens.
func (p *process) settle() { p.settled = time.Now().Add(settleTime) }

// stop asks the process to end, and kills it if ctx ends first. It returns when the process is
// reaped.
func (p *process) stop(ctx context.Context) error {
	ask := time.NewTimer(time.Until(p.settled))
	defer ask.Stop()
	if !p.stopping.CompareAndSwap(false, true) {
		// Only one of several concurrent calls asks: the server reads at most two signals.
		ask.Stop()
	}
	for {
		select {
		case <-p.done:
			return nil
		case <-ask.C:
			// It fails only if the process has ended.
			_ = p.cmd.Process.Signal(syscall.SIGTERM)
			ask.Reset(forceAfter)
		case <-ctx.Done():
			p.kill()
			return fmt.Errorf("had to kill it: %w", context.Cause(ctx))
		}
	}
}

// kill kills the process and returns when it is reaped.
func (p *process) kill() {
	// It fails only if the process has ended.
	_ = p.cmd.Process.Kill()
	<-p.done
}

// earlyExit returns the error for a process that ended before it was ready.
func (p *process) earlyExit() error {
	err := fmt.Errorf("it exited before it answered, with %v%s", p.cmd.ProcessState, p.out.lastLines())
	if p.out.portTaken() {
		return fmt.Errorf("%w: %w", errPortTaken, err)
	}
	return err
}
