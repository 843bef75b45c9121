// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package proc

import (
	"runtime"
	"syscall"
	"time"
)

// Used is what a process has used since it started, or between two moments.
type Used struct {
	// CPU is user and system time of all threads.
	CPU time.Duration
	// Voluntary context switches are those of a thread that waits, Involuntary
	// those of a thread that had to make room for another. Each is followed by a
	// wake-up or a turn.
	Voluntary, Involuntary int64
}

// Since returns what was used since then.
func (u Used) Since(then Used) Used {
	return Used{u.CPU - then.CPU, u.Voluntary - then.Voluntary, u.Involuntary - then.Involuntary}
}

// Self returns what this process has used so far, threads that have ended included.
func Self() Used {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return Used{} // It fails for wrong arguments only.
	}
	return Used{time.Duration(r.Utime.Nano() + r.Stime.Nano()), r.Nvcsw, r.Nivcsw}
}

// Heap is what Go's allocator has done since the process started, or between two
// moments. Memory that C allocates is not in it.
type Heap struct {
	Mallocs uint64 // objects
	Bytes   uint64
	GCs     uint32 // collections
}

// Since returns what was done since then.
func (h Heap) Since(then Heap) Heap {
	return Heap{h.Mallocs - then.Mallocs, h.Bytes - then.Bytes, h.GCs - then.GCs}
}

// SelfHeap returns this process's. It stops all goroutines for a moment.
func SelfHeap() Heap {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return Heap{m.Mallocs, m.TotalAlloc, m.NumGC}
}
