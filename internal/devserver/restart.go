// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package devserver

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// portInterval is the interval of attempts to get back a port that another process has taken
// meanwhile, for example a client that looks for the server.
const portInterval = 50 * time.Millisecond

// Kill ends the server like a crash, without notice to clients. It returns when the process is
// gone. Restart starts it again.
func (s *Server) Kill() {
	s.proc.kill()
	s.logger.Info("LiveKit server killed", "pid", s.proc.pid())
}

// Restart starts a server that was killed, at the same URL and ports, and returns when it answers.
// The new server does not know the earlier rooms. ctx and a timeout of 20 s limit the start.
// Restart is not safe for concurrent use, except with URL.
func (s *Server) Restart(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, errStartTimeout)
	defer cancel()
	s.proc.kill()
	retry := time.NewTicker(portInterval)
	defer retry.Stop()
	for {
		err := s.again(ctx)
		if err == nil {
			s.logger.InfoContext(ctx, "LiveKit server started again", "url", s.URL(), "pid", s.proc.pid())
			return nil
		}
		if !errors.Is(err, errPortTaken) {
			return fmt.Errorf("devserver: starting again: %w", err)
		}
		select {
		case <-retry.C:
		case <-ctx.Done():
			return fmt.Errorf("devserver: starting again: %w", err)
		}
	}
}

// again makes one attempt.
func (s *Server) again(ctx context.Context) error {
	proc, err := s.run()
	if err != nil {
		return err
	}
	s.proc = proc
	if err = s.waitReady(ctx); err != nil {
		proc.kill()
	}
	return err
}
