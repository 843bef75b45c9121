// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"time"

	"github.com/gstpublish/gstpublish/internal/procfs"
)

// startWork is more processor time than a program needs to start: Go's runtime and the libraries take some 50 ms.
const startWork = 500 * time.Millisecond

// isStarved reports whether a process wants to run, and has had too little processor time to have started: other work
// on the machine is the reason. It is false where there is no /proc.
func isStarved(pid int) bool { return starved(procfs.Threads(pid)) }

func starved(threads []procfs.Stat) bool {
	wants, used := false, time.Duration(0)
	for _, thread := range threads {
		wants = wants || thread.State == "R" || thread.State == "D"
		used += thread.CPU
	}
	return wants && used < startWork
}
