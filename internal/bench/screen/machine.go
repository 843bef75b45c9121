// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"time"
)

const (
	// idleSpan is how long the machine is watched before a subject that is to find
	// it idle.
	idleSpan = 2 * time.Second
	// idlePatience bounds how long one waits for that; then it is measured as it is,
	// and the column "idle %" tells.
	idlePatience = 5 * time.Minute
)

// load is the machine's load over the last minute; NaN where it isn't told.
func load() figure {
	text, err := os.ReadFile("/proc/loadavg")
	var one float64
	if err == nil {
		_, err = fmt.Sscan(string(text), &one)
	}
	if err != nil {
		return nan
	}
	return figure(one)
}

// ticks is what the machine's processors have done since it started, in the kernel's
// ticks.
type ticks struct{ idle, all float64 }

// machine reads the ticks; zero where they aren't told.
func machine() ticks {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return ticks{}
	}
	return parseTicks(string(text))
}

// parseTicks reads the first line of /proc/stat (proc_stat(5)): user, nice, system,
// idle, iowait, irq, softirq, steal. What follows, of guests, is in user and nice.
func parseTicks(stat string) (t ticks) {
	line, _, _ := strings.Cut(stat, "\n")
	fields := strings.Fields(line)
	const of, counted, idle, iowait = "cpu", 8, 3, 4
	if len(fields) <= counted || fields[0] != of {
		return ticks{}
	}
	for i, field := range fields[1 : counted+1] {
		n, err := strconv.ParseFloat(field, 64)
		if err != nil {
			return ticks{}
		}
		t.all += n
		if i == idle || i == iowait {
			t.idle += n
		}
	}
	return t
}

// since is the share of the processors' time that nobody used since then, in per
// cent; NaN where that isn't told.
func (t ticks) since(then ticks) figure {
	if t.all <= then.all {
		return nan
	}
	return figure(100 * (t.idle - then.idle) / (t.all - then.all))
}

// awaitIdle waits until the machine has been idle for the share that is asked for,
// but not for ever.
func (b *benchmark) awaitIdle(ctx context.Context) error {
	if b.idle <= 0 {
		return nil
	}
	for begin := time.Now(); time.Since(begin) < idlePatience; {
		before := machine()
		if err := pause(ctx, idleSpan); err != nil {
			return err
		}
		if is := machine().since(before); math.IsNaN(float64(is)) || float64(is) >= b.idle {
			return nil
		}
	}
	return nil
}
