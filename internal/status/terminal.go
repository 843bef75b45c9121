// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"io"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// erase returns to the beginning of the line, and erases it (ECMA-48: EL).
const erase = "\r\x1b[K"

// up moves up a row (CUU), and eraseBelow erases from there to the end of the screen (ED).
const (
	up         = "\x1b[A"
	eraseBelow = "\x1b[J"
)

// Terminal keeps one line at the bottom of a terminal, below the lines that are written to it. All methods are safe for
// concurrent use. Without a live line, it passes on what is written.
type Terminal struct {
	mu   sync.Mutex
	w    io.Writer
	line string // that is shown

	columns func() int // the width now, if rows that become too long are wrapped; else nil
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
	if _, err := t.w.Write(slices.Concat([]byte(t.erasure()), p, []byte(t.line))); err != nil {
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
	erasure := t.erasure()
	t.line = line
	_, _ = io.WriteString(t.w, erasure+line) // A terminal that is gone is noticed elsewhere.
}

// Reflow sets how wide the terminal is. It is for terminals that wrap the line when they become narrower than it.
func (t *Terminal) Reflow(columns func() int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.columns = columns
}

// erasure returns what erases the live line, in all rows that it has.
func (t *Terminal) erasure() string {
	length := utf8.RuneCountInString(t.line)
	if t.columns == nil || length == 0 {
		return erase
	}
	width := t.columns()
	if width < 1 || length <= width {
		return erase
	}
	return "\r" + strings.Repeat(up, (length-1)/width) + eraseBelow
}
