// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package devserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"time"
)

const (
	// apiKey and apiSecret are what `livekit-server --dev` and `lk --dev` agree on.
	apiKey    = "devkey"
	apiSecret = "secret"

	startTimeout = 20 * time.Second
	// stopTimeout is more than the 5 s that the server gives its HTTP connections to end (pkg/service/server.go).
	stopTimeout = 8 * time.Second
	// pollInterval is how often the server is asked whether it is ready.
	pollInterval = 20 * time.Millisecond
	// startAttempts bounds how often other ports are tried.
	startAttempts = 5
)

var (
	errStartTimeout = fmt.Errorf("not ready within %v", startTimeout)
	errStopTimeout  = fmt.Errorf("still there after %v", stopTimeout)
	// errPortTaken means that someone else took a port between our finding it free and the server's listening on it.
	errPortTaken = errors.New("port taken")
)

// Options says how to start a server. The zero value, or nil, starts what [Find] finds.
type Options struct {
	// Path is the livekit-server binary. Defaults to what Find finds.
	Path string
	// Log gets the server's own output, in one Write at a time; errors that it returns are ignored. Nil discards.
	Log io.Writer
	// Logger gets a record of each start and stop. Nil is silent.
	Logger *slog.Logger
	// MediaIP is the address to which the server tells clients to send media, at the port of
	// MediaAddr, such as that of a relay. The server then never looks for another way to them. The
	// default is its own address.
	MediaIP netip.Addr
}

// Server is a running LiveKit server. Its methods are safe for concurrent use. Stop must be called.
type Server struct {
	run    func() (*process, error) // starts the process where it was before
	proc   *process                 // another one after Restart, which isn't for several at once
	stun   *stunResponder
	port   int
	media  int
	logger *slog.Logger
}

// Start runs a LiveKit server on free loopback ports and returns when it answers. Rooms come into being when they are
// joined. The context bounds the start (as do 20 s), not the server's life. An error names the binary and has the last
// lines that it wrote; nothing is left running then.
func Start(ctx context.Context, opts *Options) (*Server, error) {
	var o Options
	if opts != nil {
		o = *opts
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Path == "" {
		path, err := Find()
		if err != nil {
			return nil, err
		}
		o.Path = path
	}
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, errStartTimeout)
	defer cancel()
	for attempt := 1; ; attempt++ {
		s, err := start(ctx, &o)
		if err == nil {
			o.Logger.InfoContext(ctx, "LiveKit server started", "url", s.URL(), "pid", s.proc.pid())
			return s, nil
		}
		if !errors.Is(err, errPortTaken) || attempt == startAttempts {
			return nil, fmt.Errorf("devserver: starting %q: %w", o.Path, err)
		}
		o.Logger.DebugContext(ctx, "trying other ports", "attempt", attempt, "err", err)
	}
}

// start tries once.
func start(ctx context.Context, o *Options) (_ *Server, err error) {
	at, err := freePorts()
	if err != nil {
		return nil, err
	}
	at.announced = o.MediaIP
	stun, err := startSTUN()
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			stun.close()
		}
	}()
	// The environment rather than an argument: arguments are in the process list. And nothing but this, since the server
	// would take two hundred settings from variables that happen to be set (LIVEKIT_*, NODE_IP, UDP_PORT, REDIS_HOST).
	env := []string{"LIVEKIT_CONFIG=" + config(at, stun.port())}
	run := func() (*process, error) { return startProcess(o.Path, env, newOutput(o.Log)) }
	proc, err := run()
	if err != nil {
		return nil, err
	}
	s := &Server{run: run, proc: proc, stun: stun, port: at.signal, media: at.media, logger: o.Logger}
	if err := s.waitReady(ctx); err != nil {
		proc.kill()
		return nil, err
	}
	return s, nil
}

// URL is where clients connect, as ws://127.0.0.1:PORT.
func (s *Server) URL() string { return "ws://" + s.addr() }

// MediaAddr is where the server itself sends and gets media, over UDP.
func (s *Server) MediaAddr() netip.AddrPort {
	return netip.AddrPortFrom(netip.MustParseAddr(loopback), uint16(s.media))
}

// APIKey is the key for access tokens.
func (s *Server) APIKey() string { return apiKey }

// APISecret is the secret for access tokens.
func (s *Server) APISecret() string { return apiSecret }

// Stop ends the server and waits until it is gone. It asks with SIGTERM, twice, so that it doesn't wait for
// participants to leave. When the context ends (or 8 s pass) it kills the process and returns an error that says so;
// the server is gone then too. Stopping a server that has ended does nothing.
func (s *Server) Stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, stopTimeout, errStopTimeout)
	defer cancel()
	err := s.proc.stop(ctx)
	s.stun.close()
	if err != nil {
		return fmt.Errorf("devserver: stopping process %d: %w", s.proc.pid(), err)
	}
	s.logger.InfoContext(ctx, "LiveKit server stopped", "pid", s.proc.pid())
	return nil
}

func (s *Server) addr() string { return net.JoinHostPort(loopback, strconv.Itoa(s.port)) }

// waitReady returns when the server answers.
func (s *Server) waitReady(ctx context.Context) error {
	// First its own word that it listens: until then another server might be the one that answers at this port.
	select {
	case <-s.proc.out.listening:
		s.proc.settle()
	case <-s.proc.done:
		return s.proc.earlyExit()
	case <-ctx.Done():
		return s.notReady(ctx)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	poll := time.NewTicker(pollInterval)
	defer poll.Stop()
	for !healthy(ctx, &client, "http://"+s.addr()) {
		select {
		case <-poll.C:
		case <-s.proc.done:
			return s.proc.earlyExit()
		case <-ctx.Done():
			return s.notReady(ctx)
		}
	}
	return nil
}

func (s *Server) notReady(ctx context.Context) error {
	return fmt.Errorf("waiting for an answer: %w%s", context.Cause(ctx), s.proc.out.lastLines())
}

// healthy reports whether the server's health check at / says OK.
func healthy(ctx context.Context, client *http.Client, url string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return false
	}
	resp, err := client.Do(req)
	if err != nil {
		return false
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, 16))
	return errors.Join(err, resp.Body.Close()) == nil && resp.StatusCode == http.StatusOK && string(body) == "OK"
}
