// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

const (
	// startWork is more processor time than a program needs to start: Go's runtime and the libraries take some 50 ms.
	startWork = 500 * time.Millisecond
	// clockTick is the unit of processor times in /proc (USER_HZ).
	clockTick = 10 * time.Millisecond
)

// isStarved reports whether a process wants to run, and has had too little processor time to have started: other work
// on the machine is the reason. It is false where there is no /proc.
func isStarved(pid int) bool {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	if err != nil {
		return false
	}
	wants, used := false, time.Duration(0)
	for _, path := range threads {
		state, took := threadOf(path)
		wants = wants || state == "R" || state == "D"
		used += took
	}
	return wants && used < startWork
}

// threadOf returns the state of a thread and its processor time, from its file in /proc; see proc_pid_stat(5).
func threadOf(path string) (state string, used time.Duration) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", 0 // It has ended.
	}
	// The name comes before, in parentheses. It may have any character.
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	const user, system = 11, 12
	if len(fields) <= system {
		return "", 0
	}
	for _, i := range []int{user, system} {
		ticks, err := strconv.ParseInt(string(fields[i]), 10, 64)
		if err == nil {
			used += time.Duration(ticks) * clockTick
		}
	}
	return string(fields[0]), used
}
