// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package proc

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"strings"

	"github.com/gstpublish/gstpublish/internal/procfs"
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

// Ticks counts the time of the machine's processors since it started. The zero value is unknown.
type Ticks struct{ times procfs.Times }

// Machine returns the ticks; zero if they are unknown.
func Machine() Ticks {
	times, err := procfs.Processors()
	if err != nil {
		return Ticks{}
	}
	return Ticks{times}
}

// IdleSince returns the idle share of the processors' time since then, in per cent; NaN if it is unknown.
func (t Ticks) IdleSince(then Ticks) float64 {
	used, ok := t.times.Since(then.times).Used()
	if t == (Ticks{}) || !ok {
		return math.NaN()
	}
	return 100 * (1 - used)
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
