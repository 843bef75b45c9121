// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package page

import (
	"context"
	"crypto/rand"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

//go:embed assets
var assets embed.FS

const (
	// stateInterval is the time between two states of the publisher.
	stateInterval = 500 * time.Millisecond
	// headerTimeout limits how long a client may take to send a request's header.
	headerTimeout = 5 * time.Second
	// maxBody is the maximum size of a request's body, in bytes.
	maxBody = 1 << 10
)

// Options configures a page. URL and Token must be set.
type Options struct {
	// URL is the address of the LiveKit server, such as ws://127.0.0.1:7880.
	URL string
	// Token returns an access token for a browser. It is called for each one.
	Token func() (string, error)
	// View is what the page shows.
	View View
	// State returns what the publisher says, as an object for JSON. It is called twice a second, by one goroutine. If it
	// is nil, the page asks the publisher.
	State func() any
	// Switches are what a viewer may switch. The page has a button for each.
	Switches []*Switch
	// Address is where the page is served, on loopback. The default is a free port of 127.0.0.1.
	Address string
}

// View is what the page shows.
type View struct {
	// Room names the room for the user.
	Room string `json:"room"`
	// From and Track select a video, by the publisher's identity and by name. The default is the first one.
	From  string `json:"from,omitempty"`
	Track string `json:"track,omitempty"`
	// Quality is low, medium or high. The default is high.
	Quality string `json:"quality,omitempty"`
	// Pattern says where the video shows what a browser can measure; nil if it does not.
	Pattern any `json:"pattern,omitempty"`
}

// Server is a page that is served. Close must be called.
type Server struct {
	opts     Options
	listener net.Listener
	http     *http.Server
	key      string
	hub      *hub
	ended    chan struct{}
	stop     chan struct{}
}

// Serve starts to serve a page.
func Serve(ctx context.Context, opts *Options) (*Server, error) {
	address := opts.Address
	if address == "" {
		address = "127.0.0.1:0"
	}
	host, _, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("page: the address must be of the loopback interface, such as 127.0.0.1:8000, got %q", address)
	}
	files, err := fs.Sub(assets, "assets")
	if err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	s := &Server{
		opts: *opts, listener: l, key: strings.ToLower(rand.Text()), hub: newHub(),
		ended: make(chan struct{}), stop: make(chan struct{}),
	}
	s.http = &http.Server{Handler: s.handler(files), ReadHeaderTimeout: headerTimeout}
	go func() {
		defer close(s.ended)
		_ = s.http.Serve(l) // It ends with Close.
	}()
	go s.poll()
	return s, nil
}

// URL returns the address of the page. It contains the key.
func (s *Server) URL() string { return "http://" + s.listener.Addr().String() + "/" + s.key + "/" }

// Close ends the server.
func (s *Server) Close() error {
	close(s.stop)
	<-s.hub.closed
	err := s.http.Close()
	<-s.ended
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// poll asks for the publisher's state, until the server ends.
func (s *Server) poll() {
	defer s.hub.close()
	ticker := time.NewTicker(stateInterval)
	defer ticker.Stop()
	for {
		s.hub.send(s.state())
		select {
		case <-ticker.C:
		case <-s.stop:
			return
		}
	}
}

// state returns what the page shows of the publisher, as JSON.
func (s *Server) state() []byte {
	state := struct {
		Publisher any             `json:"publisher"`
		Switches  map[string]bool `json:"switches"`
	}{Switches: map[string]bool{}}
	if s.opts.State != nil {
		state.Publisher = s.opts.State()
	}
	for _, w := range s.opts.Switches {
		state.Switches[w.Name] = w.isOn()
	}
	data, err := json.Marshal(state)
	if err != nil {
		return []byte("{}") // not with numbers and texts
	}
	return data
}

// handler returns the handler of all requests.
func (s *Server) handler(files fs.FS) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /", http.FileServerFS(files))
	mux.HandleFunc("GET /config", s.config)
	mux.HandleFunc("POST /join", s.join)
	mux.HandleFunc("GET /events", s.events)
	mux.HandleFunc("POST /switch/{name}", s.turn)
	inside := http.StripPrefix("/"+s.key, mux)
	policy := s.securityPolicy()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != s.listener.Addr().String() {
			// A page from elsewhere whose name has been made to lead here.
			http.Error(w, "wrong host", http.StatusForbidden)
			return
		}
		if !strings.HasPrefix(r.URL.Path, "/"+s.key+"/") {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		http.NewCrossOriginProtection().Handler(inside).ServeHTTP(w, r)
	})
}

// securityPolicy permits what is served here, and connections to the LiveKit server.
func (s *Server) securityPolicy() string {
	connect := append([]string{"'self'"}, livekitSources(s.opts.URL)...)
	return strings.Join([]string{
		"default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "media-src 'self' blob:",
		"connect-src " + strings.Join(connect, " "), "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
	}, "; ")
}

// livekitSources are what a browser connects to for a server: the signal connection, and requests about it. LiveKit
// Cloud sends clients to another name near them.
func livekitSources(server string) []string {
	u, err := url.Parse(server)
	if err != nil || u.Host == "" {
		return nil
	}
	secure := u.Scheme == "wss" || u.Scheme == "https"
	schemes := []string{"ws://", "http://"}
	if secure {
		schemes = []string{"wss://", "https://"}
	}
	var sources []string
	for _, scheme := range schemes {
		sources = append(sources, scheme+u.Host)
		if secure && strings.HasSuffix(u.Hostname(), ".livekit.cloud") {
			sources = append(sources, scheme+"*.livekit.cloud")
		}
	}
	slices.Sort(sources)
	return sources
}

// config answers with what the page shows.
func (s *Server) config(w http.ResponseWriter, _ *http.Request) {
	config := struct {
		View

		Publisher bool      `json:"publisher"`
		Switches  []*Switch `json:"switches"`
	}{s.opts.View, s.opts.State != nil, append([]*Switch{}, s.opts.Switches...)} // a list, also if it is empty
	answer(w, config)
}

// join answers with where the room is, and a token for it.
func (s *Server) join(w http.ResponseWriter, _ *http.Request) {
	token, err := s.opts.Token()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	answer(w, map[string]string{"url": s.opts.URL, "token": token})
}

func answer(w http.ResponseWriter, what any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(what) // The client may be gone.
}
