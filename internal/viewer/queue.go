// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package viewer

import (
	"context"
	"sync"
)

// queue holds frames for Next. All methods are safe for concurrent use.
type queue struct {
	limit int // 0 is no limit

	mu      sync.Mutex
	frames  []*Frame
	dropped uint64
	err     error         // why no more frames will come; nil while more may come
	changed chan struct{} // closed by the next change
}

func newQueue(limit int) *queue { return &queue{limit: limit, changed: make(chan struct{})} }

// put adds a frame. If the queue is full, it drops the oldest.
func (q *queue) put(p *Frame) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.limit > 0 && len(q.frames) == q.limit {
		q.frames = append(q.frames[:0], q.frames[1:]...)
		q.dropped++
	}
	q.frames = append(q.frames, p)
	q.notify()
}

// end sets the reason why no more frames will come. Frames that wait remain available. Only the
// first call has an effect.
func (q *queue) end(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err == nil {
		q.err = err
		q.notify()
	}
}

// clear drops the frames that wait.
func (q *queue) clear() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.frames = nil
}

func (q *queue) notify() {
	close(q.changed)
	q.changed = make(chan struct{})
}

// next returns the oldest frame, or waits for one.
func (q *queue) next(ctx context.Context) (*Frame, error) {
	for {
		q.mu.Lock()
		changed := q.changed
		if len(q.frames) > 0 {
			p := q.frames[0]
			q.frames[0] = nil
			q.frames = q.frames[1:]
			q.mu.Unlock()
			return p, nil
		}
		err := q.err
		q.mu.Unlock()
		if err != nil {
			return nil, err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

func (q *queue) droppedCount() uint64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.dropped
}
