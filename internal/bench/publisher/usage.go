// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package publisher

import (
	"encoding/json"

	"github.com/gstpublish/gstpublish/internal/bench/proc"
	"github.com/gstpublish/gstpublish/sink"
)

// The first argument of a process: what it is to be.
const (
	PublishCommand = "publish" // publish from Go
	RunCommand     = "run"     // have the command gstpublish publish
	EncodeCommand  = "encode"  // encode, and send nothing
)

// What may be written to a publishing process, a line each.
const (
	CommandCPU  = "cpu"  // report the CPU time so far
	CommandHold = "hold" // capture the last frame again and again
	CommandRest = "rest" // capture nothing
)

// Usage is what a publisher reports as a line of JSON: after the clip, of all of it;
// and after each command, with the CPU time of the whole process. Of a publisher of
// another project, only CPU must be there.
type Usage struct {
	Frames    int     `json:"frames"`
	CPU       float64 `json:"cpu_s"` // seconds, user and system
	Elapsed   float64 `json:"elapsed_s"`
	CaptureUS float64 `json:"capture_us"`        // mean time inside CaptureFrame
	DrawUS    float64 `json:"draw_us,omitempty"` // mean time to draw a frame

	// Voluntary and Involuntary context switches of all threads. Nil if unknown.
	Voluntary   *int64 `json:"voluntary_switches,omitempty"`
	Involuntary *int64 `json:"involuntary_switches,omitempty"`
	// Heap is what Go's allocator did. Nil if unknown.
	Heap *proc.Heap `json:"heap,omitempty"`

	Encoder string `json:"encoder,omitempty"`
	// Stats are the publication's.
	Stats *sink.Stats `json:"stats,omitempty"`
}

// ParseUsage reads a line. It returns nil for one that reports no CPU time, such as
// of a log.
func ParseUsage(line []byte) *Usage {
	var report struct {
		Usage
		CPU *float64 `json:"cpu_s"`
	}
	if json.Unmarshal(line, &report) != nil || report.CPU == nil {
		return nil
	}
	report.Usage.CPU = *report.CPU
	return &report.Usage
}

// setUsed fills in what a process has used.
func (u *Usage) setUsed(used proc.Used) {
	u.CPU, u.Voluntary, u.Involuntary = used.CPU.Seconds(), &used.Voluntary, &used.Involuntary
}
