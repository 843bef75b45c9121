// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/term"

	"github.com/gstpublish/gstpublish/internal/report"
	"github.com/gstpublish/gstpublish/internal/status"
)

// onTerminal reports whether results go to a terminal.
func (a *app) onTerminal() bool { return a.out == os.Stdout && term.IsTerminal(int(os.Stdout.Fd())) }

// live is the line on a terminal with the state of a publication.
type live struct {
	terminal *status.Terminal
	columns  func() int
	resized  chan os.Signal

	mu      sync.Mutex // protects the following fields
	last    *report.Published
	viewers int
}

// goLive begins a live line if standard output is a terminal.
func (a *app) goLive() {
	if !a.onTerminal() || os.Getenv("TERM") == "dumb" {
		return
	}
	l := &live{terminal: status.NewTerminal(a.results), resized: make(chan os.Signal, 1), columns: func() int {
		width, _, err := term.GetSize(int(os.Stdout.Fd()))
		if err != nil {
			return defaultColumns
		}
		return width
	}}
	if term.IsTerminal(int(os.Stderr.Fd())) {
		l.terminal = a.terminal // so that messages go above the line
	}
	if reflows(os.Getenv) {
		l.terminal.Reflow(l.columns)
	}
	signal.Notify(l.resized, syscall.SIGWINCH)
	go func() {
		for range l.resized {
			l.again()
		}
	}()
	a.live.Store(l)
}

// reflows reports whether the terminal wraps rows that become too long for it, as most do, and tmux in any terminal.
// xterm and the Linux console cut them off, and GNU Screen too, whose name tmux also has.
func reflows(getenv func(string) string) bool {
	if getenv("TMUX") != "" {
		return true // Inside xterm it has that one's environment.
	}
	name := getenv("TERM")
	return getenv("XTERM_VERSION") == "" && name != "linux" && !strings.HasPrefix(name, "screen")
}

// defaultColumns is the width of a terminal that does not say how wide it is.
const defaultColumns = 80

// freeColumns is what the live line leaves free, for the ^C that terminals print.
const freeColumns = 3

// show shows the state of a publication.
func (l *live) show(p *report.Published, viewers int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last, l.viewers = p, viewers
	l.terminal.Show(status.Line(p, viewers, l.columns()-freeColumns))
}

// again fits the line to a terminal whose width has changed.
func (l *live) again() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last != nil {
		l.terminal.Show(status.Line(l.last, l.viewers, l.columns()-freeColumns))
	}
}

// end removes the line for good.
func (l *live) end() {
	signal.Stop(l.resized)
	close(l.resized)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = nil
	l.terminal.Show("")
	l.terminal.Reflow(nil)
}

// endLive removes the live line, if there is one.
func (a *app) endLive() {
	if l := a.live.Swap(nil); l != nil {
		l.end()
		a.problems.Flush(flushTime) // before what comes after it on standard output
	}
}
