// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package devserver

import (
	"bytes"
	"io"
	"strings"
	"sync"
)

const (
	// listeningText is what the server logs (at level info) when all its ports are bound
	// (pkg/service/server.go).
	listeningText = "starting LiveKit server"
	// portTakenText is the system's text for EADDRINUSE, which is all that the server writes before
	// it exits with status 0.
	portTakenText = "address already in use"

	keptBytes = 16 << 10
	keptLines = 10
)

// output receives the server's output: it passes it on, keeps the end of it, and detects that the
// server listens.
type output struct {
	to        io.Writer     // nil discards
	listening chan struct{} // closed when the server has reported that it listens

	mu   sync.Mutex // protects the following
	said bool       // whether listening is closed
	tail []byte     // at most keptBytes
}

func newOutput(to io.Writer) *output {
	return &output{to: to, listening: make(chan struct{})}
}

// Write never fails: a log that fails must not end the server.
func (o *output) Write(p []byte) (int, error) {
	o.remember(p)
	if o.to != nil {
		_, _ = o.to.Write(p)
	}
	return len(p), nil
}

func (o *output) remember(p []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tail = append(o.tail, p...)
	if !o.said && bytes.Contains(o.tail, []byte(listeningText)) {
		o.said = true
		close(o.listening)
	}
	if extra := len(o.tail) - keptBytes; extra > 0 {
		o.tail = append(o.tail[:0], o.tail[extra:]...)
	}
}

func (o *output) portTaken() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return bytes.Contains(o.tail, []byte(portTakenText))
}

// lastLines returns the end of the output, for an error message.
func (o *output) lastLines() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	text := strings.TrimSpace(string(o.tail))
	if text == "" {
		return " (it wrote nothing)"
	}
	lines := strings.Split(text, "\n")
	if len(lines) > keptLines {
		lines = lines[len(lines)-keptLines:]
	}
	return "; its last output:\n" + strings.Join(lines, "\n")
}
