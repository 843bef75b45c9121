// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"errors"
	"time"

	"github.com/livekit/protocol/livekit"

	"github.com/gstpublish/gstpublish/internal/dispatch"
	"github.com/gstpublish/gstpublish/internal/serve/host"
)

// idle reports whether there are no jobs.
func (w *Worker) idle() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.jobs) == 0
}

// drain takes no more jobs.
func (w *Worker) drain() {
	w.mu.Lock()
	w.draining = true
	w.mu.Unlock()
	w.client.LoadChanged()
}

// stop reports all running jobs as failed, so that the server may give them to another worker.
func (w *Worker) stop() {
	w.mu.Lock()
	for _, j := range w.jobs {
		j.end()
		j.outcome, j.problem = livekit.JobStatus_JS_FAILED, "the worker stops"
	}
	w.mu.Unlock()
	w.jobsChanged()
}

// drainInterval is how often a draining worker checks whether its jobs have ended.
const drainInterval = 100 * time.Millisecond

// Run runs the host and the client of a worker until ctx is done. Then the worker takes no more jobs, waits up to
// patience for running jobs to end by themselves, ends the rest, and reports how all of them ended. An error means that
// the configuration cannot be used, or that the server refuses the worker.
func (w *Worker) Run(ctx context.Context, h *host.Host, c *dispatch.Client, patience time.Duration) error {
	hosting, stopHost := context.WithCancel(context.WithoutCancel(ctx))
	defer stopHost()
	registering, stopClient := context.WithCancel(context.WithoutCancel(ctx))
	defer stopClient()
	hosted, registered := make(chan error, 1), make(chan error, 1)
	go func() { hosted <- h.Run(hosting) }()
	go func() { registered <- c.Run(registering) }()
	select {
	case err := <-hosted:
		stopClient()
		return errors.Join(err, <-registered)
	case err := <-registered:
		stopHost()
		return errors.Join(err, <-hosted)
	case <-ctx.Done():
	}
	w.drain()
	w.awaitIdle(patience)
	w.stop()
	stopHost()
	err := <-hosted
	stopClient() // It sends the last reports.
	return errors.Join(err, <-registered)
}

// awaitIdle waits until there are no jobs, or a time is over.
func (w *Worker) awaitIdle(limit time.Duration) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	ticker := time.NewTicker(drainInterval)
	defer ticker.Stop()
	for !w.idle() {
		select {
		case <-ticker.C:
		case <-timer.C:
			return
		}
	}
}
