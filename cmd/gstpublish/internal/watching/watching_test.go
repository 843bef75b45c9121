// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package watching

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/problem"
	"github.com/gstpublish/gstpublish/internal/viewer"
)

// source has a number of frames, and then an error; nil for none, so that it waits.
type source struct {
	frames int
	err    error
}

func (s *source) Next(ctx context.Context) (*viewer.Frame, error) {
	if s.frames > 0 {
		s.frames--
		return &viewer.Frame{}, nil
	}
	if s.err == nil {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return nil, s.err
}

func TestFrames(t *testing.T) {
	stopped, cancel := context.WithCancelCause(t.Context())
	cancel(&problem.StoppedError{Signal: "SIGTERM"})
	for name, tt := range map[string]struct {
		ctx    context.Context //nolint:containedctx // of a test
		limits Limits
		source source
		why    string
		err    string
	}{
		"enough":           {t.Context(), Limits{Count: 3}, source{frames: 9}, "frames", ""},
		"the end":          {t.Context(), Limits{}, source{frames: 3, err: io.EOF}, "end of track", ""},
		"too few":          {t.Context(), Limits{Count: 3}, source{2, io.EOF}, "failure", "the track ended after 2 frames"},
		"none":             {t.Context(), Limits{}, source{0, io.EOF}, "failure", "the track ended after 0 frames"},
		"failure":          {t.Context(), Limits{}, source{1, errors.New("broken")}, "failure", "broken"},
		"stopped":          {stopped, Limits{}, source{}, "SIGTERM", ""},
		"duration":         {t.Context(), Limits{Duration: 1}, source{frames: 1}, "duration", ""},
		"nothing comes":    {t.Context(), Limits{Timeout: 1}, source{}, "failure", "no frame within 1ns"},
		"nothing any more": {t.Context(), Limits{Timeout: time.Millisecond}, source{frames: 1}, "failure", "no frame "},
	} {
		t.Run(name, func(t *testing.T) {
			tt.limits.Interval = time.Minute
			var ends []string
			last, err := tt.limits.Frames(tt.ctx, &tt.source, func(event, why string, _ time.Time) bool {
				require.Equal(t, "end", event)
				ends = append(ends, why)
				return true
			})
			require.Equal(t, []string{tt.why}, ends)
			if tt.err != "" {
				require.ErrorContains(t, err, tt.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.why == "SIGTERM", last == nil)
		})
	}
}

// TestFramesWithoutAReader: watching ends when the statistics have no reader any more.
func TestFramesWithoutAReader(t *testing.T) {
	limits := Limits{Interval: time.Millisecond}
	var events []string
	_, err := limits.Frames(t.Context(), &source{}, func(event, why string, _ time.Time) bool {
		events = append(events, event+": "+why)
		return false
	})
	require.NoError(t, err)
	require.Equal(t, []string{"stats: ", "end: output closed"}, events)
}
