// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package proc

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"strconv"
	"strings"
)

// Load returns the machine's load over the last minute; NaN if it is unknown.
func Load() float64 {
	text, err := os.ReadFile("/proc/loadavg")
	var one float64
	if err == nil {
		_, err = fmt.Sscan(string(text), &one)
	}
	if err != nil {
		return math.NaN()
	}
	return one
}

// Ticks counts the time of the machine's processors since it started.
type Ticks struct{ idle, all float64 }

// Machine returns the ticks; zero if they are unknown.
func Machine() Ticks {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return Ticks{}
	}
	return parseTicks(string(text))
}

// parseTicks parses the first line of /proc/stat (proc_stat(5)): user, nice, system, idle, iowait, irq, softirq, steal.
// The following fields, of guests, are included in user and nice.
func parseTicks(stat string) (t Ticks) {
	line, _, _ := strings.Cut(stat, "\n")
	fields := strings.Fields(line)
	const of, counted, idle, iowait = "cpu", 8, 3, 4
	if len(fields) <= counted || fields[0] != of {
		return Ticks{}
	}
	for i, field := range fields[1 : counted+1] {
		n, err := strconv.ParseFloat(field, 64)
		if err != nil {
			return Ticks{}
		}
		t.all += n
		if i == idle || i == iowait {
			t.idle += n
		}
	}
	return t
}

// IdleSince returns the idle share of the processors' time since then, in per cent; NaN if it is unknown.
func (t Ticks) IdleSince(then Ticks) float64 {
	if t.all <= then.all {
		return math.NaN()
	}
	return 100 * (t.idle - then.idle) / (t.all - then.all)
}

// Describe returns a short description of the machine: its processor and number of cores, the kernel, the distribution,
// and the version of Go.
func Describe() string {
	read := func(path string) string {
		text, err := os.ReadFile(path)
		if err != nil {
			return ""
		}
		return strings.TrimSpace(string(text))
	}
	return describe(read("/proc/cpuinfo"), read("/proc/sys/kernel/osrelease"), read("/etc/os-release"),
		read("/etc/debian_version"), runtime.NumCPU())
}

// describe is Describe for the given contents of the files.
func describe(cpus, kernel, system, debian string, cores int) string {
	processor := "an unknown processor"
	for line := range strings.Lines(cpus) {
		if key, value, _ := strings.Cut(line, ":"); strings.TrimSpace(key) == "model name" {
			processor = strings.TrimSpace(value)
			break
		}
	}
	words := []string{fmt.Sprintf("%s (%d cores)", processor, cores)}
	if strings.Contains(cpus, " hypervisor ") {
		words[0] = fmt.Sprintf("%s (%d virtual cores)", processor, cores)
	}
	if kernel != "" {
		words = append(words, "Linux "+kernel)
	}
	words = append(words, distribution(system, debian)...)
	return strings.Join(append(words, "Go "+strings.TrimPrefix(runtime.Version(), "go")), ", ")
}

// distribution returns the name and version of the distribution; empty if they are unknown.
func distribution(system, debian string) []string {
	if strings.Contains(system, "ID=debian") && debian != "" {
		return []string{"Debian " + debian}
	}
	for line := range strings.Lines(system) {
		if name, found := strings.CutPrefix(strings.TrimSpace(line), "PRETTY_NAME="); found {
			return []string{strings.Trim(name, `"`)}
		}
	}
	return nil
}
