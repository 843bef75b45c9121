// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/livekit/protocol/livekit"
	"golang.org/x/sync/errgroup"

	"github.com/gstpublish/gstpublish/internal/serve"
)

// API is the part of a LiveKit server's API that Apply uses.
type API interface {
	CreateDispatch(ctx context.Context, r *livekit.CreateAgentDispatchRequest) (*livekit.AgentDispatch, error)
	ListDispatch(ctx context.Context, r *livekit.ListAgentDispatchRequest) (*livekit.ListAgentDispatchResponse, error)
	DeleteDispatch(ctx context.Context, r *livekit.DeleteAgentDispatchRequest) (*livekit.AgentDispatch, error)
	// CreateRoom creates a room with these dispatches, and no others. It changes nothing if the room exists.
	CreateRoom(ctx context.Context, name string, dispatches []*livekit.RoomAgentDispatch) error
	// Rooms returns which of these rooms exist; all rooms for no names.
	Rooms(ctx context.Context, names []string) ([]string, error)
	// Participants returns the identities in a room.
	Participants(ctx context.Context, room string) ([]string, error)
	Remove(ctx context.Context, room, identity string) error
}

// ApplyOptions configures Apply.
type ApplyOptions struct {
	AgentName string // of the dispatches
	Whole     bool   // dispatches have whole publications, not only their names
	// Grace is the minimum age of a dispatch that Apply replaces because its publisher is not in the room.
	Grace time.Duration
	// Leave is how long a publisher may take to leave, before the server removes it.
	Leave time.Duration
	// CreateRooms creates rooms that do not exist together with their dispatches. The server then does not look for agents
	// without a name, which it does in each new room otherwise, and assigns jobs sooner.
	CreateRooms bool
	// Prune removes the dispatches of all other rooms too.
	Prune bool
	// DryRun changes nothing.
	DryRun bool
	// Print receives each action. It is called concurrently.
	Print func(Action)
}

// Action is what Apply has done for one publication.
type Action struct {
	Room        string `json:"room"`
	Publication string `json:"publication"` // its name; the metadata of the dispatch if it has none
	Verb        Verb   `json:"action"`
	Why         string `json:"why,omitempty"`
}

// Verb is the kind of an action.
type Verb string

// The kinds of actions.
const (
	Created   Verb = "created"
	Replaced  Verb = "replaced"
	Removed   Verb = "removed"
	Unchanged Verb = "unchanged"
	Starting  Verb = "starting" // dispatched recently, and not in the room yet
)

const (
	// takenWithin is how long a dispatch may be without a job: a server of version 1.13 offers it at once, but lists the
	// job up to five seconds later.
	takenWithin = 15 * time.Second
	// assignment is how much longer each publication may take. A server that has all dispatches at once assigns 19 to 32
	// jobs a second, see docs/operators.md. A dispatch that is made again meanwhile has to wait behind all others, and the
	// server still assigns the job of the one before.
	assignment = 60 * time.Millisecond
	// ahead is how far the server's clock may be ahead of ours.
	ahead = 5 * time.Second
	// parallelRooms is how many rooms Apply handles concurrently.
	parallelRooms = 8
	leaveInterval = 200 * time.Millisecond
)

// Apply creates, replaces and deletes the dispatches in the rooms of all publications, so that they match the
// publications. With Prune, it also deletes those in other rooms. It may be called at any time, and leaves alone what
// already matches.
func Apply(ctx context.Context, api API, publications []serve.Publication, o *ApplyOptions) error {
	wanted := map[string][]serve.Publication{}
	var names []string
	for _, p := range publications {
		if wanted[p.Room] == nil {
			names = append(names, p.Room)
		}
		wanted[p.Room] = append(wanted[p.Room], p)
	}
	asked := names
	if o.Prune {
		asked = nil
	}
	existing, err := api.Rooms(ctx, asked)
	if err != nil {
		return fmt.Errorf("worker: listing rooms: %w", err)
	}
	var group errgroup.Group
	group.SetLimit(parallelRooms)
	all, exists := slices.Clone(names), map[string]bool{}
	for _, name := range existing {
		exists[name] = true
		if wanted[name] == nil {
			all = append(all, name)
		}
	}
	failures := make([]error, len(all))
	for i, name := range all {
		group.Go(func() error {
			a := &applier{api: api, o: o, room: name, exists: exists[name]}
			a.taken = takenWithin + time.Duration(len(publications))*assignment
			if err := a.apply(ctx, wanted[name]); err != nil {
				failures[i] = fmt.Errorf("worker: room %q: %w", name, err)
			}
			return nil // The other rooms are independent.
		})
	}
	return errors.Join(group.Wait(), errors.Join(failures...))
}

// applier applies the publications of one room.
type applier struct {
	api    API
	o      *ApplyOptions
	room   string
	exists bool
	taken  time.Duration // how long a dispatch may be without a job
}

// apply compares, and changes what differs.
func (a *applier) apply(ctx context.Context, wanted []serve.Publication) error {
	if a.o.CreateRooms && !a.exists {
		return a.create(ctx, wanted)
	}
	present, there, err := a.look(ctx)
	if err != nil {
		return err
	}
	for i := range wanted {
		p := &wanted[i]
		same := present[p.Name]
		delete(present, p.Name)
		if err := a.one(ctx, p, same, slices.Contains(there, p.Identity)); err != nil {
			return fmt.Errorf("publication %q: %w", p.Name, err)
		}
	}
	for name, dispatches := range present {
		if err := a.remove(ctx, name, dispatches...); err != nil {
			return fmt.Errorf("publication %q: %w", name, err)
		}
		a.print(name, Removed, "")
	}
	return nil
}

// create creates the room with the dispatches of all publications.
func (a *applier) create(ctx context.Context, wanted []serve.Publication) error {
	var dispatches []*livekit.RoomAgentDispatch
	for i := range wanted {
		dispatches = append(dispatches, &livekit.RoomAgentDispatch{
			AgentName: a.o.AgentName, Metadata: wanted[i].Metadata(a.o.Whole),
		})
		a.print(wanted[i].Name, Created, "")
	}
	if a.o.DryRun {
		return nil
	}
	if err := a.api.CreateRoom(ctx, a.room, dispatches); err != nil {
		return fmt.Errorf("creating the room: %w", err)
	}
	return nil
}

// look returns our dispatches, by the name of the publication, the newest first, and the participants of the room.
func (a *applier) look(ctx context.Context) (ours map[string][]*livekit.AgentDispatch, there []string, err error) {
	ours = map[string][]*livekit.AgentDispatch{}
	if !a.exists {
		return ours, nil, nil
	}
	list, err := a.api.ListDispatch(ctx, &livekit.ListAgentDispatchRequest{Room: a.room})
	if err != nil {
		return nil, nil, fmt.Errorf("listing dispatches: %w", err)
	}
	for _, d := range list.GetAgentDispatches() {
		if d.GetAgentName() == a.o.AgentName {
			name := nameOf(d.GetMetadata())
			ours[name] = append(ours[name], d)
		}
	}
	for _, dispatches := range ours {
		slices.SortFunc(dispatches, func(x, y *livekit.AgentDispatch) int {
			return cmp.Compare(y.GetState().GetCreatedAt(), x.GetState().GetCreatedAt())
		})
	}
	there, err = a.api.Participants(ctx, a.room)
	if err != nil {
		return nil, nil, fmt.Errorf("listing participants: %w", err)
	}
	return ours, there, nil
}

// nameOf returns the name of the publication in metadata; the metadata itself if it has none.
func nameOf(metadata string) string {
	var fields struct {
		Publication string `json:"publication"`
	}
	if json.Unmarshal([]byte(metadata), &fields) != nil || fields.Publication == "" {
		return metadata
	}
	return fields.Publication
}

// one makes sure that a publication has exactly one dispatch, with the right metadata.
func (a *applier) one(ctx context.Context, p *serve.Publication, same []*livekit.AgentDispatch, there bool) error {
	metadata := p.Metadata(a.o.Whole)
	verb, why := Created, ""
	keep := slices.IndexFunc(same, func(d *livekit.AgentDispatch) bool { return d.GetMetadata() == metadata })
	switch {
	case keep >= 0:
		if verb, why = a.judge(same[keep], there); verb == Replaced {
			break
		}
		rest := slices.Delete(slices.Clone(same), keep, keep+1)
		if len(rest) > 0 {
			why = "dispatched several times"
		}
		if err := a.delete(ctx, rest...); err != nil {
			return err
		}
		a.print(p.Name, verb, why)
		return nil
	case len(same) > 0:
		verb, why = Replaced, "it has changed"
	}
	if err := a.remove(ctx, p.Identity, same...); err != nil {
		return err
	}
	a.print(p.Name, verb, why)
	if a.o.DryRun {
		return nil
	}
	_, err := a.api.CreateDispatch(ctx, &livekit.CreateAgentDispatchRequest{
		AgentName: a.o.AgentName, Room: a.room, Metadata: metadata,
	})
	if err != nil {
		return fmt.Errorf("creating a dispatch: %w", err)
	}
	return nil
}

// judge decides what to do about a dispatch with the right metadata. The server does not notice that a worker is gone,
// so judge ignores its states of jobs, and checks whether the publisher is in the room.
func (a *applier) judge(d *livekit.AgentDispatch, there bool) (verb Verb, why string) {
	since, jobs := d.GetState().GetCreatedAt(), d.GetState().GetJobs()
	for _, j := range jobs {
		since = max(since, j.GetState().GetStartedAt())
	}
	age := time.Since(time.Unix(0, since))
	switch {
	case there:
		return Unchanged, ""
	case age < -ahead:
		return Starting, fmt.Sprintf("the clock of this machine is %v behind the server's", -age.Round(time.Second))
	case len(jobs) == 0 && age >= a.taken:
		return Replaced, "no worker has taken it"
	case len(jobs) == 0:
		return Starting, ""
	case age >= a.o.Grace:
		return Replaced, "its publisher is not in the room"
	default:
		return Starting, ""
	}
}

// remove deletes dispatches, and waits until their publishers have left: those of their jobs, and identity, since a job
// may not be listed yet. A publisher that does not leave is removed: the server cannot reach a worker that has lost its
// connection since.
func (a *applier) remove(ctx context.Context, identity string, dispatches ...*livekit.AgentDispatch) error {
	if err := a.delete(ctx, dispatches...); err != nil || a.o.DryRun || len(dispatches) == 0 {
		return err
	}
	identities := []string{identity}
	for _, d := range dispatches {
		for _, j := range d.GetState().GetJobs() {
			identities = append(identities, j.GetState().GetParticipantIdentity())
		}
	}
	for _, who := range identities {
		if err := a.awaitGone(ctx, who); err != nil {
			return err
		}
	}
	return nil
}

// delete deletes dispatches.
func (a *applier) delete(ctx context.Context, dispatches ...*livekit.AgentDispatch) error {
	for _, d := range dispatches {
		if a.o.DryRun {
			return nil
		}
		_, err := a.api.DeleteDispatch(ctx, &livekit.DeleteAgentDispatchRequest{DispatchId: d.GetId(), Room: a.room})
		if err != nil {
			return fmt.Errorf("deleting a dispatch: %w", err)
		}
	}
	return nil
}

// awaitGone waits until a participant has left, and removes it if that takes too long.
func (a *applier) awaitGone(ctx context.Context, identity string) error {
	ticker := time.NewTicker(leaveInterval)
	defer ticker.Stop()
	for begin := time.Now(); ; {
		there, err := a.api.Participants(ctx, a.room)
		switch {
		case err != nil:
			return fmt.Errorf("listing participants: %w", err)
		case !slices.Contains(there, identity):
			return nil
		case time.Since(begin) >= a.o.Leave:
			if err := a.api.Remove(ctx, a.room, identity); err != nil {
				return fmt.Errorf("removing %q: %w", identity, err)
			}
			return nil
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (a *applier) print(publication string, verb Verb, why string) {
	a.o.Print(Action{Room: a.room, Publication: publication, Verb: verb, Why: why})
}
