// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/gstpublish/gstpublish/internal/admin"
	"github.com/gstpublish/gstpublish/internal/serve"
)

// Options configures a Host. All fields except Read, Redact and Jobs are required.
type Options struct {
	// Program is the path of gstpublish.
	Program string
	// Load reads the configuration.
	Load func() (*serve.Config, error)
	// Read returns the text of the configuration, which is loaded again when the text has changed; nil if it cannot
	// change.
	Read func() ([]byte, error)
	// Reload requests that the configuration is loaded again.
	Reload <-chan os.Signal
	// Redact returns text without secrets, for the status: plugins write what they like. The Logger must see to that
	// itself.
	Redact func(text string) string
	// Logger receives the messages of the host and the lines that the processes write. LogLevel receives the level of
	// each configuration.
	Logger   *slog.Logger
	LogLevel func(level string)
	// Jobs is for a worker; nil for the publications of the configuration.
	Jobs *Jobs
}

// Host runs a process for each publication.
type Host struct {
	o   Options
	dir string // for sockets and launch files

	listens *serve.Config // has the ports, since they do not change

	mu           sync.Mutex // protects the following fields
	config       *serve.Config
	keepers      map[string]*keeper
	order        []string         // of the names
	made         int              // keepers so far
	ending       map[*keeper]bool // of publications that have changed or are gone, until their processes have ended
	reloads      map[bool]uint64
	reloadFailed error // why the last change of the configuration was refused
	stopping     bool
	running      sync.WaitGroup
}

// New returns a host that runs nothing yet.
func New(o Options) *Host {
	if o.Redact == nil {
		o.Redact = func(text string) string { return text }
	}
	return &Host{o: o, keepers: map[string]*keeper{}, ending: map[*keeper]bool{}, reloads: map[bool]uint64{}}
}

// Run runs the publications of the configuration until ctx is done, and then until all of them have drained. An error
// means that the first configuration cannot be used.
func (h *Host) Run(ctx context.Context) (err error) {
	before := files{text: h.read()}
	config, err := h.o.Load()
	if err != nil {
		return err
	}
	if h.dir, err = runtimeDir(); err != nil {
		return fmt.Errorf("serve: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(h.dir)) }()
	h.listens = config
	servers, err := h.listen(ctx, config)
	defer func() {
		for _, s := range servers {
			err = errors.Join(err, s.Close())
		}
	}()
	if err != nil {
		return err
	}
	notify := newNotifier(h)
	h.apply(config)
	notify.ready()
	h.follow(ctx, notify, before)
	notify.stopping()
	h.stop()
	return nil
}

// runtimeDir makes a folder that only this user can read.
func runtimeDir() (string, error) {
	if dir := os.Getenv("RUNTIME_DIRECTORY"); dir != "" { // of systemd
		return os.MkdirTemp(dir, "")
	}
	return os.MkdirTemp("", "gstpublish-")
}

// configInterval is how often to look for a change of the configuration.
const configInterval = time.Second

// files is what the files of the configuration contain.
type files struct {
	text   string // of the configuration
	launch string // stamps of the launch files that have changed
}

// look returns what the files contain now.
func (h *Host) look() files { return files{text: h.read(), launch: h.changedLaunchFiles()} }

// change is what the files of the configuration have become.
type change struct {
	apply     func() // applies the configuration; nil if only launch files have changed
	requested bool   // by SIGHUP
}

// follow applies changes of the configuration until ctx is done. applied is what has been applied.
func (h *Host) follow(ctx context.Context, n *notifier, applied files) {
	changes := make(chan change)
	go h.watch(ctx, n, applied, changes)
	var jobs <-chan struct{}
	if h.o.Jobs != nil {
		jobs = h.o.Jobs.Changed
	}
	for {
		select {
		case <-ctx.Done():
			return
		case c := <-changes:
			if c.apply == nil {
				h.apply(h.config) // Only this goroutine changes it.
				continue
			}
			if c.apply(); c.requested {
				n.ready()
			}
		case <-jobs:
			h.apply(h.config)
		case <-n.due():
			n.feed()
		}
	}
}

// watch reads the files of the configuration until ctx is done, and sends what has changed. A change counts when the
// files were the same twice: what is being written must not be read. Reading may take long, and nothing waits for it.
func (h *Host) watch(ctx context.Context, n *notifier, applied files, changes chan<- change) {
	ticker := time.NewTicker(configInterval)
	defer ticker.Stop()
	last := applied
	for {
		var c change
		select {
		case <-ctx.Done():
			return
		case <-h.o.Reload:
			n.reloading()
			applied.text = h.read()
			c = change{h.reload(), true}
		case <-ticker.C:
			now := h.look()
			settled := now == last
			last = now
			switch {
			case settled && now.text != applied.text:
				applied.text = now.text
				c = change{h.reload(), false}
			case !settled || now.launch == "":
				continue
			}
		}
		select {
		case changes <- c:
		case <-ctx.Done():
			return
		}
	}
}

// read returns the text of the configuration; empty if reading fails, which Load reports.
func (h *Host) read() string {
	if h.o.Read == nil {
		return ""
	}
	text, err := h.o.Read()
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// reload loads the configuration again, and returns what applies it. If it is wrong, everything stays as it is.
func (h *Host) reload() (apply func()) {
	config, err := h.o.Load()
	return func() { h.loaded(config, err) }
}

// loaded applies a configuration that was loaded again.
func (h *Host) loaded(config *serve.Config, err error) {
	h.mu.Lock()
	h.reloads[err == nil]++
	h.reloadFailed = err
	old := h.config
	h.mu.Unlock()
	if err != nil {
		h.o.Logger.Error("the configuration is wrong, and the one before stays in use", "err", err)
		return
	}
	if config.BindAddress != old.BindAddress || config.HealthPort != old.HealthPort ||
		config.PrometheusPort != old.PrometheusPort || config.DebugPort != old.DebugPort {
		h.o.Logger.Warn("bind_address and ports change with a restart of gstpublish")
	}
	h.apply(config)
}

// limits returns the limits of the current configuration.
func (h *Host) limits() (limits serve.Limits, drain time.Duration, level string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := h.config
	return serve.Limits{Hang: c.HangTimeout, Stall: c.StallTimeout}, c.DrainTimeout, c.LogLevel
}

// stop drains all publications.
func (h *Host) stop() {
	h.mu.Lock()
	h.stopping = true
	for _, k := range h.keepers {
		k.cancel()
	}
	h.mu.Unlock()
	h.running.Wait()
}

// all returns the keepers, in the order of the configuration.
func (h *Host) all() (keepers []*keeper) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, name := range h.order {
		keepers = append(keepers, h.keepers[name])
	}
	return keepers
}

// Statuses returns the state of each publication, in the order of the configuration.
func (h *Host) Statuses() []Status {
	all := []Status{} // As JSON, none is an empty list.
	for _, k := range h.all() {
		all = append(all, k.status())
	}
	return all
}

// keeper returns the keeper of a publication; nil if there is no publication of that name.
func (h *Host) keeper(name string) *keeper {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.keepers[name]
}

// listen starts the HTTP servers: one for each port.
func (h *Host) listen(ctx context.Context, c *serve.Config) (servers []*admin.Server, err error) {
	pages := map[int][]page{}
	var ports []int
	keys := map[int]string{}
	for _, use := range []struct {
		key  string
		port int
		page page
	}{
		{"health_port", c.HealthPort, h.health},
		{"prometheus_port", c.PrometheusPort, h.metrics},
		{"debug_handler_port", c.DebugPort, h.debug},
	} {
		if _, known := pages[use.port]; !known {
			ports = append(ports, use.port)
			keys[use.port] = use.key
		}
		pages[use.port] = append(pages[use.port], use.page)
	}
	for _, port := range ports {
		l, err := admin.Listen(ctx, fmt.Sprintf("%s:%d", bracketed(c.BindAddress), port))
		if err != nil {
			return servers, fmt.Errorf("serve: the configuration's bind_address or %s: %w", keys[port], err)
		}
		servers = append(servers, admin.Serve(l, handler(pages[port])))
		h.o.Logger.Info("listening", "address", l.Addr().String())
	}
	return servers, nil
}
