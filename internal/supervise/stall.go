// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package supervise

import (
	"fmt"
	"time"

	"github.com/gstpublish/gstpublish/internal/proof"
)

// The times that an encoder may take without a sample before it is replaced. A viewer must not see a gap of a second.
// Software does not hang: if it is slow, another encoder would not be faster.
const (
	hardwarePatience = 600 * time.Millisecond
	softwarePatience = 5 * time.Second
	// droppingPatience applies to encoders that drop frames to keep their rate. They may be silent for longer than their
	// rate-control buffer lasts.
	droppingPatience = 3 * time.Second
	// swallowed is the number of frames that it must have taken in that time.
	swallowed = 8
)

// stall detects an encoder that has stopped to produce samples. Use newStall.
type stall struct {
	patience time.Duration // for an encoder that does not return from a frame
	silence  time.Duration // for one that returns, but produces no sample
	starting time.Duration // additional time for the first sample

	taken, samples uint64
	answered       uint64    // frames taken when the last sample came
	movedAt        time.Time // when a frame was taken or a sample came
	askedAt        time.Time // when the first frame since the last sample was taken
}

func newStall(c *proof.Choice, now time.Time) *stall {
	s := &stall{patience: hardwarePatience, silence: hardwarePatience, movedAt: now}
	if !c.Row.Hardware() {
		s.patience, s.silence = softwarePatience, softwarePatience
	}
	if c.Row.Drops {
		s.silence = max(s.silence, droppingPatience)
	}
	s.starting = 3 * c.Report.First
	return s
}

// wait records that samples wait for the network, which may block the encoder.
func (s *stall) wait(now time.Time) { s.movedAt, s.askedAt = now, now }

// check returns an error if the encoder has stalled. taken and samples are its counts so far.
func (s *stall) check(now time.Time, taken, samples uint64, busy bool) error {
	if samples > s.samples {
		s.samples, s.answered, s.movedAt = samples, taken, now
		s.starting = 0
	}
	if taken > s.taken {
		if s.taken <= s.answered {
			s.askedAt = now
		}
		s.taken, s.movedAt = taken, now
	}
	if still := now.Sub(s.movedAt); busy && still > s.patience+s.starting {
		return fmt.Errorf("it has been stuck in a frame for %v", still.Round(time.Millisecond))
	}
	unanswered := taken - s.answered
	if silent := now.Sub(s.askedAt); unanswered >= swallowed && silent > s.silence+s.starting {
		return fmt.Errorf("it has produced nothing for %d frames in %v", unanswered, silent.Round(time.Millisecond))
	}
	return nil
}
