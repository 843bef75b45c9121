// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package console prints for a user: without secrets, and without waiting for a reader.
package console

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

// redacted replaces a secret.
const redacted = redact.Mark

// secretFlags returns the flags whose value is a secret.
func secretFlags() []string { return []string{"api-secret", "token"} }

// TakeArgs returns the command line and wipes the secrets from the process's own memory of it,
// which every user of the machine can read (ps, /proc/PID/cmdline).
func TakeArgs() []string {
	args := make([]string, len(os.Args))
	for i, arg := range os.Args {
		args[i] = strings.Clone(arg)
	}
	for _, secret := range ArgSecrets(os.Args) {
		wipe(secret)
	}
	return args
}

// ArgSecrets returns the secrets on a command line: those of flags, and the passwords of cameras and streams. They
// share the arguments' memory.
func ArgSecrets(args []string) (found []string) {
	flags := true
	for i, arg := range args {
		found = append(found, redact.Passwords(arg)...)
		flags = flags && arg != "--"
		if !flags || !strings.HasPrefix(arg, "-") {
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

// Secrets is what must not be printed. The zero value is ready. Its methods are safe for concurrent use.
type Secrets struct {
	// Public is a value of a secret option that is none; empty for none. It must not be changed while other methods run.
	Public string

	mu    sync.RWMutex
	known []string
}

// minSecret is the minimum length of a secret, in bytes; LiveKit's have 32 and more. Redacting
// shorter ones would only make messages unreadable.
const minSecret = 6

// Add registers secrets to redact. Public is not one of them.
func (k *Secrets) Add(found ...string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, s := range found {
		if len(s) >= minSecret && s != k.Public {
			// literally, and as in a quoted string
			quoted := strconv.Quote(s)
			for _, form := range []string{s, quoted[1 : len(quoted)-1]} {
				if !slices.Contains(k.known, form) { // A configuration is read again and again.
					k.known = append(k.known, form)
				}
			}
		}
	}
}

// Redact returns the text without secrets.
func (k *Secrets) Redact(text string) string {
	k.mu.RLock()
	defer k.mu.RUnlock()
	for _, s := range k.known {
		text = strings.ReplaceAll(text, s, redacted)
	}
	return redact.Text(text)
}

// Writer returns a writer that redacts secrets. A secret must not be split over two writes; fmt and
// slog write whole lines.
func (k *Secrets) Writer(w io.Writer) io.Writer { return &redactingWriter{w, k} }

type redactingWriter struct {
	w       io.Writer
	secrets *Secrets
}

func (r *redactingWriter) Write(p []byte) (int, error) {
	if _, err := io.WriteString(r.w, r.secrets.Redact(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}
