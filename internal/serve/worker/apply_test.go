// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/livekit/protocol/livekit"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/serve"
)

// fakeServer has rooms, with dispatches and participants. It takes every dispatch at once, unless that is prevented.
type fakeServer struct {
	mu         sync.Mutex // protects the following fields
	dispatches map[string][]*livekit.AgentDispatch
	there      map[string][]string
	made       int
	idle       bool // no worker takes a dispatch
	deaf       bool // workers do not learn that a dispatch is deleted
	removed    []string
	created    []string // rooms that were created with their dispatches
}

func newFakeServer() *fakeServer {
	return &fakeServer{dispatches: map[string][]*livekit.AgentDispatch{}, there: map[string][]string{}}
}

func (f *fakeServer) CreateDispatch(_ context.Context, r *livekit.CreateAgentDispatchRequest,
) (*livekit.AgentDispatch, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.made++
	d := &livekit.AgentDispatch{
		Id: fmt.Sprint(f.made), AgentName: r.GetAgentName(), Room: r.GetRoom(), Metadata: r.GetMetadata(),
		State: &livekit.AgentDispatchState{CreatedAt: time.Now().UnixNano()},
	}
	if !f.idle {
		name := nameOf(r.GetMetadata())
		d.State.Jobs = []*livekit.Job{{State: &livekit.JobState{ParticipantIdentity: name}}}
		f.there[r.GetRoom()] = append(f.there[r.GetRoom()], name)
	}
	f.dispatches[r.GetRoom()] = append(f.dispatches[r.GetRoom()], d)
	return d, nil
}

func (f *fakeServer) CreateRoom(ctx context.Context, name string, dispatches []*livekit.RoomAgentDispatch) error {
	f.mu.Lock()
	f.created = append(f.created, name)
	f.mu.Unlock()
	for _, d := range dispatches {
		_, err := f.CreateDispatch(ctx, &livekit.CreateAgentDispatchRequest{
			AgentName: d.GetAgentName(), Room: name, Metadata: d.GetMetadata(),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (f *fakeServer) ListDispatch(_ context.Context, r *livekit.ListAgentDispatchRequest,
) (*livekit.ListAgentDispatchResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return &livekit.ListAgentDispatchResponse{AgentDispatches: slices.Clone(f.dispatches[r.GetRoom()])}, nil
}

func (f *fakeServer) DeleteDispatch(_ context.Context, r *livekit.DeleteAgentDispatchRequest,
) (*livekit.AgentDispatch, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := slices.IndexFunc(f.dispatches[r.GetRoom()], func(d *livekit.AgentDispatch) bool {
		return d.GetId() == r.GetDispatchId()
	})
	d := f.dispatches[r.GetRoom()][i]
	f.dispatches[r.GetRoom()] = slices.Delete(f.dispatches[r.GetRoom()], i, i+1)
	if !f.deaf {
		for _, j := range d.GetState().GetJobs() {
			f.leave(r.GetRoom(), j.GetState().GetParticipantIdentity())
		}
	}
	return d, nil
}

func (f *fakeServer) Rooms(_ context.Context, names []string) (existing []string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for name := range f.dispatches {
		if names == nil || slices.Contains(names, name) {
			existing = append(existing, name)
		}
	}
	return existing, nil
}

func (f *fakeServer) Participants(_ context.Context, room string) ([]string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.there[room]), nil
}

func (f *fakeServer) Remove(_ context.Context, room, identity string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.removed = append(f.removed, identity)
	f.leave(room, identity)
	return nil
}

// leave removes a participant. f.mu must be held.
func (f *fakeServer) leave(room, identity string) {
	f.there[room] = slices.DeleteFunc(f.there[room], func(who string) bool { return who == identity })
}

// applied applies publications, and returns what was done, sorted.
func applied(t *testing.T, f *fakeServer, change func(o *ApplyOptions), publications ...serve.Publication) []string {
	t.Helper()
	var (
		mu   sync.Mutex
		done []string
	)
	o := &ApplyOptions{AgentName: "gstpublish", Grace: time.Minute, Leave: 10 * time.Second, Print: func(a Action) {
		mu.Lock()
		defer mu.Unlock()
		done = append(done, fmt.Sprintf("%s/%s: %s %s", a.Room, a.Publication, a.Verb, a.Why))
	}}
	if change != nil {
		change(o)
	}
	require.NoError(t, Apply(t.Context(), f, publications, o))
	slices.Sort(done)
	return done
}

func pub(room, name string) serve.Publication {
	return serve.Publication{Name: name, Room: room, Identity: name, Pipeline: "videotestsrc"}
}

// TestApply goes through what can be different, each time twice: the second time, nothing is to be done.
func TestApply(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeServer()
		a, b := pub("r1", "a"), pub("r2", "b")
		require.Equal(t, []string{"r1/a: created ", "r2/b: created "}, applied(t, f, nil, a, b))
		require.Equal(t, []string{"r1/a: unchanged ", "r2/b: unchanged "}, applied(t, f, nil, a, b))

		whole := func(o *ApplyOptions) { o.Whole = true }
		require.Equal(t, []string{"r1/a: replaced it has changed"}, applied(t, f, whole, a))
		a.Pipeline = "other"
		require.Equal(t, []string{"r1/a: replaced it has changed"}, applied(t, f, whole, a))
		require.Equal(t, []string{"r1/a: unchanged "}, applied(t, f, whole, a))

		f.there["r1"] = nil // the worker died
		require.Equal(t, []string{"r1/a: starting "}, applied(t, f, whole, a))
		time.Sleep(time.Minute) //nolint:forbidigo // of the bubble, which does not wait
		dry := func(o *ApplyOptions) { o.Whole, o.DryRun = true, true }
		replaced := []string{"r1/a: replaced its publisher is not in the room"}
		require.Equal(t, replaced, applied(t, f, dry, a))
		require.Empty(t, f.there["r1"])
		require.Equal(t, replaced, applied(t, f, whole, a))
		require.Equal(t, []string{"r1/a: unchanged "}, applied(t, f, whole, a))

		_, err := f.CreateDispatch(t.Context(), &livekit.CreateAgentDispatchRequest{
			AgentName: "gstpublish", Room: "r1", Metadata: a.Metadata(true),
		})
		require.NoError(t, err)
		f.deaf = true // One worker has both: it stays.
		require.Equal(t, []string{"r1/a: unchanged dispatched several times"}, applied(t, f, whole, a))
		require.Len(t, f.dispatches["r1"], 1)
		f.deaf = false

		require.Equal(t, []string{"r1/a: removed ", "r1/c: created "}, applied(t, f, nil, pub("r1", "c")))
		require.Equal(t, []string{"c"}, slices.DeleteFunc(f.there["r1"], func(who string) bool { return who == "a" }))
		prune := func(o *ApplyOptions) { o.Prune = true }
		require.Equal(t, []string{"r1/c: unchanged ", "r2/b: removed "}, applied(t, f, prune, pub("r1", "c")))
	})
}

// TestApplyCreatesRooms: what is dispatched at once with a room is the same as what is dispatched into it, and rooms
// that exist stay as they are.
func TestApplyCreatesRooms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeServer()
		all := []serve.Publication{pub("r1", "a"), pub("r1", "b"), pub("r2", "c")}
		create := func(o *ApplyOptions) { o.CreateRooms = true }
		created := []string{"r1/a: created ", "r1/b: created ", "r2/c: created "}
		require.Equal(t, created, applied(t, f, func(o *ApplyOptions) { o.CreateRooms, o.DryRun = true, true }, all...))
		require.Empty(t, f.created)
		require.Equal(t, created, applied(t, f, create, all...))
		require.ElementsMatch(t, []string{"r1", "r2"}, f.created)
		unchanged := []string{"r1/a: unchanged ", "r1/b: unchanged ", "r2/c: unchanged "}
		require.Equal(t, unchanged, applied(t, f, nil, all...))
		require.Equal(t, append(unchanged, "r2/d: created "), applied(t, f, create, append(all, pub("r2", "d"))...))
		require.Len(t, f.created, 2)
	})
}

// TestApplyForeign leaves the dispatches of other agents alone.
func TestApplyForeign(t *testing.T) {
	f := newFakeServer()
	foreign := &livekit.CreateAgentDispatchRequest{AgentName: "voice", Room: "r", Metadata: "x"}
	_, err := f.CreateDispatch(t.Context(), foreign)
	require.NoError(t, err)
	require.Equal(t, []string{"r/a: created "}, applied(t, f, nil, pub("r", "a")))
	require.Len(t, f.dispatches["r"], 2)
}

// TestApplyClock: apply says so if the server's clock is ahead, and changes nothing.
func TestApplyClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeServer()
		f.idle = true
		applied(t, f, nil, pub("r", "a"))
		f.dispatches["r"][0].State.CreatedAt += int64(time.Hour)
		require.Equal(t, []string{"r/a: starting the clock of this machine is 1h0m0s behind the server's"},
			applied(t, f, nil, pub("r", "a")))
	})
}

// TestApplyMany: dispatches that wait for a busy server are not made again, nor are those that have just been assigned.
func TestApplyMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeServer()
		f.idle = true
		var all []serve.Publication
		for i := range 1000 {
			all = append(all, pub(fmt.Sprint("r", i), "a"))
		}
		applied(t, f, nil, all...)
		const assigned = takenWithin + 1000*assignment
		time.Sleep(assigned - time.Nanosecond) //nolint:forbidigo // of the bubble, which does not wait
		d := f.dispatches["r0"][0]
		d.State.Jobs = []*livekit.Job{{State: &livekit.JobState{StartedAt: time.Now().UnixNano()}}}
		for _, line := range applied(t, f, nil, all...) {
			require.Contains(t, line, ": starting ")
		}
		time.Sleep(time.Nanosecond) //nolint:forbidigo // as above
		done := applied(t, f, nil, all...)
		require.Equal(t, "r0/a: starting ", done[0])
		for _, line := range done[1:] {
			require.Contains(t, line, ": replaced no worker has taken it")
		}
		time.Sleep(time.Minute) //nolint:forbidigo // as above
		require.Contains(t, applied(t, f, nil, all...), "r0/a: replaced its publisher is not in the room")
	})
}

// TestApplyWithoutWorkers: a dispatch that no worker took is made again after fifteen seconds.
func TestApplyWithoutWorkers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeServer()
		f.idle = true
		require.Equal(t, []string{"r/a: created "}, applied(t, f, nil, pub("r", "a")))
		time.Sleep(takenWithin + assignment - time.Nanosecond) //nolint:forbidigo // of the bubble, which does not wait
		require.Equal(t, []string{"r/a: starting "}, applied(t, f, nil, pub("r", "a")))
		time.Sleep(time.Nanosecond) //nolint:forbidigo // as above
		f.idle = false
		require.Equal(t, []string{"r/a: replaced no worker has taken it"}, applied(t, f, nil, pub("r", "a")))
		require.Len(t, f.dispatches["r"], 1)
	})
}

// TestApplyLostWorker: the publisher of a worker that the server cannot reach is removed from the room.
func TestApplyLostWorker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeServer()
		applied(t, f, nil, pub("r", "a"))
		f.deaf = true
		begin := time.Now()
		require.Equal(t, []string{"r/a: removed ", "r/b: created "}, applied(t, f, nil, pub("r", "b")))
		require.Equal(t, []string{"a"}, f.removed)
		require.Equal(t, 10*time.Second, time.Since(begin))
	})
}
