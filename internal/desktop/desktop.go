// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package desktop

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// The size of the screen, in px.
const (
	Width  = 1280
	Height = 720
)

// startTime limits how long the X server may take to start.
const startTime = 10 * time.Second

// MissingError reports a program that is not installed.
type MissingError struct{ Program string }

func (e *MissingError) Error() string {
	return fmt.Sprintf("desktop: the program %s is not installed", e.Program)
}

// Package returns the Debian package that has the program.
func (e *MissingError) Package() string { return strings.ToLower(e.Program) }

const (
	xServer  = "Xvfb"
	terminal = "xterm"
)

// The scripts of the terminals. Commands read the clock, so that time passes while a terminal is stopped.
const (
	scrolling = `while :; do for f in /usr/bin/*; do ls -ld "$f"; sleep 0.2; done; done`
	moving    = `printf '\033[?25l'; i=0; while :; do
	n=$((i % 52)); [ $n -gt 26 ] && n=$((52 - n))
	printf '\033[H\n   %s\n\n   %*s\033[46m    \033[0m%*s\n' "$(date '+%A, %H:%M:%S')" $n '' $((30 - n)) ''
	i=$((i + 1)); sleep 0.05
done`
)

// Desktop is a running desktop. Close must be called. Its methods must not be called concurrently.
type Desktop struct {
	display   string
	server    *exec.Cmd
	terminals []*exec.Cmd
}

// Start starts a desktop. The error is a *MissingError if a program is not installed.
func Start(ctx context.Context) (d *Desktop, err error) {
	for _, program := range []string{xServer, terminal} {
		if _, err = exec.LookPath(program); err != nil {
			return nil, &MissingError{program}
		}
	}
	d = &Desktop{}
	defer func() {
		if err != nil {
			d.Close()
			d = nil
		}
	}()
	if err = d.startServer(ctx); err != nil {
		return d, fmt.Errorf("desktop: starting %s: %w", xServer, err)
	}
	for _, t := range []struct{ title, geometry, script string }{
		{"files", "82x33+24+24", scrolling},
		{"clock", "38x7+880+24", moving},
	} {
		cmd := d.command(terminal, "-T", t.title, "-geometry", t.geometry, "-fa", "DejaVu Sans Mono", "-fs", "11",
			"-bg", "#12161e", "-fg", "#d6deeb", "+sb", "-e", "sh", "-c", t.script)
		if err = cmd.Start(); err != nil {
			return d, fmt.Errorf("desktop: starting %s: %w", terminal, err)
		}
		d.terminals = append(d.terminals, cmd)
	}
	return d, nil
}

// command returns a command that ends with its parent, out of reach of the terminal's Ctrl-C.
func (d *Desktop) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "DISPLAY="+d.display)
	cmd.SysProcAttr = attributes()
	return cmd
}

// startServer starts the X server, and waits until it has a display.
func (d *Desktop) startServer(ctx context.Context) error {
	read, write, err := os.Pipe()
	if err != nil {
		return err
	}
	defer func() { _ = read.Close() }() // It has been read.
	cmd := d.command(xServer, "-displayfd", "3", "-screen", "0", fmt.Sprintf("%dx%dx24", Width, Height),
		"-nolisten", "tcp")
	cmd.ExtraFiles = []*os.File{write} // File 3: the server writes the number of its display there.
	err = errors.Join(cmd.Start(), write.Close())
	if err != nil {
		return err
	}
	d.server = cmd
	deadline := time.Now().Add(startTime)
	if at, has := ctx.Deadline(); has && at.Before(deadline) {
		deadline = at
	}
	if err = read.SetReadDeadline(deadline); err != nil {
		return err
	}
	number, err := bufio.NewReader(read).ReadString('\n')
	if err != nil {
		return err
	}
	d.display = ":" + strings.TrimSpace(number)
	return nil
}

// Display returns the X11 display.
func (d *Desktop) Display() string { return d.display }

// SetStill stops the terminals, or lets them continue.
func (d *Desktop) SetStill(still bool) error {
	signal := syscall.SIGCONT
	if still {
		signal = syscall.SIGSTOP
	}
	var errs []error
	for _, t := range d.terminals {
		errs = append(errs, t.Process.Signal(signal))
	}
	return errors.Join(errs...)
}

// Close ends all programs.
func (d *Desktop) Close() {
	for _, cmd := range append(d.terminals, d.server) {
		if cmd != nil {
			_ = cmd.Process.Kill() // It may have ended by itself.
			_ = cmd.Wait()         // It was killed.
		}
	}
	d.terminals, d.server = nil, nil
}
