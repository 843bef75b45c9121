// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"slices"
	"time"
)

// State is the state of a publication.
type State string

// The states of a publication.
const (
	Starting State = "starting" // its process runs, and has not published yet
	Live     State = "live"     // media is sent
	Idle     State = "idle"     // nothing is sent, for a reason that is no fault of the publication: there are no viewers
	Stalled  State = "stalled"  // nothing is sent
	Waiting  State = "waiting"  // its process has ended, and is started again
	Ended    State = "ended"    // its stream has ended, and it is not started again
	Failed   State = "failed"   // it is wrong, and is not started again before its configuration changes
	Draining State = "draining" // it is being stopped
)

// States returns all states.
func States() []State {
	return []State{Starting, Live, Idle, Stalled, Waiting, Ended, Failed, Draining}
}

// Ready reports whether the publication is visible to viewers who join, or has ended without an error.
func (s State) Ready() bool { return s == Live || s == Idle || s == Ended }

// Explained reports whether media flows in this state, or the reason why it does not is known. idle is the reason that
// the process reports.
func (s State) Explained(idle string) bool { return s != Stalled || idle != "" }

// harmless lists the reasons for sending nothing that are no fault of the publication, in the words of sink.Reason.
var harmless = []string{"unwatched", "muted", "muted by the server"}

// Report is what a process reports once a second.
type Report struct {
	Frames uint64 // that were sent so far
	Audio  uint64 // packets of audio that were sent so far
	Idle   string // why no video is sent
	// Unjoined says that the server could not be joined yet, and nothing else.
	Unjoined bool
}

// Limits configures Health. Zero means no limit.
type Limits struct {
	Hang  time.Duration // how long a process may give no sign of life
	Stall time.Duration // how long a publication may send nothing, without a harmless reason
}

// Health determines the state of a publication from the reports of its process. It is for one process.
type Health struct {
	limits    Limits
	heard     bool // it has given a sign of life
	published bool
	last      Report
	alive     time.Time // the last sign of life
	sent      time.Time // when something was sent last, or did not have to be
	idle      string
}

// startFactor is how much longer a start may take than a stall: an encoder is proven, and a server joined.
const startFactor = 4

// NewHealth returns the health of a process that starts now.
func NewHealth(limits Limits, now time.Time) *Health {
	return &Health{limits: limits, alive: now, sent: now}
}

// Alive records a sign of life.
func (h *Health) Alive(now time.Time) { h.alive, h.heard = now, true }

// Report records a report.
func (h *Health) Report(r Report, now time.Time) {
	if r.Unjoined {
		h.Alive(now)
		h.sent, h.idle = now, serverReasons[0]
		return
	}
	moved := r.Frames > h.last.Frames || r.Audio > h.last.Audio
	if moved || slices.Contains(harmless, r.Idle) || !h.published {
		h.sent = now
	}
	h.Alive(now)
	h.published, h.last, h.idle = true, r, r.Idle
}

// Published reports whether the process has published something.
func (h *Health) Published() bool { return h.published }

// Idle returns why nothing is sent; "" if something is, or if the reason is not known.
func (h *Health) Idle() string { return h.idle }

// fresh is how long a publication counts as live after a report that something was sent.
const fresh = 3 * time.Second

// State returns the state of the publication.
func (h *Health) State(now time.Time) State {
	switch {
	case !h.published:
		return Starting
	case now.Sub(h.alive) > fresh || now.Sub(h.sent) > fresh:
		return Stalled
	case slices.Contains(harmless, h.idle):
		return Idle
	default:
		return Live
	}
}

// Fault is why a process must be ended.
type Fault string

// The faults.
const (
	NoFault Fault = ""
	Hung    Fault = "hung"    // it gave no sign of life
	Silent  Fault = "stalled" // it sent nothing
)

// Fault returns why the process must be ended now.
func (h *Health) Fault(now time.Time) Fault {
	hang, stall := h.limits.Hang, h.limits.Stall
	if !h.heard {
		hang *= startFactor
	}
	if !h.published {
		stall *= startFactor
	}
	switch {
	case hang > 0 && now.Sub(h.alive) >= hang:
		return Hung
	case stall > 0 && now.Sub(h.sent) >= stall && !h.disconnected():
		return Silent
	}
	return NoFault
}

// disconnected reports whether the process waits for the server, which a new process would do too.
func (h *Health) disconnected() bool { return slices.Contains(serverReasons, h.idle) }

// serverReasons are decisions of the server and states of the connection, in the words of sink.Reason. The first is
// that there is no connection.
var serverReasons = []string{"disconnected", "not permitted", "codec not enabled", "congested"}

// exitUsage is the exit code of `gstpublish run` for a wrong command line or pipeline, which stays wrong.
const exitUsage = 2

// Exit is how a process has ended by itself.
type Exit struct {
	Code      int  // -1 for a signal
	Published bool // it has published something: its command line was not wrong
	Removed   bool // the server has removed it, or another client has taken its identity
	Missing   bool // its input is a file that is not there, and may return
}

// AfterExit returns the state of a publication whose process has ended by itself.
func AfterExit(p *Publication, e Exit) State {
	restart, code := p.Restart, e.Code
	switch {
	case e.Removed && p.Movable:
		return Ended
	case code == exitUsage && !e.Published && !e.Missing:
		return Failed
	case restart == RestartAlways, restart == RestartOnFailure && code != 0:
		return Waiting
	case code == 0:
		return Ended
	default:
		return Failed
	}
}
