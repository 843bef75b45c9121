// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"net/http/httputil"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/gstpublish/gstpublish/internal/admin"
)

// page adds pages to a mux.
type page func(mux *http.ServeMux)

// handler returns a handler with these pages.
func handler(pages []page) http.Handler {
	mux := http.NewServeMux()
	for _, add := range pages {
		add(mux)
	}
	return mux
}

// bracketed returns an address as it is before a port.
func bracketed(address string) string {
	if strings.Contains(address, ":") {
		return "[" + address + "]"
	}
	return address
}

// health adds what shows the state of the publications.
func (h *Host) health(mux *http.ServeMux) {
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") })
	mux.HandleFunc("GET /readyz", h.readyz)
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(h.Statuses()) // A client that went away wants no answer.
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
		_ = statusPage.Execute(w, h.overview()) // as above
	})
}

// readyz answers 200 if each publication is ready and gstpublish is not stopping, and else 503 with those that are not.
func (h *Host) readyz(w http.ResponseWriter, _ *http.Request) {
	var text strings.Builder
	for _, s := range h.Statuses() {
		if !s.State.Ready() {
			fmt.Fprintf(&text, "%s: %s %s\n", s.Name, s.State, s.Idle)
		}
	}
	if h.o.Jobs != nil {
		if problem := h.o.Jobs.Problem(); problem != "" {
			text.WriteString(problem + "\n")
		}
	}
	h.mu.Lock()
	if h.stopping {
		text.WriteString("stopping\n")
	}
	h.mu.Unlock()
	if text.Len() > 0 {
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, text.String())
		return
	}
	_, _ = io.WriteString(w, "ok\n")
}

// metrics adds /metrics.
func (h *Host) metrics(mux *http.ServeMux) {
	mux.Handle("GET /metrics", promhttp.HandlerFor(h.gatherer(), promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError,
	}))
}

// debug adds the graphs and profiles of the processes, at the paths of LiveKit's services, and our own profiles.
func (h *Host) debug(mux *http.ServeMux) {
	mux.HandleFunc("GET /gst_pipeline/{name}", func(w http.ResponseWriter, r *http.Request) {
		h.proxy(w, r, "/gst_pipeline")
	})
	mux.HandleFunc("GET /pprof/{name}/{profile}", func(w http.ResponseWriter, r *http.Request) {
		h.proxy(w, r, "/debug/pprof/"+r.PathValue("profile"))
	})
	admin.AddProfiles(mux)
}

// proxy passes a request to the process of a publication.
func (h *Host) proxy(w http.ResponseWriter, r *http.Request, path string) {
	k := h.keeper(r.PathValue("name"))
	if k == nil {
		http.Error(w, "no such publication", http.StatusNotFound)
		return
	}
	proxy := &httputil.ReverseProxy{
		Transport: k.client.Transport,
		Rewrite: func(p *httputil.ProxyRequest) {
			p.Out.URL.Scheme, p.Out.URL.Host, p.Out.URL.Path, p.Out.URL.RawPath = "http", "process", path, ""
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
			http.Error(w, "the process does not answer", http.StatusServiceUnavailable)
		},
	}
	proxy.ServeHTTP(w, r)
}

//go:embed status.html
var statusFile embed.FS

// statusPage is the page for people.
var statusPage = template.Must(template.New("status.html").Funcs(template.FuncMap{
	"ago":   func(t time.Time) string { return rough(time.Since(t)) },
	"clock": func(t time.Time) string { return t.Format(time.DateTime) },
}).ParseFS(statusFile, "status.html"))

// overview is what the page for people shows.
type overview struct {
	Publications   []Status
	Ready          int    // of them
	Words          bool   // some of them have last words
	Stopping       bool   // gstpublish ends
	Config         string // what is wrong with the configuration; "" if nothing is
	Worker         string // why the worker is not ready; "" if it is, or if there is none
	Metrics, Debug bool   // those pages are at the same port
}

func (h *Host) overview() *overview {
	o := &overview{Publications: h.Statuses()}
	for _, s := range o.Publications {
		if s.State.Ready() {
			o.Ready++
		}
		o.Words = o.Words || s.LastExit != nil && len(s.LastExit.Words) > 0
	}
	if h.o.Jobs != nil {
		o.Worker = h.o.Jobs.Problem()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	o.Stopping = h.stopping
	if h.reloadFailed != nil {
		o.Config = h.o.Redact(h.reloadFailed.Error())
	}
	o.Metrics, o.Debug = h.listens.PrometheusPort == h.listens.HealthPort, h.listens.DebugPort == h.listens.HealthPort
	return o
}

// rough returns a duration in the units that matter.
func rough(d time.Duration) string {
	switch {
	case d < time.Hour:
		return d.Round(time.Second).String()
	case d < 48*time.Hour:
		return strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
	default:
		return fmt.Sprintf("%d days", int(d.Hours()/24))
	}
}
