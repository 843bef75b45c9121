// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package session_test

import (
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/test/need"
)

// slowly is a way to a server that delays what a client says.
type slowly struct {
	listener net.Listener
	server   string
	delay    time.Duration
	running  sync.WaitGroup
	first    chan string // who closed a connection first: "client" or "server"
}

func newSlowly(t *testing.T, url string, delay time.Duration) *slowly {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &slowly{
		listener: listener, server: strings.TrimPrefix(url, "ws://"), delay: delay, first: make(chan string, 100),
	}
	s.running.Go(s.serve)
	t.Cleanup(func() { require.NoError(t, listener.Close()); s.running.Wait() })
	return s
}

func (s *slowly) url() string { return "ws://" + s.listener.Addr().String() }

func (s *slowly) serve() {
	for {
		client, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.running.Go(func() { s.relay(client) })
	}
}

// relay connects a client with the server until one of them closes the connection.
func (s *slowly) relay(client net.Conn) {
	server, err := net.Dial("tcp", s.server)
	if err != nil {
		_ = client.Close()
		return
	}
	ended := make(chan string, 2)
	s.running.Go(func() {
		_, _ = io.Copy(client, server)
		ended <- "server"
	})
	s.running.Go(func() {
		buffer := make([]byte, 64<<10)
		for {
			n, err := client.Read(buffer)
			if err != nil {
				ended <- "client"
				return
			}
			<-time.After(s.delay)
			_, _ = server.Write(buffer[:n]) // If the server is gone, the other direction has noticed.
		}
	})
	s.first <- <-ended
	_ = client.Close()
	_ = server.Close()
}

// TestLeaveWaitsForTheServer tests a busy server, which reads late what it is sent: a message to leave and the end of
// the connection must not arrive at once, since it may then lose the message.
func TestLeaveWaitsForTheServer(t *testing.T) {
	need.Server(t)
	t.Parallel()
	s := newSlowly(t, sharedURL(t), 150*time.Millisecond)
	h := join(t, s.url(), newRoom(t), nil)
	for range len(s.first) {
		<-s.first // of requests before joining
	}
	h.Leave()
	require.Equal(t, "server", receive(t, s.first))
	require.NoError(t, h.Err())
	require.Empty(t, h.events, "leaving causes no event")
}
