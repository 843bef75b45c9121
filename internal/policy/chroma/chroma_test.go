// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package chroma

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// seen is a request or a key frame, in ms.
type seen struct {
	at      int
	request bool
}

func TestDoubt(t *testing.T) {
	request := func(at ...int) (all []seen) {
		for _, at := range at {
			all = append(all, seen{at, true}, seen{at + 40, false}) // A key frame answers it.
		}
		return all
	}
	for name, c := range map[string]struct {
		events []seen
		want   int // when it is certain, in ms; -1 for never
	}{
		"one viewer":              {request(0), -1},
		"a viewer that joins":     {request(0, 1000), -1},
		"viewers that join":       {request(0, 1000, 2000, 3000, 9000, 10000, 11000), -1},
		"a viewer without end":    {request(0, 500, 1000, 1500, 2000, 2500), 2000},
		"after a while":           {request(0, 60000, 61000, 62000, 63000, 64000), 64000},
		"no key frame in between": {[]seen{{0, true}, {500, true}, {1000, true}, {1500, true}, {2000, true}}, -1},
	} {
		t.Run(name, func(t *testing.T) {
			var d Doubt
			begin := time.Unix(0, 0)
			requests, keys := uint64(0), uint64(0)
			certain := -1
			for at := 0; at <= 70_000; at += 250 {
				for len(c.events) > 0 && c.events[0].at <= at {
					if c.events[0].request {
						requests++
					} else {
						keys++
					}
					c.events = c.events[1:]
				}
				if d.Look(begin.Add(time.Duration(at)*time.Millisecond), requests, keys) && certain < 0 {
					certain = at
				}
			}
			require.Equal(t, c.want, certain)
		})
	}
}
