// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package publisher

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/gstpublish/gstpublish/internal/bench/proc"
	"github.com/gstpublish/gstpublish/internal/testclip"
)

// used is the resource use of the measured process so far.
type used struct {
	proc.Used

	heap *proc.Heap // nil if unknown
}

// player plays a clip like a program that draws: it changes one frame, and captures it when it is due.
type player struct {
	clip    *testclip.Clip
	log     string // file for the captures' times
	out     io.Writer
	capture func(ctx context.Context, pixels []byte) error
	used    func() (used, error)
	report  func(*Usage) // adds what else is known
	early   []time.Time  // captures of the first frame before the clip began
}

// run plays the whole clip, reports the usage, and then carries out the commands in the lines of in, until its end.
func (p *player) run(ctx context.Context, in io.Reader) error {
	playing := p.clip.Play()
	u, err := p.play(ctx, playing)
	if err == nil {
		err = json.NewEncoder(p.out).Encode(u)
	}
	if err != nil {
		return err
	}
	return p.obey(ctx, in, playing.Pixels())
}

func (p *player) play(ctx context.Context, playing *testclip.Player) (*Usage, error) {
	var drawing, inside time.Duration
	before, err := p.used()
	if err != nil {
		return nil, err
	}
	start := time.Now()
	times := make([]time.Time, p.clip.Frames())
	for i := range times {
		if err = Pause(ctx, time.Until(start.Add(p.clip.At(i)))); err != nil {
			return nil, err
		}
		drawn := time.Now()
		if i > 0 {
			playing.Next()
		}
		times[i] = time.Now()
		drawing += times[i].Sub(drawn)
		if err = p.capture(ctx, playing.Pixels()); err != nil {
			return nil, err
		}
		inside += time.Since(times[i])
	}
	elapsed := time.Since(start)
	after, err := p.used()
	if err != nil {
		return nil, err
	}
	perFrame := func(d time.Duration) float64 { return float64(d.Microseconds()) / float64(len(times)) }
	u := &Usage{Frames: len(times), Elapsed: elapsed.Seconds(), CaptureUS: perFrame(inside), DrawUS: perFrame(drawing)}
	u.setUsed(after.Since(before.Used))
	if before.heap != nil {
		heap := after.heap.Since(*before.heap)
		u.Heap = &heap
	}
	p.report(u)
	return u, p.writeLog(times)
}

// writeLog writes the captures' indices and times.
func (p *player) writeLog(times []time.Time) error {
	if p.log == "" {
		return nil
	}
	var text strings.Builder
	for _, at := range p.early {
		fmt.Fprintf(&text, "0,%d\n", at.UnixNano())
	}
	for i, at := range times {
		fmt.Fprintf(&text, "%d,%d\n", i, at.UnixNano())
	}
	return os.WriteFile(p.log, []byte(text.String()), 0o600)
}

// obey carries out the commands, until there are no more.
func (p *player) obey(ctx context.Context, in io.Reader, last []byte) error {
	lines := make(chan string)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(in); s.Scan(); {
			select {
			case lines <- strings.TrimSpace(s.Text()):
			case <-ctx.Done():
				return
			}
		}
	}()
	tick := time.NewTicker(p.clip.Interval())
	defer tick.Stop()
	tick.Stop()
	for {
		select {
		case line, more := <-lines:
			if !more {
				return nil
			}
			switch line {
			case CommandHold:
				tick.Reset(p.clip.Interval())
			case CommandRest:
				tick.Stop()
			}
			if err := p.answer(); err != nil {
				return err
			}
		case <-tick.C:
			if err := p.capture(ctx, last); err != nil {
				return err
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// answer reports the usage so far.
func (p *player) answer() error {
	now, err := p.used()
	if err != nil {
		return err
	}
	u := &Usage{Heap: now.heap}
	u.setUsed(now.Used)
	p.report(u)
	return json.NewEncoder(p.out).Encode(u)
}

// Pause waits for a time. It returns the cause if ctx is done first.
func Pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return context.Cause(ctx)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
