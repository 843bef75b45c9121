// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package dispatch

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/livekit/protocol/livekit"
	"github.com/stretchr/testify/require"
)

// fakeConn is a connection to a server that the test plays.
type fakeConn struct {
	sent     chan *livekit.WorkerMessage // of the worker
	received chan *livekit.ServerMessage // by the worker
	closed   chan struct{}
}

func newFakeConn() *fakeConn {
	return &fakeConn{
		sent: make(chan *livekit.WorkerMessage, 1000), received: make(chan *livekit.ServerMessage),
		closed: make(chan struct{}),
	}
}

func (f *fakeConn) Send(m *livekit.WorkerMessage) error {
	select {
	case <-f.closed:
		return io.ErrClosedPipe
	case f.sent <- m:
		return nil
	}
}

func (f *fakeConn) Receive() (*livekit.ServerMessage, error) {
	select {
	case m := <-f.received:
		return m, nil
	case <-f.closed:
		return nil, io.EOF
	}
}

func (f *fakeConn) Close() error {
	select {
	case <-f.closed:
	default:
		close(f.closed)
	}
	return nil
}

// fakeJobs is a handler that notes its calls.
type fakeJobs struct {
	answer Answer
	block  bool // Offer waits for its context
	load   Load

	registrations int
	happens       chan string
}

func (f *fakeJobs) Offer(ctx context.Context, job *livekit.Job) Answer {
	f.happens <- "offer " + job.GetId()
	if f.block {
		<-ctx.Done()
		return Answer{}
	}
	return f.answer
}
func (f *fakeJobs) Assign(job *livekit.Job) { f.happens <- "assign " + job.GetId() }
func (f *fakeJobs) Withdraw(id string)      { f.happens <- "withdraw " + id }
func (f *fakeJobs) Terminate(id string)     { f.happens <- "terminate " + id }
func (f *fakeJobs) Registered()             { f.registrations++ }
func (f *fakeJobs) Load() Load              { return f.load }

// played is a client under test, and the server that it talks to.
type played struct {
	t      *testing.T
	client *Client
	jobs   *fakeJobs
	dials  chan *fakeConn
	cancel context.CancelFunc
	ended  chan error

	mu  sync.Mutex // protects err
	err error      // of dialing
}

// pass lets time pass.
func pass(d time.Duration) { time.Sleep(d) } //nolint:forbidigo // of the bubble, which does not wait

// refuse makes dialing fail; nil ends that.
func (p *played) refuse(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.err = err
}

func (p *played) dial(context.Context) (Conn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return nil, p.err
	}
	conn := newFakeConn()
	p.dials <- conn
	return conn, nil
}

// play runs a client in a bubble of exact time.
func play(t *testing.T, f func(p *played)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := &played{
			t: t, dials: make(chan *fakeConn, 1000), ended: make(chan error, 1),
			jobs: &fakeJobs{answer: Answer{Take: true, Identity: "door"}, happens: make(chan string, 1000)},
		}
		p.client = New(Options{
			Dial:      p.dial,
			AgentName: "gstpublish", Version: "v1", Logger: slog.New(slog.DiscardHandler),
			Jitter: func() float64 { return 0 },
		}, p.jobs)
		ctx, cancel := context.WithCancel(t.Context())
		p.cancel = cancel
		go func() { p.ended <- p.client.Run(ctx) }()
		f(p)
		cancel()
		require.NoError(t, <-p.ended)
	})
}

// registered waits for a registration, answers it, and takes the load that follows.
func (p *played) registered(id string) *fakeConn {
	p.t.Helper()
	conn := <-p.dials
	r := (<-conn.sent).GetRegister()
	require.Equal(p.t, "gstpublish", r.GetAgentName())
	require.Equal(p.t, livekit.JobType_JT_ROOM, r.GetType())
	conn.received <- &livekit.ServerMessage{Message: &livekit.ServerMessage_Register{
		Register: &livekit.RegisterWorkerResponse{WorkerId: id},
	}}
	require.NotNil(p.t, (<-conn.sent).GetUpdateWorker(), "the load at once")
	synctest.Wait()
	require.Equal(p.t, id, p.client.WorkerID())
	return conn
}

func (p *played) happened() string {
	p.t.Helper()
	synctest.Wait()
	select {
	case what := <-p.jobs.happens:
		return what
	default:
		return ""
	}
}

func offer(id string) *livekit.ServerMessage {
	return &livekit.ServerMessage{Message: &livekit.ServerMessage_Availability{
		Availability: &livekit.AvailabilityRequest{Job: &livekit.Job{Id: id}},
	}}
}

func assign(id string) *livekit.ServerMessage {
	return &livekit.ServerMessage{Message: &livekit.ServerMessage_Assignment{
		Assignment: &livekit.JobAssignment{Job: &livekit.Job{Id: id}},
	}}
}

// TestJob takes a job from its offer to its end.
func TestJob(t *testing.T) {
	play(t, func(p *played) {
		conn := p.registered("W1")
		conn.received <- offer("J1")
		require.Equal(t, "offer J1", p.happened())
		a := (<-conn.sent).GetAvailability()
		require.Equal(t, "J1", a.GetJobId())
		require.True(t, a.GetAvailable())
		require.Equal(t, "door", a.GetParticipantIdentity())
		require.NotNil(t, (<-conn.sent).GetUpdateWorker(), "the load with the job that was taken")
		conn.received <- assign("J1")
		require.Equal(t, "assign J1", p.happened())
		pass(AssignTimeout)
		require.Empty(t, p.happened(), "it was assigned")

		conn.received <- &livekit.ServerMessage{Message: &livekit.ServerMessage_Termination{
			Termination: &livekit.JobTermination{JobId: "J1"},
		}}
		require.Equal(t, "terminate J1", p.happened())
		p.client.Update("J1", livekit.JobStatus_JS_SUCCESS, "")
		for {
			if u := (<-conn.sent).GetUpdateJob(); u != nil {
				require.Equal(t, "J1", u.GetJobId())
				require.Equal(t, livekit.JobStatus_JS_SUCCESS, u.GetStatus())
				break
			}
		}
	})
}

// TestAssignmentTimeout: a job that was taken and not assigned makes room again after ten seconds, and one that is
// assigned after that is reported as failed.
func TestAssignmentTimeout(t *testing.T) {
	play(t, func(p *played) {
		conn := p.registered("W1")
		conn.received <- offer("J1")
		require.Equal(t, "offer J1", p.happened())
		pass(AssignTimeout - time.Nanosecond)
		require.Empty(t, p.happened())
		pass(time.Nanosecond)
		require.Equal(t, "withdraw J1", p.happened())
		conn.received <- assign("J1")
		require.Empty(t, p.happened())
		var last *livekit.UpdateJobStatus
		for last == nil {
			last = (<-conn.sent).GetUpdateJob()
		}
		require.Equal(t, livekit.JobStatus_JS_FAILED, last.GetStatus())
	})
}

// TestOfferTimeout: an answer comes before the server's room gives up.
func TestOfferTimeout(t *testing.T) {
	play(t, func(p *played) {
		p.jobs.block = true
		conn := p.registered("W1")
		begin := time.Now()
		conn.received <- offer("J1")
		for {
			a := (<-conn.sent).GetAvailability()
			if a == nil {
				continue
			}
			require.False(t, a.GetAvailable())
			require.Equal(t, OfferTimeout, time.Since(begin))
			break
		}
		require.Equal(t, "offer J1", p.happened())
	})
}

// TestLoad: the load is reported every 2.5 s, and at once when it has changed.
func TestLoad(t *testing.T) {
	play(t, func(p *played) {
		conn := p.registered("W1")
		begin := time.Now()
		require.InDelta(t, 0, (<-conn.sent).GetUpdateWorker().GetLoad(), 0)
		require.Equal(t, LoadInterval, time.Since(begin))
		p.jobs.load = Load{Load: 0.5, Jobs: 3, Full: true}
		p.client.LoadChanged()
		update := (<-conn.sent).GetUpdateWorker()
		require.Equal(t, LoadInterval, time.Since(begin))
		require.InDelta(t, 0.5, update.GetLoad(), 0)
		require.Equal(t, uint32(3), update.GetJobCount())
		require.Equal(t, livekit.WorkerStatus_WS_FULL, update.GetStatus())
		require.NotNil(t, (<-conn.sent).GetUpdateWorker())
		require.Equal(t, 2*LoadInterval, time.Since(begin))
	})
}

// TestReconnect: a broken connection is replaced, with waits that double up to ten seconds. Jobs are not touched, but
// those that were taken and not assigned are withdrawn. The next registration does not report earlier jobs.
func TestReconnect(t *testing.T) {
	play(t, func(p *played) {
		conn := p.registered("W1")
		conn.received <- offer("J1")
		conn.received <- offer("J2")
		synctest.Wait()
		conn.received <- assign("J1")
		for range 3 {
			require.NotEmpty(t, p.happened()) // two offers and an assignment
		}
		p.refuse(io.ErrUnexpectedEOF)
		begin := time.Now()
		require.NoError(t, conn.Close())
		require.Equal(t, "withdraw J2", p.happened())
		require.Empty(t, p.happened())
		require.Empty(t, p.client.WorkerID())
		p.client.Update("J1", livekit.JobStatus_JS_SUCCESS, "")
		pass(6 * time.Second) // dials after 0.5, 1.5, 3.5 and 7.5 s
		p.refuse(nil)
		conn = p.registered("W2")
		require.Equal(t, 7500*time.Millisecond, time.Since(begin))
		require.Empty(t, conn.sent)
		require.Equal(t, 2, p.jobs.registrations)
	})
}

// TestSilence: a connection over which nothing comes is given up. Answers to pings keep it.
func TestSilence(t *testing.T) {
	play(t, func(p *played) {
		conn := p.registered("W1")
		pings := 0
		for pings < 10 {
			if m := <-conn.sent; m.GetPing() != nil {
				pings++
				conn.received <- &livekit.ServerMessage{Message: &livekit.ServerMessage_Pong{Pong: &livekit.WorkerPong{}}}
			}
		}
		begin := time.Now()
		<-conn.closed
		require.Equal(t, SilenceTimeout, time.Since(begin))
		p.registered("W2")
	})
}

// TestRegistrationTimeout: a server that does not answer is tried again.
func TestRegistrationTimeout(t *testing.T) {
	play(t, func(p *played) {
		conn := <-p.dials
		begin := time.Now()
		<-conn.closed
		require.Equal(t, RegisterTimeout, time.Since(begin))
		p.registered("W1")
	})
}

// TestRefused: a worker that was never registered ends if the server refuses it, and one that was tries again.
func TestRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := New(Options{
			Dial: func(context.Context) (Conn, error) { return nil, &RefusedError{401} }, Logger: slog.New(slog.DiscardHandler),
		}, &fakeJobs{})
		var refused *RefusedError
		require.ErrorAs(t, client.Run(t.Context()), &refused)
		require.EqualError(t, refused, "the server refuses the worker: 401 Unauthorized: check the API key and its secret")
	})
	play(t, func(p *played) {
		conn := p.registered("W1")
		p.refuse(&RefusedError{401})
		require.NoError(t, conn.Close())
		pass(time.Second)
		p.refuse(nil)
		p.registered("W2")
	})
}

// TestLastReports: what is to be reported when the worker ends is sent before the connection is closed.
func TestLastReports(t *testing.T) {
	play(t, func(p *played) {
		conn := p.registered("W1")
		p.client.Update("J1", livekit.JobStatus_JS_FAILED, "the worker stops")
		p.cancel()
		<-conn.closed
		require.Equal(t, "J1", (<-conn.sent).GetUpdateJob().GetJobId())
	})
}

func TestAgentURL(t *testing.T) {
	for server, want := range map[string]string{
		"wss://example.livekit.cloud": "wss://example.livekit.cloud/agent?protocol=1",
		"http://localhost:7880":       "ws://localhost:7880/agent?protocol=1",
		"https://a/prefix/":           "wss://a/prefix/agent?protocol=1",
	} {
		got, err := agentURL(server)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	_, err := agentURL("://")
	require.Error(t, err)
}

var errTest = errors.New("test")

// FuzzSession sends a worker messages in any order. It must neither block nor forget a job: each that was taken is
// assigned or withdrawn.
func FuzzSession(f *testing.F) {
	f.Add([]byte("oaotxw"))
	f.Add([]byte("ooooaaaattttb"))
	f.Fuzz(func(t *testing.T, script []byte) {
		if len(script) > 50 {
			return
		}
		play(t, func(p *played) {
			conn := p.registered("W1")
			say := func(m *livekit.ServerMessage) {
				select {
				case conn.received <- m:
				case <-conn.closed: // for want of messages
				}
			}
			for i, what := range script {
				id := string(rune('A' + i%3))
				switch what {
				case 'o':
					say(offer(id))
				case 'a':
					say(assign(id))
				case 'w':
					pass(AssignTimeout / 2)
				case 'l':
					p.client.LoadChanged()
				case 'u':
					p.client.Update(id, livekit.JobStatus_JS_FAILED, errTest.Error())
				default:
					say(&livekit.ServerMessage{})
				}
				synctest.Wait()
			}
			p.cancel()
			synctest.Wait()
			waiting := map[string]bool{}
			for len(p.jobs.happens) > 0 {
				what := <-p.jobs.happens
				verb, id := what[:len(what)-2], what[len(what)-1:]
				waiting[id] = verb == "offer"
			}
			for id, is := range waiting {
				require.False(t, is, "job %s was taken, and neither assigned nor withdrawn", id)
			}
		})
	})
}
