// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package options

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/problem"
)

// minBitrate is less than any video needs, in bit/s: a user who asks for it means kbit/s.
const minBitrate = 10_000

// Bounds of the encoder's options.
const (
	MaxFPS     = 240
	defaultFPS = 30
	maxBitrate = 1_000_000_000 // bit/s
	maxLayers  = 3
)

// CheckFPS is called only if a frame rate is given.
func CheckFPS(fps int) error {
	if fps < 1 || fps > MaxFPS {
		return fmt.Errorf("the frame rate must be between 1 and %d", MaxFPS)
	}
	return nil
}

// parseRate parses a flag's rate in bit/s, a number that may end in k or M for a thousand or a
// million.
func parseRate(flag, text string) (int, error) {
	number, unit := text, 1.0
	switch {
	case strings.HasSuffix(text, "k"), strings.HasSuffix(text, "K"):
		number, unit = text[:len(text)-1], 1e3
	case strings.HasSuffix(text, "M"), strings.HasSuffix(text, "m"):
		number, unit = text[:len(text)-1], 1e6
	}
	value, err := strconv.ParseFloat(number, 64)
	rate := value * unit
	switch {
	case err != nil || !(rate > 0 && rate <= 1e12):
		return 0, problem.Usagef("--%s must be a rate such as 2500000, 2500k or 2.5M, got %q", flag, text)
	case rate > maxBitrate:
		return 0, problem.Usagef("--%s %s is %.0f bit/s, more than the maximum of %d", flag, text, rate, maxBitrate)
	case rate < minBitrate:
		return 0, problem.Usagef("--%s %s is %.0f bit/s, too little for video: did you mean %sk?", flag, text, rate, text)
	}
	return int(rate), nil
}

// checkLayers is called only if a number of layers is given.
func checkLayers(layers int) error {
	if layers < 1 || layers > maxLayers {
		return fmt.Errorf("the number of layers must be between 1 and %d", maxLayers)
	}
	return nil
}

// CheckNotNegative refuses a negative time of a flag.
func CheckNotNegative(flag string, d time.Duration) error {
	if d < 0 {
		return problem.Usagef("--%s must not be negative, got %v", flag, d)
	}
	return nil
}
