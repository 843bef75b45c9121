// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package procfs reads from /proc what Linux knows about the time of processes, threads and processors. Elsewhere its
// functions return errors.
package procfs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of times in /proc: 1/USER_HZ, which is the same on every platform of Go.
const tick = 10 * time.Millisecond

// Stat is the state of a process or of a thread. Its times are exact to a hundredth of a second.
type Stat struct {
	State    string        // R for running or runnable, D for waiting in the kernel, and others: see proc_pid_stat(5)
	CPU      time.Duration // in user mode and in the kernel
	Children time.Duration // the same of its children, as far as it has waited for them
	Start    time.Duration // from the start of the machine
}

// The fields of a stat file, counted from the first one after the name.
const (
	stateField          = 0
	userField           = 11
	systemField         = 12
	childrenUserField   = 13
	childrenSystemField = 14
	startField          = 19
)

// ParseStat parses the text of a stat file.
func ParseStat(text string) (Stat, error) {
	// The name is in parentheses, and may contain any character.
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(fields) <= startField {
		return Stat{}, fmt.Errorf("procfs: stat: too few fields in %q", text)
	}
	var err error
	duration := func(field int) time.Duration {
		n, failure := strconv.ParseInt(fields[field], 10, 64)
		err = errors.Join(err, failure)
		return time.Duration(n) * tick
	}
	s := Stat{
		State: fields[stateField], CPU: duration(userField) + duration(systemField),
		Children: duration(childrenUserField) + duration(childrenSystemField), Start: duration(startField),
	}
	if err != nil {
		return Stat{}, fmt.Errorf("procfs: stat: %w", err)
	}
	return s, nil
}

func readStat(path string) (Stat, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Stat{}, fmt.Errorf("procfs: %w", err)
	}
	return ParseStat(string(text))
}

// Process returns the state of a process.
func Process(pid int) (Stat, error) { return readStat(fmt.Sprintf("/proc/%d/stat", pid)) }

// Self returns the state of this process.
func Self() (Stat, error) { return readStat("/proc/self/stat") }

// Threads returns the states of a process's threads, except of those that end meanwhile. There are none if there is no
// such process.
func Threads(pid int) (all []Stat) {
	paths, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid)) // The only error is an invalid pattern.
	for _, path := range paths {
		if s, err := readStat(path); err == nil {
			all = append(all, s)
		}
	}
	return all
}

// Uptime returns how long the machine has been running.
func Uptime() (time.Duration, error) {
	text, err := os.ReadFile("/proc/uptime")
	if err != nil {
		return 0, fmt.Errorf("procfs: %w", err)
	}
	return parseUptime(string(text))
}

func parseUptime(text string) (time.Duration, error) {
	seconds, _, _ := strings.Cut(text, " ")
	up, err := strconv.ParseFloat(seconds, 64)
	if err != nil {
		return 0, fmt.Errorf("procfs: uptime: %w", err)
	}
	return time.Duration(up * float64(time.Second)), nil
}

// Times is the time of all processors since the machine started, in a unit of the kernel's.
type Times struct{ Busy, Idle uint64 }

// Processors returns the times of the machine's processors.
func Processors() (Times, error) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return Times{}, fmt.Errorf("procfs: %w", err)
	}
	return ParseTimes(string(text))
}

// ParseTimes parses the text of /proc/stat (proc_stat(5)). Its first line has the times of all processors: user, nice,
// system, idle, iowait, irq, softirq, steal, and those of guests, which are contained in user and nice.
func ParseTimes(text string) (t Times, err error) {
	line, _, _ := strings.Cut(text, "\n")
	fields := strings.Fields(line)
	const counted, idle, iowait = 8, 3, 4
	if len(fields) <= counted || fields[0] != "cpu" {
		return Times{}, fmt.Errorf("procfs: /proc/stat begins with %q", line)
	}
	for i, field := range fields[1 : counted+1] {
		n, err := strconv.ParseUint(field, 10, 64)
		if err != nil {
			return Times{}, fmt.Errorf("procfs: /proc/stat: %w", err)
		}
		if i == idle || i == iowait {
			t.Idle += n
		} else {
			t.Busy += n
		}
	}
	return t, nil
}

// Since returns the times since then.
func (t Times) Since(then Times) Times { return Times{t.Busy - then.Busy, t.Idle - then.Idle} }

// Used returns the part of the time in which the processors were busy, from 0 to 1, and whether there is any time.
func (t Times) Used() (part float64, ok bool) {
	all := float64(t.Busy) + float64(t.Idle)
	if all <= 0 {
		return 0, false
	}
	return float64(t.Busy) / all, true
}
