// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"io"
	"slices"
	"sync"
)

// erase returns to the beginning of the line, and erases it (ECMA-48: EL).
const erase = "\r\x1b[K"

// Terminal keeps one line at the bottom of a terminal, below the lines that are written to it. All methods are safe for
// concurrent use. Without a live line, it passes on what is written.
type Terminal struct {
	mu   sync.Mutex
	w    io.Writer
	line string // that is shown
}

// NewTerminal returns a Terminal that writes to w, each change in one write.
func NewTerminal(w io.Writer) *Terminal { return &Terminal{w: w} }

// Write writes whole lines above the live line.
func (t *Terminal) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.line == "" {
		return t.w.Write(p)
	}
	if _, err := t.w.Write(slices.Concat([]byte(erase), p, []byte(t.line))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Show replaces the live line. It must fit into a row of the terminal. An empty one ends it.
func (t *Terminal) Show(line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if line == t.line {
		return
	}
	t.line = line
	_, _ = io.WriteString(t.w, erase+line) // A terminal that is gone is noticed elsewhere.
}
