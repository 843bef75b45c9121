// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/screencast"
)

// encoding takes a source's frames to an encoder and its track, and replaces
// the encoder when it fails.
type encoding struct {
	p      *Publication
	src    *appsrc.VideoSource
	fps    int
	n      *counters
	feed   *appsrc.Feed
	screen *screencast.Driver // of screens; nil for cameras
	ctx    context.Context    //nolint:containedctx // of the publication's life, ends with cancel
	cancel context.CancelFunc

	pushes atomic.Uint64 // pictures given to an encoder
	missed atomic.Bool   // the last one was not, as nobody would have got it
	size   atomic.Uint64 // of the last picture: width<<32 | height

	estimate atomic.Int64 // of what can be sent, in bit/s; 0 for none

	current atomic.Pointer[engine] // nil while there is none
	writing sync.Mutex             // held while a sample is written

	mu      sync.Mutex // protects what follows
	ending  bool
	failure error    // why there will be no encoder any more
	except  []string // candidates that have failed
	events  []EncoderEvent
}

// newEncoding makes one that gets no pictures yet. The error is a
// *screencast.OptionError.
func (p *Publication) newEncoding(src *appsrc.VideoSource) (*encoding, error) {
	e := &encoding{p: p, src: src, fps: src.FPS(), n: &counters{}}
	e.feed = appsrc.NewFeed(src, e)
	width, height := src.Size()
	e.setSize(width, height)
	if p.opts.Screencast {
		var err error
		if e.screen, err = screencast.NewDriver(p.opts.screen(width, height, e.fps), e.again); err != nil {
			return nil, fmt.Errorf("sink: %w", err)
		}
	}
	// It lives as long as the publication, not as the call that made it.
	e.ctx, e.cancel = context.WithCancel(context.Background())
	return e, nil
}

func (e *encoding) setSize(width, height int) {
	e.size.Store(uint64(width)<<32 | uint64(uint32(height)))
}

func (e *encoding) pictureSize() (width, height int) {
	s := e.size.Load()
	return int(s >> 32), int(uint32(s))
}

func (e *encoding) bitrateFor(width, height int, codec pipeline.Codec) int {
	return e.p.opts.bitrate(width, height, e.fps, codec)
}

// Offer implements appsrc.Consumer.
func (e *encoding) Offer(f appsrc.Frame) (replaced int, err error) {
	if e.screen != nil {
		return e.offerScreen(f)
	}
	e.n.offered.Add(1)
	g := e.ready()
	e.missed.Store(g == nil)
	if g == nil {
		e.lost()
		return 0, e.err()
	}
	if w, h := f.Caps.Size(); g.resized(w, h) {
		e.setSize(w, h)
		if err = g.chain.SetBitrate(e.cameraTarget(g)); err != nil {
			return 0, e.err() // The chain has ended; who watches it knows.
		}
	}
	if g.keyDue() {
		g.chain.ForceKeyUnit()
	}
	return e.push(g, f, f.PTS)
}

// ready is the encoder, if there is one and somebody may get what it makes.
func (e *encoding) ready() *engine {
	if g := e.current.Load(); g != nil && g.track.open() {
		return g
	}
	return nil
}

// lost counts a captured picture that came while nothing was ready, and remembers
// that what comes next doesn't reach back to it.
func (e *encoding) lost() {
	g := e.current.Load()
	if g == nil {
		e.n.switching.Add(1)
		return
	}
	g.track.awaitKey.Store(true)
	g.track.countClosed()
}

// push gives a picture to an encoder.
func (e *encoding) push(g *engine, f appsrc.Frame, pts time.Duration) (replaced int, err error) {
	e.pushes.Add(1)
	dropped, err := g.chain.Push(f.Buffer, f.Caps, pts)
	g.notePush()
	replaced = int(dropped - g.dropped)
	g.dropped = dropped
	e.n.queueFull.Add(uint64(replaced))
	if err != nil {
		e.missed.Store(true)
		return replaced, e.err()
	}
	return replaced, nil
}

// err is why there will be no encoder any more; nil while there will.
func (e *encoding) err() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.failure
}

// quietAfter is after how many of its frame times a source counts as still.
const quietAfter = 3

// keyUnit makes the next picture a key frame, and sees to it that there is a
// next picture: a source that stands still gives its last once more.
func (e *encoding) keyUnit() {
	if e.screen != nil {
		e.screen.RequestKey()
		return
	}
	g := e.current.Load()
	if g == nil {
		return // The next encoder begins with one.
	}
	g.chain.ForceKeyUnit()
	if e.missed.Load() {
		e.feed.Repeat(0)
		return
	}
	quiet := quietAfter * g.chain.FrameDuration()
	if e.feed.Repeat(quiet) {
		return
	}
	// It moves, so its next frame will do, unless this was its last.
	pushes := e.pushes.Load()
	time.AfterFunc(quiet, func() {
		if e.pushes.Load() == pushes {
			e.feed.Repeat(0)
		}
	})
}

// wake answers that someone may watch from now on.
func (e *encoding) wake() {
	g := e.ready()
	if g == nil {
		return
	}
	if e.screen != nil {
		e.screen.SetOpen(true)
	}
	g.track.keys.request()
}

// pump writes an encoder's samples while it is the current one.
func (e *encoding) pump(g *engine) {
	var buf []byte
	last := int64(-1)
	for {
		s, err := g.chain.Output().Pull(buf)
		if err != nil {
			return // What went wrong is Run's to say.
		}
		buf = s.Data
		if s.PTS >= 0 && s.PTS <= last {
			select {
			case g.failed <- errReordered:
			default:
			}
			continue
		}
		last = max(last, s.PTS)
		g.samples.Add(1)
		e.writing.Lock()
		current := e.current.Load() == g
		if current {
			g.track.write(s)
		}
		e.writing.Unlock()
		if current && e.screen != nil {
			e.screen.Coded(g.coded(s))
		}
	}
}

// keep replaces the encoder whenever it fails, until it ends.
func (e *encoding) keep() error {
	g := e.current.Load()
	for {
		cause := g.watch()
		if cause == nil || e.isEnding() {
			return cause
		}
		e.retire(g)
		next, err := e.replace(g, cause)
		if err != nil {
			e.mu.Lock()
			e.failure = err
			e.mu.Unlock()
			return err
		}
		if next == nil {
			return nil
		}
		g = next
	}
}

// retire takes an encoder out of service. A driver may take its time to let go.
func (e *encoding) retire(g *engine) {
	e.writing.Lock()
	e.current.Store(nil)
	e.writing.Unlock()
	e.p.group.Go(func() error {
		if err := g.chain.Close(); err != nil {
			e.p.log.Warn("a failed encoder doesn't let go", "encoder", g.choice.String(), "err", err)
		}
		return nil
	})
}

func (e *encoding) isEnding() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.ending
}

// end lets no new encoder come, and returns the one that is there.
func (e *encoding) end() *engine {
	e.mu.Lock()
	e.ending = true
	e.mu.Unlock()
	return e.current.Load()
}

// stop ends the stream after what was captured.
func (e *encoding) stop(ctx context.Context) error {
	if e.screen != nil {
		e.flush()
	}
	e.feed.Detach()
	if g := e.end(); g != nil {
		return g.chain.Stop(ctx)
	}
	return nil
}

func (e *encoding) close() error {
	e.feed.Detach()
	if e.screen != nil {
		e.screen.Stop()
	}
	g := e.end()
	e.cancel()
	if g == nil {
		return nil
	}
	g.track.keys.stop()
	return g.chain.Close()
}
