// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package operators

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/livekit/protocol/auth"
	"github.com/livekit/protocol/livekit"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/gstpublish/gstpublish/internal/bench/proc"
	"github.com/gstpublish/gstpublish/internal/devserver"
	"github.com/gstpublish/gstpublish/internal/dispatch"
	"github.com/gstpublish/gstpublish/internal/serve"
	"github.com/gstpublish/gstpublish/internal/serve/worker"
)

// simulated is a worker whose jobs publish nothing.
type simulated struct {
	client     *dispatch.Client
	registered atomic.Bool
	reserved   atomic.Int64
	capacity   int
	assigned   chan string // names of rooms
}

func (s *simulated) Offer(_ context.Context, job *livekit.Job) dispatch.Answer {
	if int(s.reserved.Add(1)) > s.capacity {
		s.reserved.Add(-1)
		return dispatch.Answer{}
	}
	return dispatch.Answer{Take: true, Identity: job.GetRoom().GetName()}
}

func (s *simulated) Assign(job *livekit.Job) {
	s.client.Update(job.GetId(), livekit.JobStatus_JS_RUNNING, "")
	s.assigned <- job.GetRoom().GetName()
}
func (s *simulated) Withdraw(string)  { s.reserved.Add(-1) }
func (s *simulated) Terminate(string) { s.reserved.Add(-1) }
func (s *simulated) Registered()      { s.registered.Store(true) }

func (s *simulated) Load() dispatch.Load {
	n := int(s.reserved.Load())
	return dispatch.Load{Load: 0.69 * float32(n) / float32(s.capacity), Jobs: n, Full: n >= s.capacity}
}

// fleet is a server with simulated workers.
type fleet struct {
	server   *devserver.Server
	refusals *refusals
	workers  []*simulated
	assigned chan string // names of rooms
	taken    map[string]int
}

// newFleet registers workers whose capacity is a quarter more than jobs, together.
func newFleet(b *testing.B, workers, jobs int) *fleet {
	b.Helper()
	refused := &refusals{counts: map[string]int{}, first: map[string]string{}}
	server := startServer(b, &devserver.Options{Log: refused})
	f := &fleet{server: server, refusals: refused, assigned: make(chan string, 2*jobs), taken: map[string]int{}}
	ctx, cancel := context.WithCancel(b.Context())
	var running errgroup.Group
	for range workers {
		w := &simulated{capacity: jobs*5/4/workers + 1, assigned: f.assigned}
		w.client = dispatch.New(dispatch.Options{
			Dial:      dispatch.Dialer(server.URL(), server.APIKey(), server.APISecret()),
			AgentName: "gstpublish", Logger: slog.New(slog.DiscardHandler),
		}, w)
		f.workers = append(f.workers, w)
		running.Go(func() error { return w.client.Run(ctx) })
	}
	b.Cleanup(func() {
		cancel()
		require.NoError(b, running.Wait())
	})
	for _, w := range f.workers {
		require.Eventually(b, w.registered.Load, time.Minute, time.Millisecond)
	}
	return f
}

// BenchmarkDispatch measures LiveKit's agent dispatch with workers that publish nothing, which leaves only the server's
// work: how many jobs a second `gstpublish dispatch apply` creates and the server assigns, the server's processor time
// per job, and what load reports and apply cost when nothing changes. One iteration dispatches all jobs: into rooms
// that the dispatches create, or together with their rooms. It says of each job that was not assigned what the server
// knows of its dispatch.
func BenchmarkDispatch(b *testing.B) {
	for _, size := range []struct {
		workers, jobs int
		createRooms   bool
	}{{2, 40, false}, {125, 1000, false}, {125, 1000, true}, {1250, 0, false}, {1250, 10000, false}, {1250, 10000, true}} {
		name := fmt.Sprintf("%d workers/%d jobs/rooms first=%t", size.workers, size.jobs, size.createRooms)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				benchDispatch(b, size.workers, size.jobs, size.createRooms)
			}
		})
	}
}

// assignTimeout limits the wait for all jobs: the server of version 1.13.5 needs about eight minutes for 10,000.
const assignTimeout = 20 * time.Minute

func benchDispatch(b *testing.B, workers, jobs int, createRooms bool) {
	b.Helper()
	f := newFleet(b, workers, jobs)
	api := worker.NewServer(f.server.URL(), f.server.APIKey(), f.server.APISecret())
	publications := make([]serve.Publication, jobs)
	for i := range publications {
		name := fmt.Sprintf("camera%d", i)
		publications[i] = serve.Publication{Name: name, Room: name, Identity: name}
	}
	o := &worker.ApplyOptions{
		AgentName: "gstpublish", CreateRooms: createRooms, Grace: time.Hour, Print: func(worker.Action) {},
	}

	before, begin := f.usage(b), time.Now()
	require.NoError(b, worker.Apply(b.Context(), api, publications, o))
	created := time.Since(begin)
	taken := f.await(jobs)
	used := f.usage(b).Since(before)
	f.refusals.log(b)
	f.explain(b, api, publications)
	if jobs > 0 {
		b.ReportMetric(float64(jobs)/created.Seconds(), "created/s")
		b.ReportMetric(float64(taken)/time.Since(begin).Seconds(), "assigned/s")
		b.ReportMetric(100*float64(taken)/float64(jobs), "%assigned")
		b.ReportMetric(used.CPU.Seconds()*1000/float64(jobs), "server-ms/job")
		b.ReportMetric(float64(f.fullest()), "most-jobs/worker")
		b.ReportMetric(float64(f.emptiest()), "fewest-jobs/worker")
	}

	before, begin = f.usage(b), time.Now()
	pause(b, 2*dispatch.LoadInterval)
	b.ReportMetric(100*f.usage(b).Since(before).CPU.Seconds()/time.Since(begin).Seconds(), "server-%-for-loads")
	begin = time.Now()
	o.Grace = 24 * time.Hour
	require.NoError(b, worker.Apply(b.Context(), &here{api}, publications, o))
	b.ReportMetric(time.Since(begin).Seconds(), "s-for-apply-again")
	memory, err := proc.MemoryOf(f.server.PID())
	require.NoError(b, err)
	b.ReportMetric(float64(memory.Resident)/1024/1024, "server-MiB")
}

// await waits until that many jobs are assigned, or for assignTimeout, and returns how many were.
func (f *fleet) await(jobs int) int {
	timeout := time.NewTimer(assignTimeout)
	defer timeout.Stop()
	for len(f.taken) < jobs {
		select {
		case room := <-f.assigned:
			f.taken[room]++
		case <-timeout.C:
			return len(f.taken)
		}
	}
	return len(f.taken)
}

// explain logs what the server knows of the jobs that were not assigned, and of those that were assigned twice.
func (f *fleet) explain(b *testing.B, api *worker.Server, publications []serve.Publication) {
	b.Helper()
	known := map[string]int{}
	for i := range publications {
		room := publications[i].Room
		if f.taken[room] > 0 {
			known[fmt.Sprintf("assigned %d times", f.taken[room])]++
			continue
		}
		list, err := api.ListDispatch(b.Context(), &livekit.ListAgentDispatchRequest{Room: room})
		what := fmt.Sprintf("not assigned: %d dispatches, error %v", len(list.GetAgentDispatches()), err)
		for _, d := range list.GetAgentDispatches() {
			age := time.Since(time.Unix(0, d.GetState().GetCreatedAt())).Round(time.Minute)
			what += fmt.Sprintf(", agent %q for %v with %d jobs", d.GetAgentName(), age, len(d.GetState().GetJobs()))
		}
		known[what]++
	}
	for _, what := range slices.Sorted(maps.Keys(known)) {
		b.Logf("%d jobs: %s", known[what], what)
	}
}

// here is the API of a server on which each publisher counts as present.
type here struct{ *worker.Server }

func (h *here) Participants(ctx context.Context, room string) ([]string, error) {
	if _, err := h.Server.Participants(ctx, room); err != nil { // For the cost of the request.
		return nil, err
	}
	return []string{room}, nil
}

func (f *fleet) usage(b *testing.B) *proc.Snapshot {
	b.Helper()
	s, err := proc.Take(f.server.PID())
	require.NoError(b, err)
	return s
}

func (f *fleet) fullest() (most int64) {
	for _, w := range f.workers {
		most = max(most, w.reserved.Load())
	}
	return most
}

func (f *fleet) emptiest() int64 {
	least := f.fullest()
	for _, w := range f.workers {
		least = min(least, w.reserved.Load())
	}
	return least
}

// BenchmarkTokens measures how long it takes to make an access token. A publisher needs one for each attempt to join, a
// worker for each connection.
func BenchmarkTokens(b *testing.B) {
	for b.Loop() {
		_, err := auth.NewAccessToken("devkey", "a secret of thirty-two characters").SetIdentity("camera").
			SetVideoGrant(&auth.VideoGrant{RoomJoin: true, Room: "room"}).ToJWT()
		require.NoError(b, err)
	}
}
