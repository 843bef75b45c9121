// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package devserver

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// portInterval is how often to retry a port of ours that another process has taken meanwhile, for
// example a client that looks for the server.
const portInterval = 50 * time.Millisecond

// Kill ends the server as a crash does, without notice to clients. It returns when the process is
// gone; Restart brings it back.
func (s *Server) Kill() {
	s.proc.kill()
	s.logger.Info("LiveKit server killed", "pid", s.proc.pid())
}

// Restart runs a server that was killed again, at the same URL and ports, and returns when it answers. It knows nothing
// of the rooms of before. The context bounds the start, as do 20 s. It isn't for several goroutines at once, nor at
// once with the other methods but URL.
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

// again tries once.
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
