// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/livekit/protocol/livekit"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/dispatch"
	"github.com/gstpublish/gstpublish/internal/procfs"
	"github.com/gstpublish/gstpublish/internal/serve"
	"github.com/gstpublish/gstpublish/internal/serve/host"
)

// reports is a client that keeps what it is asked to report.
type reports []string

func (r *reports) LoadChanged() {}
func (r *reports) Update(id string, status livekit.JobStatus, problem string) {
	*r = append(*r, fmt.Sprint(id, " ", status, " ", problem))
}

// take returns the reports since the last call.
func (r *reports) take() []string {
	taken := *r
	*r = nil
	return taken
}

// worked is a worker under test.
type worked struct {
	*Worker

	t       *testing.T
	reports *reports
	present map[string]bool // identities in rooms
	there   map[string]bool // dispatches
	asking  attempts        // whether dispatches are there
	cpu     float64
	config  *serve.Config
}

// attempts counts calls.
type attempts struct {
	mu               sync.Mutex // protects the following fields
	now, most, total int
}

// begin begins a call, and returns what ends it.
func (a *attempts) begin() (end func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.now, a.total = a.now+1, a.total+1
	a.most = max(a.most, a.now)
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.now--
	}
}

// newWorker returns a worker for two jobs, whose metadata is the identity of the publication.
func newWorker(t *testing.T) *worked {
	t.Helper()
	w := &worked{t: t, reports: &reports{}, present: map[string]bool{}, config: &serve.Config{LogLevel: "info"}}
	w.Worker = New(Options{
		MaxJobs: 2, Logger: slog.New(slog.DiscardHandler),
		Present: func(_ context.Context, _, identity string) bool { return w.present[identity] },
		Dispatched: func(_ context.Context, room, dispatch string) bool {
			require.Equal(t, "a room", room)
			defer w.asking.begin()()
			time.Sleep(time.Second) //nolint:forbidigo // of the bubble, which does not wait
			return w.there[dispatch]
		},
		CPU:    func() float64 { return w.cpu },
		MaxCPU: 0.9,
		Resolve: func(metadata, room string, c *serve.Config) (serve.Publication, error) {
			if metadata == "wrong" {
				return serve.Publication{}, errors.New("wrong")
			}
			return serve.Publication{Name: "p", Room: room, Identity: metadata, Pipeline: c.LogLevel}, nil
		},
	}, w.config)
	w.Connect(w.reports)
	return w
}

func jobOf(id, metadata string) *livekit.Job {
	return &livekit.Job{Id: id, Metadata: metadata, Room: &livekit.Room{Name: "a room"}}
}

func (w *worked) offer(id, metadata string) bool {
	a := w.Offer(w.t.Context(), jobOf(id, metadata))
	if a.Take {
		require.Equal(w.t, metadata, a.Identity)
	}
	return a.Take
}

// begin takes a job and is assigned it.
func (w *worked) begin(id, metadata string) {
	w.t.Helper()
	require.True(w.t, w.offer(id, metadata))
	w.Assign(jobOf(id, metadata))
	require.Equal(w.t, []string{id + " JS_RUNNING "}, w.reports.take())
}

// running returns the names of the publications that are to run.
func (w *worked) running() (names []string) {
	for _, p := range w.list(w.config) {
		names = append(names, p.Name)
	}
	return names
}

// TestCapacity: places are taken by offers, and returned by what is withdrawn.
func TestCapacity(t *testing.T) {
	w := newWorker(t)
	require.False(t, w.offer("J0", "wrong"))
	require.True(t, w.offer("J1", "a"))
	require.Empty(t, w.running(), "not before it is assigned")
	w.begin("J2", "b")
	require.Equal(t, dispatch.Load{Load: capacityLoad, Jobs: 2, Full: true}, w.Load())
	require.False(t, w.offer("J3", "c"), "full")
	w.Withdraw("J1")
	require.Equal(t, dispatch.Load{Load: capacityLoad / 2, Jobs: 1}, w.Load())
	require.True(t, w.offer("J3", "c"))
	require.Equal(t, []string{"a_room.b"}, w.running())
	w.Terminate("J2")
	w.gone("a_room.b")
	w.cpu = 0.8
	require.InDelta(t, 0.7*8/9, w.Load().Load, 0.001)
	w.cpu = 0.9
	require.InDelta(t, 0.7, w.Load().Load, 0.001)
}

// TestPresent: what another worker runs is declined, and what this one runs is taken again.
func TestPresent(t *testing.T) {
	w := newWorker(t)
	w.present["a"] = true
	require.False(t, w.offer("J1", "a"))
	require.True(t, w.idle())
	w.present["a"] = false
	w.begin("J2", "a")
	before := w.list(w.config)
	w.present["a"] = true
	w.begin("J3", "a")
	require.Equal(t, before, w.list(w.config), "its process stays as it is")
	w.Terminate("J2")
	require.Equal(t, []string{"J2 JS_SUCCESS "}, w.reports.take())
	require.Equal(t, before, w.list(w.config))
	w.Terminate("J3")
	require.Empty(t, w.running())
	require.Empty(t, w.reports.take(), "it drains")
	w.gone("a_room.a")
	require.Equal(t, []string{"J3 JS_SUCCESS "}, w.reports.take())
	require.True(t, w.idle())
}

// TestRegisteredAgain: jobs of an earlier registration continue, whether they are dispatched again or not. The
// termination of the new dispatch ends the publication.
func TestRegisteredAgain(t *testing.T) {
	w := newWorker(t)
	w.begin("J1", "a")
	w.begin("J2", "b")
	before := w.list(w.config)
	w.Registered()
	require.Equal(t, before, w.list(w.config))
	require.Equal(t, 2, w.Load().Jobs)
	w.present["a"] = true
	w.begin("J3", "a")
	require.Equal(t, before, w.list(w.config))
	w.Terminate("J3")
	require.Equal(t, []string{"a_room.b"}, w.running())
	w.gone("a_room.a")
	require.Equal(t, []string{"J3 JS_SUCCESS "}, w.reports.take())
	w.observe(host.Status{Name: "a_room.b", State: serve.Ended})
	require.Empty(t, w.reports.take(), "The server does not know it.")
	require.True(t, w.idle())
}

// TestEnds: the end of a publication is the end of its job, and the same publication is a new one after that.
func TestEnds(t *testing.T) {
	w := newWorker(t)
	w.begin("J1", "a")
	first := w.list(w.config)
	w.observe(host.Status{Name: "a_room.a", State: serve.Waiting})
	require.Empty(t, w.reports.take(), "it is started again")
	w.observe(host.Status{Name: "a_room.a", State: serve.Failed, Idle: "exit code 2"})
	require.Equal(t, []string{"J1 JS_FAILED exit code 2"}, w.reports.take())
	w.begin("J2", "a")
	second := w.list(w.config)
	require.Equal(t, first[0].Name, second[0].Name)
	require.NotEqual(t, first, second, "it needs a new process")
	w.observe(host.Status{Name: "a_room.a", State: serve.Ended})
	require.Equal(t, []string{"J2 JS_SUCCESS "}, w.reports.take())
	require.True(t, w.idle())
}

// TestTerminatedAndBack: a job that returns while its process drains is reported, and runs again.
func TestTerminatedAndBack(t *testing.T) {
	w := newWorker(t)
	w.begin("J1", "a")
	w.Terminate("J1")
	w.present["a"] = true
	require.True(t, w.offer("J2", "a"))
	w.Assign(jobOf("J2", "a"))
	require.Equal(t, []string{"J1 JS_SUCCESS ", "J2 JS_RUNNING "}, w.reports.take())
	require.Len(t, w.running(), 1)
}

// TestAParticipantThatLeft: a server terminates a job when its participant leaves the room. The job continues as long
// as it is dispatched, and can be dispatched again.
func TestAParticipantThatLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorker(t)
		w.there = map[string]bool{"D1": true} // D2 has been deleted.
		for _, id := range []string{"1", "2"} {
			require.True(t, w.offer("J"+id, id))
			assigned := jobOf("J"+id, id)
			assigned.DispatchId = "D" + id
			w.Assign(assigned)
		}
		require.Equal(t, []string{"J1 JS_RUNNING ", "J2 JS_RUNNING "}, w.reports.take())
		w.Terminate("J1")
		w.Terminate("J2")
		time.Sleep(2 * time.Second) //nolint:forbidigo // of the bubble, which does not wait
		synctest.Wait()
		require.Equal(t, []string{"a_room.1"}, w.running())
		require.Empty(t, w.reports.take(), "the server has forgotten the one, and the other drains")
		w.gone("a_room.2")
		require.Equal(t, []string{"J2 JS_SUCCESS "}, w.reports.take())
		require.True(t, w.offer("J3", "1"), "it is this worker's own")
		w.Assign(jobOf("J3", "1"))
		require.Equal(t, []string{"J3 JS_RUNNING "}, w.reports.take())
		w.Terminate("J3")
		require.Empty(t, w.running())
	})
}

// TestAllParticipantsLeave: the worker asks about each job once, however often the server terminates it, and about a
// few jobs at a time.
func TestAllParticipantsLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorker(t)
		w.there = map[string]bool{"D": true}
		const jobs = 3 * maxAsking
		w.o.MaxJobs = jobs
		for i := range jobs {
			id := fmt.Sprint("J", i)
			require.True(t, w.offer(id, id))
			assigned := jobOf(id, id)
			assigned.DispatchId = "D"
			w.Assign(assigned)
		}
		for range 10 {
			for i := range jobs {
				w.Terminate(fmt.Sprint("J", i))
			}
		}
		time.Sleep(time.Minute) //nolint:forbidigo // of the bubble, which does not wait
		synctest.Wait()
		require.Len(t, w.running(), jobs)
		require.Equal(t, maxAsking, w.asking.most)
		require.Equal(t, jobs, w.asking.total)
		require.Empty(t, w.asked)
	})
}

// TestStop: a worker that stops takes nothing, and reports what it ends as failed.
func TestStop(t *testing.T) {
	w := newWorker(t)
	w.begin("J1", "a")
	w.drain()
	require.True(t, w.Load().Full)
	require.False(t, w.offer("J2", "b"))
	require.Len(t, w.running(), 1)
	w.stop()
	require.Empty(t, w.running())
	w.gone("a_room.a")
	require.Equal(t, []string{"J1 JS_FAILED the worker stops"}, w.reports.take())
}

// TestReload: a new configuration changes the jobs that run, under their names.
func TestReload(t *testing.T) {
	w := newWorker(t)
	w.begin("J1", "a")
	w.begin("J2", "a room/a")
	require.Equal(t, []string{"a_room.a", "a_room.a_room_a"}, w.running())
	before := w.list(w.config)
	w.config = &serve.Config{LogLevel: "debug"}
	after := w.list(w.config)
	require.Equal(t, before[0].Name, after[0].Name)
	require.Equal(t, before[0].Generation, after[0].Generation)
	require.Equal(t, "debug", after[0].Pipeline)
	require.Equal(t, after, w.list(w.config))
}

func TestCPU(t *testing.T) {
	c := NewCPU()
	c.read = func() (procfs.Times, error) { return procfs.ParseTimes("cpu  10 0 20 60 10 0 0 0 99 99\ncpu0 1") }
	c.times = procfs.Times{Busy: 20, Idle: 60}
	c.at = c.at.Add(-cpuInterval)
	require.InDelta(t, 0.5, c.Value(), 0.001)
	require.InDelta(t, 0.5, c.Value(), 0.001, "for the interval")
}
