// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package publisher

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
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/gstpublish/gstpublish/internal/bench/proc"
	"github.com/gstpublish/gstpublish/internal/bench/shm"
	"github.com/gstpublish/gstpublish/internal/testclip"
	"github.com/gstpublish/gstpublish/pipeline"
)

// commandPatience limits how long the command may take to publish, and to end.
const commandPatience = 20 * time.Second

// command is `gstpublish run --screencast` with a pipeline that reads frames from shared memory, as ximagesrc does from
// an X server. The measurement is of its resource use; this process only draws.
type command struct {
	process *exec.Cmd
	frames  *shm.Writer
	begin   *proc.Snapshot
	started atomic.Bool            // it has reported once
	encoder atomic.Pointer[string] // the last one that it reported
	ended   chan error             // receives one value
}

// runCommand publishes the clip with the command. The time of a capture, on this process's clock, is when the pipeline
// is notified of the frame.
func (o *options) runCommand(
	ctx context.Context, codec pipeline.Codec, clip *testclip.Clip, in io.Reader, out io.Writer,
) (err error) {
	dir, err := os.MkdirTemp("", "gstpublish-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	socket := filepath.Join(dir, "frames")
	c := &command{ended: make(chan error, 1)}
	if c.frames, err = shm.Listen(ctx, socket, len(clip.First)); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.frames.Close()) }()
	if err = c.start(o.arguments(codec, clip, socket)); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.stop()) }()
	p := &player{clip: clip, log: o.log, out: out, capture: c.capture, used: c.used, report: c.report}
	if err = c.awaitStart(ctx, p); err != nil {
		return err
	}
	return p.run(ctx, in)
}

// arguments returns the command's arguments.
func (o *options) arguments(codec pipeline.Codec, clip *testclip.Clip, socket string) []string {
	args := []string{
		o.command, "run", "--url", o.url, "--room", o.room, "--identity", "publisher",
		"--codec", strings.ToLower(codec.String()), "--fps", strconv.Itoa(clip.FPS), "--stats", "json",
	}
	if !o.camera {
		args = append(args, "--screencast")
	}
	if o.encoder != "" {
		args = append(args, "--encoder", o.encoder)
	}
	if o.bitrate > 0 {
		args = append(args, "--bitrate", strconv.Itoa(o.bitrate))
	}
	format := "I420"
	if clip.FullChroma {
		format, args = "Y444", append(args, "--chroma", chroma444)
	}
	caps := fmt.Sprintf("video/x-raw,format=%s,width=%d,height=%d,framerate=%d/1,colorimetry=bt601",
		format, clip.Width, clip.Height, clip.FPS)
	return append(args, "--", "shmsrc", "socket-path="+socket, "is-live=true", "do-timestamp=true", "!", caps)
}

// start starts the command. It writes errors to this process's standard error.
func (c *command) start(argv []string) error {
	c.process = exec.Command(argv[0], argv[1:]...) //nolint:noctx // stop ends it
	c.process.Stderr = os.Stderr
	lines, err := c.process.StdoutPipe()
	if err != nil {
		return err
	}
	if err = c.process.Start(); err != nil {
		return fmt.Errorf("publisher: starting the command: %w", err)
	}
	go func() {
		c.read(lines)
		c.ended <- c.process.Wait()
	}()
	return nil
}

// read reads the command's statistics, once a second.
func (c *command) read(lines io.Reader) {
	for s := bufio.NewScanner(lines); s.Scan(); {
		var report struct {
			Event   string `json:"event"`
			Encoder string `json:"encoder"`
		}
		if json.Unmarshal(bytes.TrimSpace(s.Bytes()), &report) != nil || report.Event == "" {
			continue
		}
		c.encoder.Store(&report.Encoder)
		c.started.Store(true)
	}
	_, _ = io.Copy(io.Discard, lines)
}

// awaitStart captures the first frame repeatedly until the command publishes.
func (c *command) awaitStart(ctx context.Context, p *player) error {
	ctx, cancel := context.WithTimeoutCause(ctx, commandPatience, errors.New("publisher: the command does not publish"))
	defer cancel()
	for !c.started.Load() {
		select {
		case err := <-c.ended:
			c.ended <- err
			return fmt.Errorf("publisher: the command has ended: %w", err)
		default:
		}
		p.early = append(p.early, time.Now())
		if err := c.capture(ctx, p.clip.First); err != nil {
			return err
		}
		if err := Pause(ctx, p.clip.Interval()); err != nil {
			return err
		}
	}
	return nil
}

func (c *command) capture(ctx context.Context, pixels []byte) error {
	_, err := c.frames.Write(ctx, pixels)
	return err
}

// used returns the command's resource use since the first call.
func (c *command) used() (used, error) {
	now, err := proc.Take(c.process.Process.Pid)
	if err != nil {
		return used{}, err
	}
	if c.begin == nil {
		c.begin = now
	}
	return used{Used: now.Since(c.begin)}, nil
}

func (c *command) report(u *Usage) {
	if encoder := c.encoder.Load(); encoder != nil {
		u.Encoder = *encoder
	}
}

// stop ends the command as Ctrl-C does.
func (c *command) stop() error {
	_ = c.process.Process.Signal(syscall.SIGINT)
	t := time.NewTimer(commandPatience)
	defer t.Stop()
	select {
	case err := <-c.ended:
		if err != nil {
			return fmt.Errorf("publisher: the command failed: %w", err)
		}
		return nil
	case <-t.C:
		_ = c.process.Process.Kill()
		return errors.Join(fmt.Errorf("publisher: the command did not end within %v", commandPatience), <-c.ended)
	}
}
