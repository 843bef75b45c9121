// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"context"
	"path/filepath"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gstpublish/gstpublish/internal/serve"
)

// Jobs are publications that come and go by themselves.
type Jobs struct {
	// List returns them, in the terms of a configuration.
	List func(c *serve.Config) []serve.Publication
	// Changed requests that List is called again.
	Changed <-chan struct{}
	// Observe receives the state of a publication that has changed. Gone receives its name when it has been stopped and
	// its process has ended. Both are called concurrently, and must not call methods of the Host.
	Observe func(s Status)
	Gone    func(name string)
	// Collector has more metrics. Problem returns why the worker is not ready; "" if it is.
	Collector prometheus.Collector
	Problem   func() string
}

// apply starts, stops and restarts what a configuration, or a change of the jobs, changes.
func (h *Host) apply(config *serve.Config) {
	next := config.Publications
	if h.o.Jobs != nil {
		next = h.o.Jobs.List(config)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	var old []serve.Publication
	for _, name := range h.order {
		old = append(old, h.keepers[name].pub)
	}
	h.o.LogLevel(config.LogLevel)
	h.config, h.order = config, nil
	changes := serve.Diff(old, next)
	for _, name := range changes.Stop {
		h.keepers[name].cancel()
		h.ending[name] = h.keepers[name].done
		delete(h.keepers, name)
	}
	for _, p := range changes.Restart {
		before := h.keepers[p.Name]
		before.cancel()
		h.start(p, before.done)
	}
	for _, p := range changes.Start {
		h.start(p, h.ending[p.Name])
	}
	for _, p := range next {
		h.order = append(h.order, p.Name)
	}
	h.o.Logger.Info("configuration applied", "publications", len(h.order), "started", len(changes.Start),
		"restarted", len(changes.Restart), "stopped", len(changes.Stop))
}

// start starts a keeper. h.mu must be held.
func (h *Host) start(p serve.Publication, after <-chan struct{}) {
	h.made++
	k := newKeeper(p, h.o.Program, filepath.Join(h.dir, strconv.Itoa(h.made)), h.o.Logger)
	k.after, k.limits = after, h.limits
	if h.o.Jobs != nil {
		k.observe = h.o.Jobs.Observe
	}
	ctx, cancel := context.WithCancel(context.Background())
	k.cancel = cancel
	h.keepers[p.Name] = k
	h.running.Go(func() {
		k.run(ctx)
		h.gone(k)
	})
}

// gone forgets a keeper that has ended.
func (h *Host) gone(k *keeper) {
	name := k.pub.Name
	h.mu.Lock()
	if h.ending[name] == k.done {
		delete(h.ending, name)
	}
	replaced := h.keepers[name] != nil && h.keepers[name] != k
	h.mu.Unlock()
	if h.o.Jobs != nil && !replaced {
		h.o.Jobs.Gone(name)
	}
}
