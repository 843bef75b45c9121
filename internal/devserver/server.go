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
	// apiKey and apiSecret are the credentials of `livekit-server --dev` and `lk --dev`.
	apiKey    = "devkey"
	apiSecret = "secret"

	startTimeout = 20 * time.Second
	// stopTimeout exceeds the 5 s that the server gives its HTTP connections to end
	// (pkg/service/server.go).
	stopTimeout = 8 * time.Second
	// pollInterval is the interval of health checks until the server is ready.
	pollInterval = 20 * time.Millisecond
	// startAttempts limits the number of attempts with other ports.
	startAttempts = 5
)

var (
	errStartTimeout = fmt.Errorf("not ready within %v", startTimeout)
	errStopTimeout  = fmt.Errorf("still there after %v", stopTimeout)
	// errPortTaken means that another process took a port after it was found free and before the
	// server listened on it.
	errPortTaken = errors.New("port taken")
)

// Options configures a server. The zero value, or nil, starts the server that [Find] finds.
type Options struct {
	// Path is the livekit-server binary. The default is the result of Find.
	Path string
	// Log receives the server's output, one Write at a time. Its errors are ignored. The default
	// discards the output.
	Log io.Writer
	// Logger receives a record of each start and stop. The default discards them.
	Logger *slog.Logger
	// MediaIP is the address to which the server tells clients to send media, at the port of
	// MediaAddr, such as that of a relay. The server then never looks for another way to them. The
	// default is its own address.
	MediaIP netip.Addr
	// TURN is the port on 127.0.0.1 of a TURN server over TLS that clients learn of, with TURNUser and TURNPassword;
	// 0 for none.
	TURN                   int
	TURNUser, TURNPassword string
	// TCPOnly makes the server take media over TCP alone, on a port of every interface: its listener has no other way.
	TCPOnly bool
	// Codecs are the MIME types that may be published. The default is the server's own list.
	Codecs []string
	// MaxParticipants limits the participants of each room. The default is no limit.
	MaxParticipants int
	// RemoteUnmute lets the server's API unmute tracks.
	RemoteUnmute bool
}

// Server is a running LiveKit server. All methods except Restart are safe for concurrent use. Stop
// must be called.
type Server struct {
	run    func() (*process, error) // starts the process with the same configuration
	proc   *process                 // replaced by Restart
	stun   *stunResponder
	port   int
	media  int
	logger *slog.Logger
}

// Start starts a LiveKit server on free loopback ports and returns when it answers. Clients create
// rooms by joining them. ctx and a timeout of 20 s limit the start, not the server's life. An error
// names the binary and quotes the last lines of its output; no process is left running then.
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

// start makes one attempt.
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
	// The configuration is in the environment, since arguments are visible in the process list.
	// There are no other variables: the server reads two hundred settings from variables that might
	// be set (LIVEKIT_*, NODE_IP, UDP_PORT, REDIS_HOST).
	env := []string{"LIVEKIT_CONFIG=" + config(o, at, stun.port())}
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

// URL returns the address for clients, such as ws://127.0.0.1:PORT.
func (s *Server) URL() string { return "ws://" + s.addr() }

// MediaAddr returns the UDP address at which the server sends and receives media.
func (s *Server) MediaAddr() netip.AddrPort {
	return netip.AddrPortFrom(netip.MustParseAddr(loopback), uint16(s.media))
}

// PID returns the id of the server's process, for measurements.
func (s *Server) PID() int { return s.proc.pid() }

// APIKey returns the key for access tokens.
func (s *Server) APIKey() string { return apiKey }

// APISecret returns the secret for access tokens.
func (s *Server) APISecret() string { return apiSecret }

// Stop stops the server and waits until it is gone. It sends SIGTERM twice, so that the server does
// not wait for participants to leave. If ctx ends or 8 s pass first, it kills the process and
// returns an error; the server is gone then too. Stop does nothing if the server has ended.
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
	// This process must report that it listens: another server might answer at this port.
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
