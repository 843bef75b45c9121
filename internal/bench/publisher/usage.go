// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package publisher

import (
	"encoding/json"

	"github.com/gstpublish/gstpublish/internal/bench/proc"
	"github.com/gstpublish/gstpublish/sink"
)

// The first argument of a process selects its kind.
const (
	PublishCommand = "publish" // publish from Go
	RunCommand     = "run"     // publish with the command gstpublish
	EncodeCommand  = "encode"  // encode, and send nothing
)

// The commands for a publishing process, one per line.
const (
	CommandCPU  = "cpu"  // report the CPU time so far
	CommandHold = "hold" // capture the last frame repeatedly
	CommandRest = "rest" // capture nothing
)

// Usage is the report of a publisher as a line of JSON: once after the clip, about all of it, and after each command,
// with the CPU time of the whole process. Publishers of other projects only need CPU.
type Usage struct {
	Frames    int     `json:"frames"`
	CPU       float64 `json:"cpu_s"` // seconds, user and system
	Elapsed   float64 `json:"elapsed_s"`
	CaptureUS float64 `json:"capture_us"`        // mean time inside CaptureFrame
	DrawUS    float64 `json:"draw_us,omitempty"` // mean time to draw a frame

	// Voluntary and Involuntary context switches of all threads. Nil if unknown.
	Voluntary   *int64 `json:"voluntary_switches,omitempty"`
	Involuntary *int64 `json:"involuntary_switches,omitempty"`
	// Heap has the counts of Go's allocator. Nil if unknown.
	Heap *proc.Heap `json:"heap,omitempty"`

	Encoder string `json:"encoder,omitempty"`
	// Stats are the statistics of the publication.
	Stats *sink.Stats `json:"stats,omitempty"`
}

// ParseUsage parses a line. It returns nil for a line without CPU time, such as one of a log.
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

// setUsed sets the fields from the resource use of a process.
func (u *Usage) setUsed(used proc.Used) {
	u.CPU, u.Voluntary, u.Involuntary = used.CPU.Seconds(), &used.Voluntary, &used.Involuntary
}
