// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/go-logr/logr"
	"github.com/livekit/protocol/logger"
	lksdk "github.com/livekit/server-sdk-go/v2"

	"github.com/gstpublish/gstpublish/internal/redact"
)

// setUpLog creates the log, of warnings by default. errw redacts everything that is logged.
func (a *app) setUpLog() {
	a.muted.Store(a.quiet)
	level := slog.LevelWarn
	switch {
	case a.veryVerbose:
		level = redact.LevelSDK
	case a.verbose:
		level = slog.LevelDebug
	case a.quiet:
		level = slog.LevelError
	}
	a.log = slog.New(slog.NewTextHandler(a.errw, &slog.HandlerOptions{Level: level}))
	// The SDK uses this log before it has a room.
	lksdk.SetLogger(logger.LogRLogger(logr.FromSlogHandler(redact.SDK(a.log.Handler()))))
}

// sdkLog is the log for LiveKit's SDK, and pion below it.
func (a *app) sdkLog() *slog.Logger { return slog.New(redact.SDK(a.log.Handler())) }

// status prints a line for the user.
func (a *app) status(format string, args ...any) {
	if !a.muted.Load() {
		fmt.Fprintf(a.errw, "gstpublish: "+format+"\n", args...)
	}
}

// redacted replaces a secret.
const redacted = redact.Mark

// secretFlags returns the flags whose value is a secret.
func secretFlags() []string { return []string{"api-secret", "token"} }

// takeArgs returns the command line and wipes the secrets from the process's own memory of it,
// which every user of the machine can read (ps, /proc/PID/cmdline).
func takeArgs() []string {
	args := make([]string, len(os.Args))
	for i, arg := range os.Args {
		args[i] = strings.Clone(arg)
	}
	for _, secret := range argSecrets(os.Args) {
		wipe(secret)
	}
	return args
}

// argSecrets returns the secrets on a command line. They share the arguments' memory.
func argSecrets(args []string) (found []string) {
	for i, arg := range args {
		if arg == "--" {
			break
		}
		if !strings.HasPrefix(arg, "-") {
			continue
		}
		name, value, joined := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		switch {
		case !slices.Contains(secretFlags(), name):
		case joined:
			found = append(found, value)
		case i+1 < len(args):
			found = append(found, args[i+1])
		}
	}
	return found
}

// wipe overwrites a string that is part of os.Args. Go builds these on the memory from the system,
// without a copy (runtime.goargs), and that memory is writable; strings of the program itself are
// not.
func wipe(s string) {
	b := unsafe.Slice(unsafe.StringData(s), len(s))
	for i := range b {
		b[i] = 'x'
	}
}

// secrets is what must not be printed. The zero value is ready. Its methods are safe for concurrent use.
type secrets struct {
	mu    sync.RWMutex
	known []string
}

// minSecret is the minimum length of a secret, in bytes; LiveKit's have 32 and more. Redacting
// shorter ones would only make messages unreadable.
const minSecret = 6

// add registers secrets to redact. The secret of development servers is not one: it is public, and
// a common word.
func (k *secrets) add(found ...string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, s := range found {
		if len(s) >= minSecret && s != devSecret {
			// literally, and as in a quoted string
			quoted := strconv.Quote(s)
			k.known = append(k.known, s, quoted[1:len(quoted)-1])
		}
	}
}

// redact returns the text without secrets.
func (k *secrets) redact(text string) string {
	k.mu.RLock()
	defer k.mu.RUnlock()
	for _, s := range k.known {
		text = strings.ReplaceAll(text, s, redacted)
	}
	return redact.Text(text)
}

// writer returns a writer that redacts secrets. A secret must not be split over two writes; fmt and
// slog write whole lines.
func (k *secrets) writer(w io.Writer) io.Writer { return &redactingWriter{w, k} }

type redactingWriter struct {
	w       io.Writer
	secrets *secrets
}

func (r *redactingWriter) Write(p []byte) (int, error) {
	if _, err := io.WriteString(r.w, r.secrets.redact(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// maxLines is how many lines wait for a reader. After that, lines are lost.
const maxLines = 1000

// lines is a writer that never waits for the reader: lines wait in a queue, or are lost when it is full. So a terminal
// that is stopped holds up neither media nor signals.
type lines struct {
	queue  chan []byte
	flush  chan chan struct{}
	failed atomic.Pointer[error]
}

// newLines returns a writer to w, which is written to for the rest of the process.
func newLines(w io.Writer) *lines {
	l := &lines{queue: make(chan []byte, maxLines), flush: make(chan chan struct{})}
	go l.run(w)
	return l
}

func (l *lines) run(w io.Writer) {
	write := func(line []byte) {
		if _, err := w.Write(line); err != nil {
			l.failed.Store(&err)
		}
	}
	for {
		select {
		case line := <-l.queue:
			write(line)
		case done := <-l.flush:
			for n := len(l.queue); n > 0; n-- {
				write(<-l.queue)
			}
			close(done)
		}
	}
}

// Write queues a line. The error is that of an earlier line.
func (l *lines) Write(line []byte) (int, error) {
	if err := l.failed.Load(); err != nil {
		return 0, *err
	}
	select {
	case l.queue <- append([]byte(nil), line...):
	default: // It has not been read for a long time.
	}
	return len(line), nil
}

// Flush waits until all lines are written, but not for longer than limit.
func (l *lines) Flush(limit time.Duration) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	done := make(chan struct{})
	select {
	case l.flush <- done:
	case <-timer.C:
		return
	}
	select {
	case <-done:
	case <-timer.C:
	}
}
