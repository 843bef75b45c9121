// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unsafe"

	"github.com/gstpublish/gstpublish/internal/redact"
)

// redacted stands where a secret was.
const redacted = redact.Mark

// secretFlags have a secret as their value.
func secretFlags() []string { return []string{"api-secret", "token"} }

// takeArgs returns the command line and wipes the secrets out of the process's
// own memory of it, which everyone on the machine can read (ps,
// /proc/PID/cmdline).
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

// argSecrets finds the secrets on a command line. They are parts of the
// arguments' own memory.
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

// wipe overwrites a string that is part of os.Args. Go makes these of the memory
// that the system gave the process, without a copy (runtime.goargs), and that
// may be written to; strings of the program itself may not.
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

// minSecret is how long a secret is at least, in bytes; LiveKit's have 32 and more.
// What is shorter would only make messages unreadable.
const minSecret = 6

// add has these redacted from now on. The secret of development servers is none:
// it is known to all, and a word of many messages.
func (k *secrets) add(found ...string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, s := range found {
		if len(s) >= minSecret && s != devSecret {
			// As it is, and as it is where it is quoted.
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

// writer passes on what is written, without secrets. A secret must not be spread
// over two writes; those of fmt and slog are whole lines.
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
