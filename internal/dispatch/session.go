// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package dispatch

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/livekit/protocol/livekit"
)

var (
	errSilent       = errors.New("the server is silent")
	errNoWelcome    = errors.New("the server does not answer the registration")
	errClosedByPeer = errors.New("the connection is closed")
)

// session is one connection. Its fields belong to the goroutine of run.
type session struct {
	c       *Client
	conn    Conn
	answers chan answer
	expired chan string            // jobs that were taken and not assigned in time
	offered map[string]*time.Timer // jobs that were taken and are not assigned yet
}

// answer is the answer to the offer of a job.
type answer struct {
	id string
	Answer
}

// run serves the connection and closes it. It waits for all goroutines that it has started.
func (s *session) run(ctx context.Context) (registered bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	var started sync.WaitGroup
	defer started.Wait()
	defer cancel()
	defer func() { _ = s.conn.Close() }() // It is over.
	messages := make(chan *livekit.ServerMessage)
	broken := make(chan error, 1)
	started.Go(func() { broken <- s.receive(ctx, messages) })
	id, err := s.register(ctx, messages, broken)
	if err != nil {
		return false, err
	}
	s.c.handler.Registered()
	s.c.setID(id)
	s.c.o.Logger.Info("worker registered", "worker", id, "agent_name", s.c.o.AgentName)
	defer s.c.setID("")
	defer s.withdrawAll()
	return true, s.serve(ctx, &started, messages, broken)
}

// receive passes messages on until the connection breaks or ctx is done.
func (s *session) receive(ctx context.Context, messages chan<- *livekit.ServerMessage) error {
	for {
		m, err := s.conn.Receive()
		if err != nil {
			return err
		}
		select {
		case messages <- m:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// register registers the worker, and returns its id.
func (s *session) register(ctx context.Context, messages <-chan *livekit.ServerMessage, broken <-chan error,
) (string, error) {
	err := s.conn.Send(&livekit.WorkerMessage{Message: &livekit.WorkerMessage_Register{
		Register: &livekit.RegisterWorkerRequest{
			Type: livekit.JobType_JT_ROOM, AgentName: s.c.o.AgentName, Version: s.c.o.Version,
			PingInterval: uint32(PingInterval / time.Second),
			AllowedPermissions: &livekit.ParticipantPermission{
				CanPublish: true, CanPublishData: true, CanUpdateMetadata: true,
			},
		},
	}})
	if err != nil {
		return "", err
	}
	timer := time.NewTimer(RegisterTimeout)
	defer timer.Stop()
	for {
		select {
		case m := <-messages:
			if r := m.GetRegister(); r != nil {
				return r.GetWorkerId(), nil
			}
		case err = <-broken:
			return "", orClosed(err)
		case <-timer.C:
			return "", errNoWelcome
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}

func orClosed(err error) error {
	if err == nil {
		return errClosedByPeer
	}
	return err
}

// serve serves a registered connection until it breaks or ctx is done.
func (s *session) serve(ctx context.Context, started *sync.WaitGroup, messages <-chan *livekit.ServerMessage,
	broken <-chan error,
) error {
	load, ping := time.NewTicker(LoadInterval), time.NewTicker(PingInterval)
	silence := time.NewTimer(SilenceTimeout)
	defer load.Stop()
	defer ping.Stop()
	defer silence.Stop()
	err := s.report()
	for err == nil {
		select {
		case m := <-messages:
			silence.Reset(SilenceTimeout)
			s.handle(ctx, started, m)
		case a := <-s.answers:
			err = s.answer(ctx, started, a)
		case id := <-s.expired:
			if _, waits := s.offered[id]; waits {
				delete(s.offered, id)
				s.c.o.Logger.Warn("a job that was taken was not assigned", "job", id)
				s.c.handler.Withdraw(id)
			}
		case <-load.C:
			err = s.sendLoad()
		case <-ping.C:
			err = s.conn.Send(&livekit.WorkerMessage{Message: &livekit.WorkerMessage_Ping{
				Ping: &livekit.WorkerPing{Timestamp: time.Now().UnixMilli()},
			}})
		case <-s.c.wake:
			err = s.report()
		case <-silence.C:
			err = errSilent
		case err = <-broken:
			err = orClosed(err)
		case <-ctx.Done():
			return errors.Join(ctx.Err(), s.report())
		}
	}
	return err
}

// handle handles a message of the server.
func (s *session) handle(ctx context.Context, started *sync.WaitGroup, m *livekit.ServerMessage) {
	switch {
	case m.GetAvailability() != nil:
		job := m.GetAvailability().GetJob()
		started.Go(func() { s.offer(ctx, job) })
	case m.GetAssignment() != nil:
		job := m.GetAssignment().GetJob()
		timer, taken := s.offered[job.GetId()]
		if !taken {
			s.c.o.Logger.Warn("the server assigns a job that was not taken, or too late", "job", job.GetId())
			s.c.Update(job.GetId(), livekit.JobStatus_JS_FAILED, "the job was assigned too late")
			return
		}
		timer.Stop()
		delete(s.offered, job.GetId())
		s.c.handler.Assign(job)
	case m.GetTermination() != nil:
		s.c.handler.Terminate(m.GetTermination().GetJobId())
	}
}

// offer asks the handler for an answer, which serve sends.
func (s *session) offer(ctx context.Context, job *livekit.Job) {
	limited, cancel := context.WithTimeout(ctx, OfferTimeout)
	defer cancel()
	a := answer{job.GetId(), s.c.handler.Offer(limited, job)}
	select {
	case s.answers <- a:
	case <-ctx.Done():
		if a.Take {
			s.c.handler.Withdraw(a.id)
		}
	}
}

// answer sends the answer to an offer. A job that is taken must be assigned in time.
func (s *session) answer(ctx context.Context, started *sync.WaitGroup, a answer) error {
	if a.Take {
		timer := time.NewTimer(AssignTimeout)
		s.offered[a.id] = timer
		started.Go(func() {
			select {
			case <-timer.C:
			case <-ctx.Done():
				return
			}
			select {
			case s.expired <- a.id:
			case <-ctx.Done():
			}
		})
	}
	err := s.conn.Send(&livekit.WorkerMessage{Message: &livekit.WorkerMessage_Availability{
		Availability: &livekit.AvailabilityResponse{JobId: a.id, Available: a.Take, ParticipantIdentity: a.Identity},
	}})
	if err != nil || !a.Take {
		return err
	}
	return s.sendLoad() // The next job is offered right away.
}

// report sends the pending reports.
func (s *session) report() error {
	updates, load := s.c.take()
	for _, u := range updates {
		if err := s.conn.Send(&livekit.WorkerMessage{
			Message: &livekit.WorkerMessage_UpdateJob{UpdateJob: u},
		}); err != nil {
			return fmt.Errorf("reporting a job: %w", err)
		}
	}
	if load {
		return s.sendLoad()
	}
	return nil
}

func (s *session) sendLoad() error {
	load := s.c.handler.Load()
	status := livekit.WorkerStatus_WS_AVAILABLE
	if load.Full {
		status = livekit.WorkerStatus_WS_FULL
	}
	return s.conn.Send(&livekit.WorkerMessage{Message: &livekit.WorkerMessage_UpdateWorker{
		UpdateWorker: &livekit.UpdateWorkerStatus{
			Status: &status, Load: load.Load, JobCount: uint32(load.Jobs), //nolint:gosec // a count
		},
	}})
}

// withdrawAll ends the wait for jobs that will not be assigned on this connection any more.
func (s *session) withdrawAll() {
	for id, timer := range s.offered {
		timer.Stop()
		s.c.handler.Withdraw(id)
	}
}
