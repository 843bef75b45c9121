// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"sync"

	"github.com/livekit/protocol/livekit"

	"github.com/gstpublish/gstpublish/internal/dispatch"
	"github.com/gstpublish/gstpublish/internal/serve"
	"github.com/gstpublish/gstpublish/internal/serve/host"
)

// Options configures a Worker. All fields must be set.
type Options struct {
	// MaxJobs is how many jobs the worker runs at a time.
	MaxJobs int
	// Resolve returns the publication that the metadata of a dispatch describes.
	Resolve func(metadata, room string, c *serve.Config) (serve.Publication, error)
	// Present reports whether a participant is in a room. It must return when ctx is done; then it may return false.
	Present func(ctx context.Context, room, identity string) bool
	// Dispatched reports whether a dispatch is still in a room. It must return after some seconds.
	Dispatched func(ctx context.Context, room, dispatch string) bool
	// CPU returns the share of the time in which the processors are busy, from 0 to 1. From MaxCPU on, the worker takes no
	// jobs; 0 means no limit.
	CPU    func() float64
	MaxCPU float64
	Logger *slog.Logger
}

// Client is the part of a [dispatch.Client] that a Worker uses.
type Client interface {
	LoadChanged()
	Update(id string, status livekit.JobStatus, problem string)
}

// Worker decides about the jobs of `gstpublish worker`. It is the handler of a dispatch.Client, and a host.Host runs
// its jobs. All methods are safe for concurrent use.
type Worker struct {
	o       Options
	client  Client
	changed chan struct{} // has one element if the jobs have changed
	asking  chan struct{} // has an element for each request about a dispatch

	mu       sync.Mutex // protects the following fields
	config   *serve.Config
	draining bool
	jobs     map[participant]*job
	order    []participant   // of jobs, in the order in which they came
	made     uint64          // jobs so far
	asked    map[string]bool // ids of jobs about whose dispatch the server is being asked
}

// participant identifies a job: only one can be in a room.
type participant struct{ room, identity string }

// job is one publication that was dispatched here.
type job struct {
	pub      serve.Publication
	metadata string
	ids      []string          // of the dispatched jobs: several if the same publication was dispatched again
	reserved []string          // that were taken, and are not assigned yet
	dispatch map[string]string // the dispatches of ids
	unbound  bool              // the server does not know it any more, but it is still dispatched
	stopping []string          // ids whose end is reported when the process has ended
	outcome  livekit.JobStatus // of stopping
	problem  string
}

// runs reports whether the job needs a process.
func (j *job) runs() bool { return len(j.ids) > 0 || j.unbound }

// New returns a worker without jobs.
func New(o Options, c *serve.Config) *Worker {
	return &Worker{
		o: o, config: c, changed: make(chan struct{}, 1), asking: make(chan struct{}, maxAsking),
		jobs: map[participant]*job{}, asked: map[string]bool{},
	}
}

// Connect sets where the worker reports to. It must be called before everything else.
func (w *Worker) Connect(c Client) { w.client = c }

// capacityLoad is the load that a worker reports when it runs as many jobs as it may. A server offers nothing from 0.7
// on, so that a worker that reported 1 could use only 70 % of its capacity.
const capacityLoad = 0.69

// refusedLoad is the load at which a server offers nothing.
const refusedLoad = 0.7

// Load implements dispatch.Handler: the larger one of the share of its jobs and the share of the processors.
func (w *Worker) Load() dispatch.Load {
	cpu := 0.0
	if w.o.MaxCPU > 0 {
		cpu = refusedLoad * w.o.CPU() / w.o.MaxCPU
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	n := len(w.jobs)
	load := max(capacityLoad*float64(n)/float64(w.o.MaxJobs), cpu)
	return dispatch.Load{Load: float32(min(load, 1)), Jobs: n, Full: w.draining || n >= w.o.MaxJobs}
}

// Offer implements dispatch.Handler. It declines a publication that another worker runs: the server asks all workers in
// turn, so that worker can keep the publication running.
func (w *Worker) Offer(ctx context.Context, offered *livekit.Job) dispatch.Answer {
	room := offered.GetRoom().GetName()
	log := w.o.Logger.With("job", offered.GetId(), "room", room)
	w.mu.Lock()
	config := w.config
	w.mu.Unlock()
	pub, err := w.o.Resolve(offered.GetMetadata(), room, config)
	if err != nil {
		log.Error("a job is declined: its metadata is wrong", "err", err)
		return dispatch.Answer{}
	}
	who := participant{room, pub.Identity}
	own, ok := w.reserve(who, pub, offered)
	if !ok {
		log.Info("a job is declined: the worker is full or stopping", "publication", pub.Name)
		return dispatch.Answer{}
	}
	if !own && w.o.Present(ctx, room, pub.Identity) {
		log.Info("a job is declined: the publication is in the room already", "publication", pub.Name)
		w.Withdraw(offered.GetId())
		return dispatch.Answer{}
	}
	return dispatch.Answer{Take: true, Identity: pub.Identity}
}

// reserve reserves a place for a job, if there is one. own reports whether the worker has the publication already.
func (w *Worker) reserve(who participant, pub serve.Publication, offered *livekit.Job) (own, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	j := w.jobs[who]
	if w.draining || j == nil && len(w.jobs) >= w.o.MaxJobs {
		return false, false
	}
	if own = j != nil; !own {
		w.made++
		pub.Name, pub.Generation = w.uniqueName(who), w.made
		j = &job{pub: pub, metadata: offered.GetMetadata(), dispatch: map[string]string{}}
		w.jobs[who] = j
		w.order = append(w.order, who)
	}
	j.reserved = append(j.reserved, offered.GetId())
	return own, true
}

// unfit matches the characters that a name must not contain, since it becomes part of URLs and labels.
var unfit = regexp.MustCompile(`[^A-Za-z0-9_.-]`)

// uniqueName returns the name of a job's publication in the host. w.mu must be held.
func (w *Worker) uniqueName(who participant) string {
	base := unfit.ReplaceAllString(who.room+"."+who.identity, "_")
	name := base
	for n := 2; slices.ContainsFunc(w.order, func(p participant) bool { return w.jobs[p].pub.Name == name }); n++ {
		name = fmt.Sprintf("%s.%d", base, n)
	}
	return name
}

// Withdraw implements dispatch.Handler.
func (w *Worker) Withdraw(id string) {
	w.mu.Lock()
	for who, j := range w.jobs {
		j.reserved = slices.DeleteFunc(j.reserved, func(other string) bool { return other == id })
		w.forget(who)
	}
	w.mu.Unlock()
	w.client.LoadChanged()
}

// forget removes a job that has neither dispatches nor reservations. w.mu must be held.
func (w *Worker) forget(who participant) {
	if j := w.jobs[who]; !j.runs() && len(j.reserved)+len(j.stopping) == 0 {
		delete(w.jobs, who)
		w.order = slices.DeleteFunc(w.order, func(p participant) bool { return p == who })
	}
}

// Assign implements dispatch.Handler.
func (w *Worker) Assign(assigned *livekit.Job) {
	id := assigned.GetId()
	w.mu.Lock()
	for _, j := range w.jobs {
		if !slices.Contains(j.reserved, id) {
			continue
		}
		j.reserved = slices.DeleteFunc(j.reserved, func(other string) bool { return other == id })
		j.ids = append(j.ids, id)
		j.dispatch[id] = assigned.GetDispatchId()
		w.report(j) // It continues, or runs again.
		if metadata := assigned.GetMetadata(); metadata != j.metadata {
			w.replace(j, metadata, assigned.GetRoom().GetName())
		}
		w.o.Logger.Info("job assigned", "job", id, "publication", j.pub.Name)
	}
	w.mu.Unlock()
	w.client.Update(id, livekit.JobStatus_JS_RUNNING, "")
	w.jobsChanged()
}

// replace gives a job the publication of another metadata. w.mu must be held.
func (w *Worker) replace(j *job, metadata, room string) {
	if pub, err := w.o.Resolve(metadata, room, w.config); err == nil {
		j.become(pub)
		j.metadata = metadata
	}
}

// become gives a job another publication, under its name.
func (j *job) become(pub serve.Publication) {
	pub.Name, pub.Generation = j.pub.Name, j.pub.Generation
	j.pub = pub
}

// Terminate implements dispatch.Handler. A server terminates a job when its dispatch is deleted, and also whenever its
// participant leaves the room: on a busy machine or network because it was not connected in time, or because it joins
// again. It does not say which. So a job whose dispatch is still there continues, and its process joins again.
func (w *Worker) Terminate(id string) {
	w.mu.Lock()
	room, dispatched := "", ""
	for who, j := range w.jobs {
		if slices.Contains(j.ids, id) {
			room, dispatched = who.room, j.dispatch[id]
		}
	}
	repeated := w.asked[id]
	if dispatched != "" {
		w.asked[id] = true
	}
	w.mu.Unlock()
	switch {
	case repeated: // The answer is on its way.
	case dispatched == "":
		w.terminate(id, false)
	default:
		go w.ask(id, room, dispatched)
	}
}

// maxAsking limits how many requests about dispatches run at a time: when a server restarts or a network fails, all
// participants leave at once.
const maxAsking = 8

// ask asks the server whether a dispatch is still there, and ends or keeps its job.
func (w *Worker) ask(id, room, dispatched string) {
	w.asking <- struct{}{}
	keep := w.o.Dispatched(context.Background(), room, dispatched)
	<-w.asking
	w.mu.Lock()
	delete(w.asked, id)
	w.mu.Unlock()
	w.terminate(id, keep)
}

// terminate ends a job, whose process drains, or keeps it although the server has forgotten it.
func (w *Worker) terminate(id string, keep bool) {
	w.mu.Lock()
	for _, j := range w.jobs {
		if i := slices.Index(j.ids, id); i >= 0 {
			j.ids = slices.Delete(j.ids, i, i+1)
			delete(j.dispatch, id)
			if keep {
				j.unbound = true
				w.o.Logger.Info("a job continues: its participant has left the room, but it is still dispatched",
					"job", id, "publication", j.pub.Name)
				continue
			}
			j.stopping, j.unbound = append(j.stopping, id), false
			j.outcome, j.problem = livekit.JobStatus_JS_SUCCESS, ""
			w.o.Logger.Info("job terminated", "job", id, "publication", j.pub.Name)
			if j.runs() { // for another dispatch
				w.report(j)
			}
		}
	}
	w.mu.Unlock()
	w.jobsChanged()
}

// Registered implements dispatch.Handler. All jobs continue: see unbound.
func (w *Worker) Registered() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, j := range w.jobs {
		j.unbound = j.runs()
		j.ids, j.stopping = nil, nil
		clear(j.dispatch)
	}
	for _, who := range slices.Clone(w.order) {
		w.forget(who)
	}
}

// end marks a job as one that must not run.
func (j *job) end() {
	j.stopping, j.ids, j.unbound = append(j.stopping, j.ids...), nil, false
}

// report reports the end of the dispatches that are stopping. w.mu must be held.
func (w *Worker) report(j *job) {
	for _, id := range j.stopping {
		w.client.Update(id, j.outcome, j.problem)
	}
	j.stopping = nil
}

func (w *Worker) jobsChanged() {
	w.client.LoadChanged()
	select {
	case w.changed <- struct{}{}:
	default:
	}
}

// Host returns what a host.Host needs to run the jobs.
func (w *Worker) Host(registered func() bool) *host.Jobs {
	return &host.Jobs{
		List: w.list, Changed: w.changed, Observe: w.observe, Gone: w.gone, Collector: &collector{w, registered},
		Problem: func() string {
			if registered() {
				return ""
			}
			return "the worker is not registered"
		},
	}
}

// list returns the publications that must run. In a new configuration, a name may mean another publication.
func (w *Worker) list(c *serve.Config) (all []serve.Publication) {
	w.mu.Lock()
	defer w.mu.Unlock()
	renewed := c != w.config
	w.config = c
	for _, who := range w.order {
		j := w.jobs[who]
		if !j.runs() {
			continue
		}
		if renewed {
			w.renew(who, j)
		}
		all = append(all, j.pub)
	}
	return all
}

// renew reads the metadata of a job again. A job that the configuration no longer permits stays as it is, as long as
// its dispatch is there. w.mu must be held.
func (w *Worker) renew(who participant, j *job) {
	pub, err := w.o.Resolve(j.metadata, who.room, w.config)
	switch {
	case err != nil:
		w.o.Logger.Warn("a running job stays as it is: its metadata has become wrong", "publication", j.pub.Name, "err", err)
	case pub.Identity != who.identity:
		w.o.Logger.Warn("a running job stays as it is: its identity has changed", "publication", j.pub.Name)
	default:
		j.become(pub)
	}
}

// observe ends jobs whose publication has ended.
func (w *Worker) observe(s host.Status) {
	if s.State != serve.Ended && s.State != serve.Failed {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, j := range w.jobs {
		if j.pub.Name != s.Name || !j.runs() {
			continue
		}
		j.end()
		j.outcome, j.problem = livekit.JobStatus_JS_SUCCESS, ""
		if s.State == serve.Failed {
			j.outcome, j.problem = livekit.JobStatus_JS_FAILED, s.Idle
		}
		w.report(j)
	}
	for _, who := range slices.Clone(w.order) {
		w.forget(who)
	}
	w.jobsChanged()
}

// gone reports the end of jobs whose process has ended because they must not run any more.
func (w *Worker) gone(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, who := range slices.Clone(w.order) {
		if j := w.jobs[who]; j.pub.Name == name && !j.runs() {
			w.report(j)
			w.forget(who)
		}
	}
	w.client.LoadChanged()
}
