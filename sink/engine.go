// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/gstpublish/gstpublish/internal/bitstream"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/pipeline/proof"
)

// How long an encoder may give nothing for the pictures that it has got, before
// it is replaced. A viewer shall not see a gap of a second. Software doesn't
// hang, it is only slow, and another would be no faster.
const (
	hardwarePatience = 600 * time.Millisecond
	softwarePatience = 5 * time.Second
	// An encoder that drops pictures to hold its rate may be silent for as long
	// as its rate-control buffer lasts, and more.
	droppingPatience = 3 * time.Second
	// swallowed is how many pictures it must have got in that time.
	swallowed = 8
	// stallCheck is how often that is looked at of hardware; of software, which has more
	// time, when publications look at other things too.
	stallCheck = 50 * time.Millisecond
)

var errReordered = errors.New("it reorders frames: it produces B-frames")

// engine is one encoder at work.
type engine struct {
	choice  proof.Choice
	chain   *pipeline.EncodeChain
	track   *track
	ran     chan error // what Run returned
	failed  chan error // what else was wrong
	samples atomic.Uint64
	pushes  atomic.Uint64 // pictures that it was given
	resting atomic.Bool   // nothing is to be watched until the next picture
	pushed  chan struct{} // has room for one word that there is something to watch again

	// Of Offer, whose calls come one after another.
	dropped       uint64
	width, height int    // of the source's pictures, in px
	size          [2]int // that they are coded at
	layers        int    // how many of the sizes in one stream are coded; 0 for all

	parser *bitstream.Parser // of the goroutine that pulls; nil for cameras
}

// resized notes the size of a picture in px, and tells whether it is a new one.
func (g *engine) resized(width, height int) bool {
	if g.width == width && g.height == height {
		return false
	}
	g.width, g.height = width, height
	return true
}

// keyDue tells whether the picture at hand is to be a key frame since nothing
// that was sent reaches up to it. So the source, which waits for us, isn't asked.
func (g *engine) keyDue() bool {
	if !g.track.awaitKey.Load() || !g.track.keys.due() {
		return false
	}
	g.track.n.keyRequests.Add(1)
	return true
}

// notePush counts a picture, and wakes watch if that rests.
func (g *engine) notePush() {
	g.pushes.Add(1)
	if !g.resting.CompareAndSwap(true, false) {
		return
	}
	select {
	case g.pushed <- struct{}{}:
	default:
	}
}

// watch waits until the encoder has ended, nil, or has failed.
func (g *engine) watch() error {
	s := newStall(&g.choice, time.Now())
	timer := time.NewTimer(g.untilLook())
	defer timer.Stop()
	seen := g.pushes.Load()
	for {
		select {
		case err := <-g.ran:
			return err
		case err := <-g.failed:
			return err
		case <-g.pushed:
			seen = g.pushes.Load()
			timer.Reset(g.untilLook())
		case <-timer.C:
			pushes := g.pushes.Load()
			resting, err := g.look(s)
			if err != nil {
				return err
			}
			if !resting || pushes != seen || !g.rest(pushes) {
				timer.Reset(g.untilLook())
			}
			seen = pushes
		}
	}
}

// untilLook is how long watch waits for its next look. Software's are at the same
// moments as Publication.watch's, so that they wake the process once.
func (g *engine) untilLook() time.Duration {
	if g.choice.Row.Hardware() {
		return stallCheck
	}
	return muteCheck + untilTick(time.Now())
}

// look checks the encoder. It reports whether there is nothing to wait for.
func (g *engine) look(s *stall) (resting bool, err error) {
	now := time.Now()
	taken, busy := g.chain.Progress()
	if g.track.writing() > 0 {
		// What it makes waits for the network, and so may it.
		s.wait(now)
	}
	err = s.check(now, taken, g.samples.Load(), busy)
	return !busy && s.answered == s.taken, err
}

// rest has the next picture wake watch, so that a still screen costs nothing. It
// returns false if there was one since pushes were counted.
func (g *engine) rest(pushes uint64) bool {
	g.resting.Store(true)
	if g.pushes.Load() == pushes {
		return true
	}
	// If notePush was first, it wakes watch.
	return !g.resting.CompareAndSwap(true, false)
}

// stall notices an encoder that gives nothing any more.
type stall struct {
	patience time.Duration // for one that doesn't come back from a picture
	silence  time.Duration // for one that does, but gives no sample
	starting time.Duration // what the first sample may take in addition

	taken, samples uint64
	answered       uint64    // pictures taken when the last sample came
	movedAt        time.Time // when a picture was taken or a sample came
	askedAt        time.Time // when the first picture since the last sample was taken
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

// wait says that its samples aren't taken at the moment.
func (s *stall) wait(now time.Time) { s.movedAt, s.askedAt = now, now }

// check is told how far the encoder has come.
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
