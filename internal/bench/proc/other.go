// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package proc

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gstpublish/gstpublish/internal/procfs"
)

// Snapshot is the resource use of another process up to a moment.
type Snapshot struct {
	cpu     time.Duration
	threads map[string]Used // context switches only, by thread ID
}

// Take reads the resource use of a process. CPU time includes that of children that it has waited for, and is exact to
// a hundredth of a second.
func Take(pid int) (*Snapshot, error) {
	stat, err := procfs.Process(pid)
	if err != nil {
		return nil, fmt.Errorf("proc: reading CPU time: %w", err)
	}
	dir := filepath.Join("/proc", strconv.Itoa(pid))
	s := &Snapshot{cpu: stat.CPU + stat.Children, threads: map[string]Used{}}
	tasks, err := os.ReadDir(filepath.Join(dir, "task"))
	if err != nil {
		return nil, fmt.Errorf("proc: reading context switches: %w", err)
	}
	for _, task := range tasks {
		status, err := os.ReadFile(filepath.Join(dir, "task", task.Name(), "status"))
		if err != nil {
			continue // The thread has ended.
		}
		s.threads[task.Name()] = Used{
			Voluntary:   int64(field(string(status), "voluntary_ctxt_switches")),
			Involuntary: int64(field(string(status), "nonvoluntary_ctxt_switches")),
		}
	}
	return s, nil
}

// Since returns the resource use since an earlier snapshot. It excludes the context switches of threads that have ended
// meanwhile.
func (s *Snapshot) Since(then *Snapshot) Used {
	u := Used{CPU: s.cpu - then.cpu}
	for id, now := range s.threads {
		before := then.threads[id]
		u.Voluntary += now.Voluntary - before.Voluntary
		u.Involuntary += now.Involuntary - before.Involuntary
	}
	return u
}

// Memory is the memory of a process in RAM.
type Memory struct {
	// Resident is the total in bytes. Proportional counts only the process's part of pages that several processes share.
	Resident, Proportional int
	Threads                int
}

// MemoryOf returns the memory of a process.
func MemoryOf(pid int) (Memory, error) {
	dir := filepath.Join("/proc", strconv.Itoa(pid))
	status, err := os.ReadFile(filepath.Join(dir, "status"))
	if err != nil {
		return Memory{}, fmt.Errorf("proc: reading memory: %w", err)
	}
	rollup, err := os.ReadFile(filepath.Join(dir, "smaps_rollup"))
	if err != nil {
		return Memory{}, fmt.Errorf("proc: reading memory: %w", err)
	}
	const kiB = 1024
	return Memory{
		Resident:     kiB * field(string(status), "VmRSS"),
		Proportional: kiB * field(string(rollup), "Pss"),
		Threads:      field(string(status), "Threads"),
	}, nil
}

// field returns a number from a file of "name: value" lines; 0 if it is missing.
func field(text, name string) int {
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(line, ":")
		if key != name {
			continue
		}
		n := 0
		_, _ = fmt.Sscan(value, &n)
		return n
	}
	return 0
}
