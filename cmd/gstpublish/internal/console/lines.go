// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package console

import (
	"io"
	"sync/atomic"
	"time"
)

// maxLines is how many lines wait for a reader. After that, lines are lost.
const maxLines = 1000

// Lines is a writer that never waits for the reader: lines wait in a queue, or are lost when it is full. So a terminal
// that is stopped holds up neither media nor signals.
type Lines struct {
	queue  chan []byte
	flush  chan chan struct{}
	over   chan struct{}
	failed atomic.Pointer[error] // of the last line; nil before the first
}

// NewLines returns a writer to w, which is written to until Close, or for the rest of the process.
func NewLines(w io.Writer) *Lines {
	l := &Lines{queue: make(chan []byte, maxLines), flush: make(chan chan struct{}), over: make(chan struct{})}
	go l.run(w)
	return l
}

func (l *Lines) run(w io.Writer) {
	write := func(line []byte) {
		_, err := w.Write(line)
		l.failed.Store(&err)
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
		case <-l.over:
			return
		}
	}
}

// Write queues a line. The error is that of the last line that was written. It may be over by now: a full disk has
// space again.
func (l *Lines) Write(line []byte) (int, error) {
	select {
	case l.queue <- append([]byte(nil), line...):
	default: // It has not been read for a long time.
	}
	if err := l.failed.Load(); err != nil && *err != nil {
		return 0, *err
	}
	return len(line), nil
}

// Close ends the writer. What has not been flushed may be lost, and nothing may be written or flushed any more.
func (l *Lines) Close() { close(l.over) }

// Flush waits until all lines are written, but not for longer than limit.
func (l *Lines) Flush(limit time.Duration) {
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
