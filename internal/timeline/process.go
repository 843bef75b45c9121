// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package timeline

import (
	"os"
	"strconv"
	"strings"
	"time"
)

// clockTicks is how many parts of a second /proc counts in, on every architecture
// that Go supports (USER_HZ).
const clockTicks = 100

// startField is the place of a process's start time in /proc/PID/stat, counted from
// the first field after the program's name (proc_pid_stat(5)).
const startField = 19

// ProcessStart returns when this process started, give or take 10 ms. Without
// /proc it returns the present.
func ProcessStart() time.Time {
	now := time.Now()
	stat, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return now
	}
	uptime, err := os.ReadFile("/proc/uptime")
	if err != nil {
		return now
	}
	age, ok := age(string(stat), string(uptime))
	if !ok {
		return now
	}
	return now.Add(-age)
}

// age returns how old a process is, from the text of its stat and of the machine's
// uptime.
func age(stat, uptime string) (time.Duration, bool) {
	// The program's name is in parentheses, and may have any in it.
	_, rest, found := cutLast(stat, ") ")
	fields := strings.Fields(rest)
	if !found || len(fields) <= startField {
		return 0, false
	}
	started, err := strconv.ParseFloat(fields[startField], 64)
	if err != nil {
		return 0, false
	}
	text, _, _ := strings.Cut(uptime, " ")
	up, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, false
	}
	age := time.Duration((up - started/clockTicks) * float64(time.Second))
	return age, age >= 0
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

func milliseconds(d time.Duration) string {
	return strconv.FormatInt(d.Milliseconds(), 10)
}
