// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"bytes"
	"os"
	"strconv"
	"sync"
	"time"
)

// cpuInterval is the time over which the use of the processors is averaged, at least.
const cpuInterval = 2 * time.Second

// CPU measures how busy the processors of a machine are, on Linux: elsewhere its value is always 0. Create it with
// NewCPU. It is safe for concurrent use.
type CPU struct {
	read func() ([]byte, error)

	mu         sync.Mutex // protects the following fields
	at         time.Time
	busy, idle uint64 // in the system's ticks
	value      float64
}

// NewCPU returns a CPU whose first value is 0.
func NewCPU() *CPU {
	c := &CPU{read: func() ([]byte, error) { return os.ReadFile("/proc/stat") }}
	c.busy, c.idle = c.ticks()
	c.at = time.Now()
	return c
}

// Value returns the share of the time in which the processors were not idle lately, from 0 to 1.
func (c *CPU) Value() float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); now.Sub(c.at) >= cpuInterval {
		busy, idle := c.ticks()
		if all := float64(busy-c.busy) + float64(idle-c.idle); all > 0 {
			c.value = float64(busy-c.busy) / all
		}
		c.at, c.busy, c.idle = now, busy, idle
	}
	return c.value
}

// ticks reads the line of all processors: user, nice, system, idle, iowait, irq, softirq, steal and others, which are
// contained in these.
func (c *CPU) ticks() (busy, idle uint64) {
	text, err := c.read()
	if err != nil {
		return 0, 0
	}
	line, _, _ := bytes.Cut(text, []byte("\n"))
	for i, field := range bytes.Fields(line) {
		n, err := strconv.ParseUint(string(field), 10, 64)
		switch {
		case err != nil || i > 8:
		case i == 4 || i == 5:
			idle += n
		default:
			busy += n
		}
	}
	return busy, idle
}
