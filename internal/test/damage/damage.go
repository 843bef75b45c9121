// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package damage damages encoded media, for tests: as files are that were cut off, and as packets
// that were not whole.
package damage

import (
	"math/rand/v2"
	"slices"
)

const (
	cuts  = 16 // truncated copies
	flips = 16 // copies with wrong bits
	holes = 8  // copies with missing bytes
	// header is where most of what parsers read is.
	header = 64
)

// Of returns damaged copies of data, which is not empty: truncated, with wrong bits and with
// missing bytes, more often at the beginning than behind it. They are the same each time.
func Of(data []byte) (damaged [][]byte) {
	random := rand.New(rand.NewPCG(1, uint64(len(data)))) //nolint:gosec // for tests
	at := func() int {
		if random.IntN(2) == 0 {
			return random.IntN(min(header, len(data)))
		}
		return random.IntN(len(data))
	}
	for range cuts {
		damaged = append(damaged, data[:at()])
	}
	for i := range flips {
		wrong := slices.Clone(data)
		for range 1 + i/4 {
			wrong[at()] ^= 1 << random.IntN(8)
		}
		damaged = append(damaged, wrong)
	}
	for range holes {
		from := at()
		damaged = append(damaged, slices.Delete(slices.Clone(data), from, min(len(data), from+1+random.IntN(header))))
	}
	return damaged
}
