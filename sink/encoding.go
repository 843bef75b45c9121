// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/pipeline"
)

// encoding takes a source's frames to an encoder and its track, and replaces
// the encoder when it fails.
type encoding struct {
	p      *Publication
	src    *appsrc.VideoSource
	fps    int
	n      *counters
	detach func()
	ctx    context.Context //nolint:containedctx // of the publication's life, ends with cancel
	cancel context.CancelFunc

	pushes atomic.Uint64 // pictures given to an encoder
	missed atomic.Bool   // the last one was not, as nobody would have got it
	size   atomic.Uint64 // of the last picture: width<<32 | height

	current atomic.Pointer[engine] // nil while there is none
	writing sync.Mutex             // held while a sample is written

	mu      sync.Mutex // protects what follows
	ending  bool
	failure error    // why there will be no encoder any more
	except  []string // candidates that have failed
	events  []EncoderEvent
}

func (p *Publication) newEncoding(src *appsrc.VideoSource) *encoding {
	e := &encoding{p: p, src: src, fps: src.FPS(), n: &counters{}}
	// It lives as long as the publication, not as the call that made it.
	e.ctx, e.cancel = context.WithCancel(context.Background())
	width, height := src.Size()
	e.setSize(width, height)
	return e
}

func (e *encoding) setSize(width, height int) {
	e.size.Store(uint64(width)<<32 | uint64(uint32(height)))
}

func (e *encoding) pictureSize() (width, height int) {
	s := e.size.Load()
	return int(s >> 32), int(uint32(s))
}

func (e *encoding) bitrateFor(width, height int, codec pipeline.Codec) int {
	if e.p.opts.Bitrate > 0 {
		return e.p.opts.Bitrate
	}
	if width == 0 {
		width, height = 1280, 720 // until a frame says better
	}
	return presetBitrate(width, height, e.fps, e.p.opts.Screencast, codec)
}

// Offer implements appsrc.Consumer.
func (e *encoding) Offer(f appsrc.Frame) (replaced int, err error) {
	e.n.offered.Add(1)
	g := e.current.Load()
	if g == nil {
		e.missed.Store(true)
		e.n.switching.Add(1)
		return 0, e.err()
	}
	if !g.track.open() {
		e.missed.Store(true)
		g.track.awaitKey.Store(true)
		g.track.countClosed()
		return 0, e.err()
	}
	e.missed.Store(false)
	e.pushes.Add(1)
	if w, h := f.Caps.Size(); w != g.width || h != g.height {
		g.width, g.height = w, h
		e.setSize(w, h)
		if err = g.chain.SetBitrate(e.bitrateFor(w, h, g.chain.Codec())); err != nil {
			return 0, e.err() // The chain has ended; who watches it knows.
		}
	}
	if g.track.awaitKey.Load() && g.track.keys.due() {
		// The picture is here, so the source, which waits for us, isn't asked.
		e.n.keyRequests.Add(1)
		g.chain.ForceKeyUnit()
	}
	dropped, err := g.chain.Push(f.Buffer, f.Caps, f.PTS)
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
	g := e.current.Load()
	if g == nil {
		return // The next encoder begins with one.
	}
	g.chain.ForceKeyUnit()
	if e.missed.Load() {
		e.src.Repeat(0)
		return
	}
	quiet := quietAfter * g.chain.FrameDuration()
	if e.src.Repeat(quiet) {
		return
	}
	// It moves, so its next frame will do, unless this was its last.
	pushes := e.pushes.Load()
	time.AfterFunc(quiet, func() {
		if e.pushes.Load() == pushes {
			e.src.Repeat(0)
		}
	})
}

// wake answers that someone may watch from now on.
func (e *encoding) wake() {
	if g := e.current.Load(); g != nil && g.track.open() {
		g.track.keys.request()
	}
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
		if e.current.Load() == g {
			g.track.write(s)
		}
		e.writing.Unlock()
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
	if g := e.end(); g != nil {
		return g.chain.Stop(ctx)
	}
	return nil
}

func (e *encoding) close() error {
	g := e.end()
	e.cancel()
	if g == nil {
		return nil
	}
	g.track.keys.stop()
	return g.chain.Close()
}
