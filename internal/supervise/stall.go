// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package supervise

import (
	"fmt"
	"time"

	"github.com/gstpublish/gstpublish/internal/proof"
)

// How long an encoder may give nothing for the frames that it has taken, before it is replaced. A viewer must not see a
// gap of a second. Software does not hang, it is only slow, and another encoder would be no faster.
const (
	hardwarePatience = 600 * time.Millisecond
	softwarePatience = 5 * time.Second
	// droppingPatience is for an encoder that drops frames to hold its rate: it may be silent for as long as its
	// rate-control buffer lasts, and more.
	droppingPatience = 3 * time.Second
	// swallowed is how many frames it must have taken in that time.
	swallowed = 8
)

// stall notices an encoder that gives nothing any more. The zero value is not ready: see newStall.
type stall struct {
	patience time.Duration // for one that does not come back from a frame
	silence  time.Duration // for one that does, but gives no sample
	starting time.Duration // what the first sample may take in addition

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

// wait notes that its samples wait for the network, and so may it.
func (s *stall) wait(now time.Time) { s.movedAt, s.askedAt = now, now }

// check returns an error if the encoder, which has come so far, gives nothing any more.
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
