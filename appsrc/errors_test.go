// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package appsrc

import (
	"errors"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTimestampError(t *testing.T) {
	err := error(&TimestampError{TimestampUS: 5_000_000, LastUS: 7_500_000})
	require.ErrorIs(t, err, ErrTimestamp)
	require.NotErrorIs(t, err, ErrClosed)
	require.EqualError(t, err, "appsrc: timestamp 5000000 µs is 2.5s before that of the previous frame, 7500000 µs "+
		"(after a clock reset, capture one frame with timestamp 0)")

	// A distance that no time.Duration holds.
	err = &TimestampError{TimestampUS: math.MinInt64, LastUS: math.MaxInt64}
	require.ErrorContains(t, err, "is 18446744073709551615 µs before that")
}

func TestPipelineError(t *testing.T) {
	cause := errors.New("vp8enc0: out of memory")
	err := error(&PipelineError{Err: cause})
	require.ErrorIs(t, err, cause)
	require.EqualError(t, err, "appsrc: the source's pipeline failed: vp8enc0: out of memory")
}

// Hand-made errors print too.
func TestFrameErrorPrints(t *testing.T) {
	for _, sentinel := range []error{ErrFormat, ErrSize, ErrPlanes, ErrStride, ErrLength, ErrClosed, nil} {
		for _, plane := range []int{-1, 0, 9} {
			err := &FrameError{Type: 77, Plane: plane, Got: 5, Err: sentinel}
			require.Contains(t, err.Error(), "appsrc: ")
			require.Contains(t, err.Error(), "77")
		}
	}
	big := &FrameError{Type: BufferRGBA, Width: 1, Height: 1, Want: math.MaxInt32, Got: math.MaxInt, Err: ErrStride}
	require.Contains(t, big.Error(), "want at most 2147483647")
}
