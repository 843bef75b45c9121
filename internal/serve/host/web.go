// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"net/http/httputil"
	"strings"

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
		_ = statusPage.Execute(w, h.Statuses()) // as above
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

// statusPage is the page for people.
var statusPage = template.Must(template.New("status").Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="5"><title>gstpublish</title>
<style>
body { font: 15px sans-serif; margin: 2em } table { border-collapse: collapse }
td, th { border-bottom: 1px solid #ccc; padding: .4em .8em; text-align: left; vertical-align: top }
pre { margin: 0; max-width: 60em; overflow-x: auto }
.live, .idle, .ended { color: #060 } .starting, .draining { color: #850 } .stalled, .waiting, .failed { color: #a00 }
</style></head><body><h1>gstpublish</h1>
<table><tr><th>publication</th><th>state</th><th>since</th><th>room</th><th>restarts</th><th>last end</th></tr>
{{range .}}<tr><td><a href="/gst_pipeline/{{.Name}}">{{.Name}}</a></td>
<td class="{{.State}}">{{.State}}{{with .Idle}}: {{.}}{{end}}</td><td>{{.Since.Format "2006-01-02 15:04:05"}}</td>
<td>{{.Room}}</td><td>{{range $cause, $n := .Restarts}}{{$cause}}: {{$n}}<br>{{end}}</td>
<td>{{with .LastExit}}{{.Cause}}, {{.At.Format "2006-01-02 15:04:05"}}<pre>{{range .Words}}{{.}}
{{end}}</pre>{{end}}</td></tr>
{{end}}</table></body></html>
`))
