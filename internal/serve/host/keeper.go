// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"context"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/gstpublish/gstpublish/internal/serve"
)

// lookInterval is how often the health of a process is checked.
const lookInterval = 500 * time.Millisecond

// askTimeout limits a request to a process.
const askTimeout = time.Second

// keeper keeps the process of one publication running.
type keeper struct {
	pub     serve.Publication
	program string
	dir     string
	limits  func() (limits serve.Limits, drain time.Duration, level string)
	log     *slog.Logger
	redact  func(string) string
	observe func(Status)      // receives each change of the state; may be nil
	client  *http.Client      // of the process's HTTP server
	after   []<-chan struct{} // closed when those before it have ended that are in its way
	done    chan struct{}     // closed when run has returned
	cancel  context.CancelFunc

	mu       sync.Mutex // protects the following fields
	state    serve.State
	since    time.Time // of state
	idle     string
	process  *process // nil while there is none
	restarts map[string]uint64
	last     *Exit
	backoff  serve.Backoff
}

// Exit is the end of a process.
type Exit struct {
	Cause string    `json:"cause"`
	At    time.Time `json:"at"`
	Words []string  `json:"last_words"` // the last lines of its standard error
}

// Status is the state of one publication.
type Status struct {
	Name     string            `json:"name"`
	State    serve.State       `json:"state"`
	Since    time.Time         `json:"since"`
	Idle     string            `json:"idle,omitempty"` // why nothing is sent
	Says     string            `json:"says,omitempty"` // the last line of a process that is not ready
	Room     string            `json:"room,omitempty"`
	Identity string            `json:"identity,omitempty"`
	PID      int               `json:"pid,omitempty"`
	Restarts map[string]uint64 `json:"restarts,omitempty"` // by cause
	LastExit *Exit             `json:"last_exit,omitempty"`
}

func newKeeper(p serve.Publication, program, dir string, log *slog.Logger, redact func(string) string) *keeper {
	k := &keeper{
		pub: p, program: program, dir: dir, log: log.With("publication", p.Name), redact: redact,
		done: make(chan struct{}), restarts: map[string]uint64{}, state: serve.Starting, since: time.Now(),
	}
	socket := filepath.Join(k.dir, "http")
	k.client = &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		},
	}}
	return k
}

// set changes the state.
func (k *keeper) set(state serve.State, idle string) {
	k.mu.Lock()
	changed := k.state != state
	if changed {
		k.log.Info("publication", "state", state, "was", k.state, "idle", idle)
		k.state, k.since = state, time.Now()
	}
	k.idle = idle
	k.mu.Unlock()
	if changed && k.observe != nil {
		k.observe(k.status())
	}
}

// status returns the state.
func (k *keeper) status() Status {
	k.mu.Lock()
	defer k.mu.Unlock()
	s := Status{
		Name: k.pub.Name, State: k.state, Since: k.since, Idle: k.idle, Room: k.pub.Room, Identity: k.pub.Identity,
		Restarts: maps.Clone(k.restarts), LastExit: k.last,
	}
	if k.process == nil {
		return s
	}
	s.PID = k.process.cmd.Process.Pid
	if words := k.process.lastWords(k.redact); !s.State.Ready() && len(words) > 0 {
		s.Says = words[len(words)-1]
	}
	return s
}

// run keeps the process running until ctx is done. Then the process drains.
func (k *keeper) run(ctx context.Context) {
	defer close(k.done)
	for _, ended := range k.after {
		<-ended // It ends within its drain timeout.
	}
	for ctx.Err() == nil {
		begin := time.Now()
		e := k.once(ctx)
		k.mu.Lock()
		k.process = nil
		k.mu.Unlock()
		if ctx.Err() != nil {
			return
		}
		state := serve.AfterExit(&k.pub, e.Exit)
		wait := k.ended(state, &e, time.Since(begin))
		k.set(state, e.cause)
		if state != serve.Waiting {
			<-ctx.Done()
			return
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
		k.set(serve.Starting, "")
	}
}

// ending is how a process has ended.
type ending struct {
	serve.Exit // Code is -1 also for a process that was ended because of a fault

	cause string
	words []string
}

// ended records the end of a process, and returns how long to wait.
func (k *keeper) ended(state serve.State, e *ending, up time.Duration) time.Duration {
	level := slog.LevelError
	if state == serve.Ended {
		level = slog.LevelInfo
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.last = &Exit{Cause: e.cause, At: time.Now(), Words: e.words}
	wait := time.Duration(0)
	if state == serve.Waiting {
		jitter := rand.Float64() //nolint:gosec // no secret
		if wait = k.backoff.Failed(up, jitter); e.cause == identityTaken {
			wait = k.backoff.Yielded(jitter)
		}
		k.restarts[e.cause]++
	}
	k.log.Log(context.Background(), level, "the process has ended", "cause", e.cause, "up", up, "next", state,
		"again_in", wait, "last_words", strings.Join(e.words, "\n"))
	return wait
}

// once runs one process to its end.
func (k *keeper) once(ctx context.Context) ending {
	limits, drain, level := k.limits()
	err := os.MkdirAll(k.dir, 0o700)
	var c *process
	if err == nil {
		c, err = startProcess(k.program, k.dir, &k.pub, level, func(line string) { k.log.Info(line) })
	}
	if err != nil {
		return ending{Exit: serve.Exit{Code: 1}, cause: "not started", words: []string{err.Error()}}
	}
	k.mu.Lock()
	k.process = c
	k.mu.Unlock()
	k.log.Info("process started", "pid", c.cmd.Process.Pid)
	asking, stop := context.WithCancel(ctx)
	answers := make(chan struct{}, 1)
	go k.ask(asking, answers)
	health := serve.NewHealth(limits, time.Now())
	fault := k.watch(ctx, c, answers, health)
	stop()
	k.end(c, fault, drain)
	e := ending{words: c.lastWords(k.redact)}
	e.Published, e.Missing = health.Published(), missing(k.pub.Input)
	if e.Code, e.Removed, e.cause = c.code(); fault != serve.NoFault {
		e.Code, e.cause = -1, string(fault)
	}
	return e
}

// missing reports whether an input is a path at which there is nothing. A name alone may be that of a launch file that
// comes with gstpublish, and what has spaces may be a pipeline.
func missing(input string) bool {
	if strings.Contains(input, "://") || strings.ContainsAny(input, " \n") || !strings.Contains(input, "/") {
		return false
	}
	_, err := os.Stat(input)
	return err != nil
}

// watch watches a process until it ends, ctx is done, or it has a fault.
func (k *keeper) watch(ctx context.Context, c *process, answers <-chan struct{}, h *serve.Health) serve.Fault {
	ticker := time.NewTicker(lookInterval)
	defer ticker.Stop()
	reports := c.reports
	for {
		select {
		case r, open := <-reports:
			if !open {
				reports = nil
				continue
			}
			h.Report(r, time.Now())
		case <-answers:
			h.Alive(time.Now())
		case <-ticker.C:
		case <-c.ended:
			return serve.NoFault
		case <-ctx.Done():
			return serve.NoFault
		}
		now := time.Now()
		k.set(h.State(now), h.Idle())
		if fault := h.Fault(now); fault != serve.NoFault {
			return fault
		}
	}
}

// end ends a process that has not ended: it may drain, unless it hangs.
func (k *keeper) end(c *process, fault serve.Fault, drain time.Duration) {
	select {
	case <-c.ended:
		c.signal(syscall.SIGKILL) // for child processes that it has left behind
		return
	default:
	}
	if fault == serve.NoFault {
		k.set(serve.Draining, "")
	}
	if fault != serve.Hung {
		c.signal(syscall.SIGTERM)
		timer := time.NewTimer(drain)
		defer timer.Stop()
		select {
		case <-c.ended:
		case <-timer.C:
			k.log.Warn("the process does not end: killing it")
		}
	}
	c.signal(syscall.SIGKILL)
	<-c.ended
}

// ask asks the process for a sign of life, once a second.
func (k *keeper) ask(ctx context.Context, answers chan<- struct{}) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		if _, err := k.get(ctx, "/healthz"); err == nil {
			select {
			case answers <- struct{}{}:
			default:
			}
		}
	}
}

// get requests a page of the process.
func (k *keeper) get(ctx context.Context, path string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://process"+path, http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := k.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	return io.ReadAll(response.Body)
}
