// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package proc

import (
	"runtime"
	"syscall"
	"time"
)

// Used is the resource use of a process since it started, or between two moments.
type Used struct {
	// CPU is the user and system time of all threads.
	CPU time.Duration
	// Voluntary counts the context switches of threads that wait, Involuntary those of threads that were preempted. Each
	// is followed by a wake-up or a turn.
	Voluntary, Involuntary int64
}

// Since returns the resource use since then.
func (u Used) Since(then Used) Used {
	return Used{u.CPU - then.CPU, u.Voluntary - then.Voluntary, u.Involuntary - then.Involuntary}
}

// Self returns the resource use of this process so far, including threads that have ended.
func Self() Used {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return Used{} // It fails for wrong arguments only.
	}
	return Used{time.Duration(r.Utime.Nano() + r.Stime.Nano()), r.Nvcsw, r.Nivcsw}
}

// Heap counts the work of Go's allocator since the process started, or between two moments. It excludes memory that C
// allocates.
type Heap struct {
	Mallocs uint64 // objects
	Bytes   uint64
	GCs     uint32 // collections
}

// Since returns the counts since then.
func (h Heap) Since(then Heap) Heap {
	return Heap{h.Mallocs - then.Mallocs, h.Bytes - then.Bytes, h.GCs - then.GCs}
}

// SelfHeap returns the counts of this process. It stops all goroutines for a moment.
func SelfHeap() Heap {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return Heap{m.Mallocs, m.TotalAlloc, m.NumGC}
}
