// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package timeline

import (
	"strconv"
	"time"

	"github.com/gstpublish/gstpublish/internal/procfs"
)

// ProcessStart returns when this process started, give or take 10 ms. Without /proc it returns the present.
func ProcessStart() time.Time {
	now := time.Now()
	self, err := procfs.Self()
	if err != nil {
		return now
	}
	up, err := procfs.Uptime()
	if err != nil || up < self.Start {
		return now
	}
	return now.Add(self.Start - up)
}

func milliseconds(d time.Duration) string {
	return strconv.FormatInt(d.Milliseconds(), 10)
}
