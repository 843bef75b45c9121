// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Command desktop starts a virtual desktop (Xvfb) with a program on it, and publishes it as a screen share, until
// Ctrl-C. It needs the Debian packages xvfb and xterm.
//
//	livekit-server --dev &
//	go run ./examples/desktop xterm -e top
//	go run ./cmd/gstpublish watch --dev --room demo
package main

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/screencast"
)

func main() {
	command := os.Args[1:]
	if len(command) == 0 {
		command = []string{"xterm"}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := publish(ctx, command)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// publish publishes a desktop with a program until ctx is done.
func publish(ctx context.Context, command []string) error {
	display, end, err := startDisplay("1280x720x24")
	if err != nil {
		return err
	}
	// The X server must outlive the capture, which ends with an error if its server is gone.
	defer end()
	endProgram, err := start(exec.Command(command[0], command[1:]...), "DISPLAY="+display)
	if err != nil {
		return err
	}
	defer endProgram()

	room, err := gstpublish.Join(ctx, cmp.Or(os.Getenv("LIVEKIT_URL"), "ws://localhost:7880"), gstpublish.APIKey{
		Key:    cmp.Or(os.Getenv("LIVEKIT_API_KEY"), "devkey"),
		Secret: cmp.Or(os.Getenv("LIVEKIT_API_SECRET"), "secret"),
		Room:   "demo",
	}, nil)
	if err != nil {
		return err
	}
	defer room.Close()
	screen, err := screencast.Open(&screencast.Options{Display: display, Cursor: true})
	if err != nil {
		return err
	}
	publication, err := room.Publish(ctx, screen, nil)
	if err != nil {
		return err
	}
	fmt.Printf("publishing display %s, encoded by %s\n", display, publication.Stats().Encoder)
	select {
	case <-publication.Done():
		return publication.Err()
	case <-room.Done():
		return room.Err() // The connection was lost for good.
	case <-ctx.Done():
		return nil
	}
}

// startDisplay starts an X server without a monitor, and returns its display and how to end it.
func startDisplay(screen string) (display string, end func(), err error) {
	read, write, err := os.Pipe()
	if err != nil {
		return "", nil, err
	}
	defer read.Close()
	server := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", screen, "-nolisten", "tcp")
	server.ExtraFiles = []*os.File{write} // File 3: the server writes the number of its display there.
	end, err = start(server)
	write.Close()
	if err != nil {
		return "", nil, err
	}
	number, err := bufio.NewReader(read).ReadString('\n')
	if err != nil {
		end()
		return "", nil, fmt.Errorf("starting Xvfb: %w", err)
	}
	return ":" + strings.TrimSpace(number), end, nil
}

// start starts a program out of reach of the terminal's Ctrl-C, and returns how to end it.
func start(program *exec.Cmd, env ...string) (end func(), err error) {
	program.Env = append(os.Environ(), env...)
	program.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := program.Start(); err != nil {
		return nil, err
	}
	return func() {
		_ = program.Process.Signal(syscall.SIGTERM) // It may have ended by itself.
		_ = program.Wait()                          // It was asked to end.
	}, nil
}
