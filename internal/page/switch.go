// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package page

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Switch is a part of the publisher that a viewer can turn on and off, such as the motion of its screen.
type Switch struct {
	// Name is short and unique, such as still.
	Name string `json:"name"`
	// Label is the text of the button, Key is the key that presses it, and Title describes its effect.
	Label string `json:"label"`
	Key   string `json:"key"`
	Title string `json:"title"`
	// Set turns it on or off. It is called by one goroutine at a time.
	Set func(on bool) error `json:"-"`

	mu sync.Mutex // protects on, and is held during Set
	on bool
}

func (w *Switch) isOn() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.on
}

func (w *Switch) turn(on bool) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if on == w.on {
		return nil
	}
	if err := w.Set(on); err != nil {
		return err
	}
	w.on = on
	return nil
}

// turn switches what a viewer has pressed.
func (s *Server) turn(w http.ResponseWriter, r *http.Request) {
	i := slices.IndexFunc(s.opts.Switches, func(w *Switch) bool { return w.Name == r.PathValue("name") })
	if i < 0 {
		http.NotFound(w, r)
		return
	}
	var wanted struct{ On bool }
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&wanted); err != nil {
		http.Error(w, "the body must be {\"on\": true} or {\"on\": false}", http.StatusBadRequest)
		return
	}
	if err := s.opts.Switches[i].turn(wanted.On); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// hub passes the newest state on to any number of browsers.
type hub struct {
	closed chan struct{}

	mu   sync.Mutex
	last []byte
	next chan struct{} // closed when there is a newer state
}

func newHub() *hub { return &hub{closed: make(chan struct{}), next: make(chan struct{})} }

func (h *hub) send(state []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last = state
	close(h.next)
	h.next = make(chan struct{})
}

func (h *hub) state() (last []byte, next <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.last, h.next
}

func (h *hub) close() { close(h.closed) }

// writeTimeout limits how long a browser may take to receive a state.
const writeTimeout = 5 * time.Second

// events sends the publisher's state, until the browser or the server ends.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	control := http.NewResponseController(w)
	for {
		state, next := s.hub.state()
		_ = control.SetWriteDeadline(time.Now().Add(writeTimeout)) // HTTP over TCP has deadlines.
		if _, err := fmt.Fprintf(w, "data: %s\n\n", state); err != nil {
			return
		}
		if err := control.Flush(); err != nil {
			return
		}
		select {
		case <-next:
		case <-s.hub.closed:
			return
		case <-r.Context().Done():
			return
		}
	}
}
