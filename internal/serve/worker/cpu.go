// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"sync"
	"time"

	"github.com/gstpublish/gstpublish/internal/procfs"
)

// cpuInterval is the time over which the use of the processors is averaged, at least.
const cpuInterval = 2 * time.Second

// CPU measures how busy the processors of a machine are, on Linux: elsewhere its value is always 0. Create it with
// NewCPU. It is safe for concurrent use.
type CPU struct {
	read func() (procfs.Times, error)

	mu    sync.Mutex // protects the following fields
	at    time.Time
	times procfs.Times
	value float64
}

// NewCPU returns a CPU whose first value is 0.
func NewCPU() *CPU {
	c := &CPU{read: procfs.Processors, at: time.Now()}
	c.times, _ = c.read() // If they are unknown, all times since are the same, and the value is 0.
	return c
}

// Value returns the share of the time in which the processors were not idle lately, from 0 to 1.
func (c *CPU) Value() float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if now.Sub(c.at) < cpuInterval {
		return c.value
	}
	times, err := c.read()
	if used, ok := times.Since(c.times).Used(); err == nil && ok {
		c.value = used
	}
	c.at, c.times = now, times
	return c.value
}
