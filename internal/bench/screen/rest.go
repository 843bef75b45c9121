// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/gstpublish/gstpublish/internal/bench/proc"
	"github.com/gstpublish/gstpublish/internal/bench/publisher"
)

const (
	// settle is how long a publisher is still before the measurement begins.
	settle = time.Second
	// convergence is the time that a publisher that begins still has to become sharp.
	convergence = 5 * time.Second
)

// atRest is the cost of a still screen.
type atRest struct {
	Kbps      figure
	FPS       figure // samples a second
	KeyFrames figure // of these
	// The mean and the largest key frame for viewers who join, in kB.
	KeyKB, KeyMostKB figure
	CPUPer           figure // per cent of a core
	Wakes            figure // voluntary context switches a second
	Joins            []joined
}

// measureRest measures one of this project's publishers without captures, and then with repeated captures of the last
// frame; another publisher only without captures.
func (b *benchmark) measureRest(ctx context.Context, s *session, r *result) (err error) {
	if r.Silent, err = b.rest(ctx, s); err != nil || !s.pub.own {
		return err
	}
	u, err := s.pub.tell(ctx, publisher.CommandHold)
	if err != nil {
		return err
	}
	r.Held, err = b.rest(ctx, s)
	r.Stats = u.Stats
	return err
}

// measureHeld measures another publisher with repeated captures of the last frame. This needs a session of its own,
// since such a publisher takes no commands.
func (b *benchmark) measureHeld(ctx context.Context, s *subject, r *result) error {
	last := b.clip.frames - 1
	if b.shape.content[last] != b.shape.content[last-1] {
		return nil // The clip ends in motion.
	}
	total := convergence + b.atRest() + endTimeout
	session, err := b.open(ctx, s, "--pingpong", fmt.Sprintf("%d,%d", last-1, last),
		"--seconds", strconv.Itoa(int(total.Seconds())))
	if err != nil {
		return err
	}
	r.Held, err = b.restFromStart(ctx, session)
	return errors.Join(err, session.close())
}

// restFromStart measures a publisher that begins still.
func (b *benchmark) restFromStart(ctx context.Context, s *session) (*atRest, error) {
	waiting, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	if !s.awaitFrame(waiting) {
		return nil, fmt.Errorf("no decoded frame came: %s", s.pub.errText.String())
	}
	s.server.narrowTo(narrow{})
	if err := publisher.Pause(ctx, convergence); err != nil {
		return nil, err
	}
	return b.rest(ctx, s)
}

// atRest returns the longest time for which a screen is still.
func (b *benchmark) atRest() time.Duration {
	return settle + b.restTime + time.Duration(b.joins)*(b.joinGap+b.patience+time.Second)
}

// rest measures a publisher of a still screen, and viewers who join meanwhile.
func (b *benchmark) rest(ctx context.Context, s *session) (*atRest, error) {
	if err := publisher.Pause(ctx, settle); err != nil {
		return nil, err
	}
	before, begin := s.watcher.Stats(), time.Now()
	used, err := s.pub.used(ctx)
	if err != nil {
		return nil, err
	}
	if err = publisher.Pause(ctx, b.restTime); err != nil {
		return nil, err
	}
	after, elapsed := s.watcher.Stats(), time.Since(begin).Seconds()
	now, err := s.pub.used(ctx)
	if err != nil {
		return nil, err
	}
	used = now.Since(used)
	r := &atRest{
		KeyFrames: figure(after.KeyFrames - before.KeyFrames),
		Kbps:      figure(float64(after.Bytes-before.Bytes) * 8 / 1000 / elapsed),
		FPS:       figure(float64(after.Samples-before.Samples) / elapsed),
		CPUPer:    figure(100 * used.CPU.Seconds() / elapsed),
		Wakes:     figure(float64(used.Voluntary) / elapsed),
	}
	decoded, _ := s.watcher.all()
	if err = b.joinAtRest(ctx, s, r); err != nil {
		return nil, err
	}
	later, _ := s.watcher.all()
	r.KeyKB, r.KeyMostKB = keySizes(later[len(decoded):])
	return r, nil
}

// joinAtRest lets viewers join, one after another.
func (b *benchmark) joinAtRest(ctx context.Context, s *session, r *atRest) error {
	for i := range b.joins {
		if err := publisher.Pause(ctx, b.joinGap); err != nil {
			return err
		}
		token, err := s.server.token(s.room, fmt.Sprintf("late-%d", i))
		if err != nil {
			return err
		}
		j, err := join(ctx, s.server.URL(), token, b.final, b.patience)
		if err != nil {
			return err
		}
		r.Joins = append(r.Joins, *j)
	}
	return nil
}

const (
	// idleSpan is how long the machine is observed before a subject that requires an idle machine.
	idleSpan = 2 * time.Second
	// idlePatience bounds the wait for an idle machine. After it the subject is measured nevertheless; the column "idle
	// %" shows it.
	idlePatience = 5 * time.Minute
)

// awaitIdle waits up to idlePatience until the machine is idle for the required share of time.
func (b *benchmark) awaitIdle(ctx context.Context) error {
	if b.idle <= 0 {
		return nil
	}
	for begin := time.Now(); time.Since(begin) < idlePatience; {
		before := proc.Machine()
		if err := publisher.Pause(ctx, idleSpan); err != nil {
			return err
		}
		if is := proc.Machine().IdleSince(before); math.IsNaN(is) || is >= b.idle {
			return nil
		}
	}
	return nil
}
