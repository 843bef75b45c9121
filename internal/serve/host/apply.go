// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
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

// apply starts, stops and restarts the publications that a new configuration, or a change of the jobs, affects.
func (h *Host) apply(config *serve.Config) {
	next := config.Publications
	if h.o.Jobs != nil {
		next = h.o.Jobs.List(config)
	}
	next = h.stamped(next)
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
		h.end(name)
	}
	for _, p := range changes.Restart {
		h.end(p.Name)
	}
	for _, p := range slices.Concat(changes.Restart, changes.Start) {
		h.start(p)
	}
	for _, p := range next {
		h.order = append(h.order, p.Name)
	}
	h.o.Logger.Info("configuration applied", "publications", len(h.order), "started", len(changes.Start),
		"restarted", len(changes.Restart), "stopped", len(changes.Stop))
}

// maxLaunchFile limits the size of a launch file, in bytes. A larger file contains media, and is not watched.
const maxLaunchFile = 256 << 10

// stampOf returns a stamp of the contents of a launch file; ok is false if there is no such file, or none at the
// moment.
func stampOf(input string) (stamp string, ok bool) {
	info, err := os.Stat(input)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxLaunchFile {
		return "", false
	}
	text, err := os.ReadFile(input) //nolint:gosec // the operator's configuration
	if err != nil || len(text) == 0 {
		return "", false // An editor may be writing it.
	}
	return fmt.Sprintf("%x", sha256.Sum256(text)), true
}

// stamped returns publications with the stamps of their launch files. One that cannot be read now keeps its stamp.
func (h *Host) stamped(publications []serve.Publication) []serve.Publication {
	publications = slices.Clone(publications)
	for i := range publications {
		p := &publications[i]
		stamp, ok := stampOf(p.Input)
		if k := h.keeper(p.Name); !ok && k != nil && k.pub.Input == p.Input {
			stamp = k.pub.Stamp
		}
		p.Stamp = stamp
	}
	return publications
}

// changedLaunchFiles returns the stamps of those launch files of running publications that have changed.
func (h *Host) changedLaunchFiles() (stamps string) {
	for _, k := range h.all() {
		if stamp, ok := stampOf(k.pub.Input); ok && stamp != k.pub.Stamp {
			stamps += stamp
		}
	}
	return stamps
}

// end ends the keeper of a publication. h.mu must be held.
func (h *Host) end(name string) {
	k := h.keepers[name]
	k.cancel()
	h.ending[k] = true
	delete(h.keepers, name)
}

// start starts a keeper. Its process begins when those that end now and are in its way have ended. h.mu must be held.
func (h *Host) start(p serve.Publication) {
	h.made++
	k := newKeeper(p, h.o.Program, filepath.Join(h.dir, strconv.Itoa(h.made)), h.o.Logger, h.o.Redact)
	for other := range h.ending {
		if p.Conflicts(&other.pub) {
			k.after = append(k.after, other.done)
		}
	}
	k.limits = h.limits
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
	delete(h.ending, k)
	replaced := h.keepers[name] != nil && h.keepers[name] != k
	h.mu.Unlock()
	if h.o.Jobs != nil && !replaced {
		h.o.Jobs.Gone(name)
	}
}
