// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"math"
	"slices"
	"sync"
	"time"

	"golang.org/x/image/draw"

	"github.com/gstpublish/gstpublish/internal/bench/publisher"
	"github.com/gstpublish/gstpublish/internal/bench/quality"
	"github.com/gstpublish/gstpublish/internal/viewer"
)

// joinTimeout bounds joining a server on this machine.
const joinTimeout = 10 * time.Second

// mostPixels are those of a frame above which only the luma of earlier frames is kept: 450 frames of 3840x2160 in 4:4:4
// have 11 GB.
const mostPixels = 1920 * 1080

// watching is what a viewer does.
type watching struct {
	place  image.Rectangle // of crops; may be empty
	lowest bool            // it requests the lowest layer
}

// watcher is a viewer that keeps every decoded frame.
type watcher struct {
	*viewer.Viewer
	watching

	ended chan struct{} // closed after the last decoded frame

	mu      sync.Mutex
	seen    seen
	err     error
	changed chan struct{} // closed at the next decoded frame
}

// seen are the decoded frames.
type seen struct {
	decoded []*viewer.Frame // of large ones only luma
	cropped []*viewer.Frame // the place of crops in each; nil if that is empty
	newest  *viewer.Frame   // whole; nil without any
	// enlarged is how many had another size than the clip.
	enlarged int
}

// add keeps a frame.
func (s *seen) add(p *viewer.Frame, place image.Rectangle) {
	s.newest = p
	if !place.Empty() {
		s.cropped = append(s.cropped, cut(p, place))
	}
	if p.Width*p.Height > mostPixels {
		luma := *p
		luma.YUV = slices.Clone(p.YUV[:p.Width*p.Height])
		p = &luma
	}
	s.decoded = append(s.decoded, p)
}

// watch joins as a viewer.
func watch(ctx context.Context, url, token string, how *watching) (*watcher, error) {
	joining, cancel := context.WithTimeout(ctx, joinTimeout)
	defer cancel()
	o := &viewer.Options{KeepAll: true}
	if how.lowest {
		o.Quality = viewer.Low
	}
	v, err := viewer.Join(joining, url, token, o)
	if err != nil {
		return nil, err
	}
	w := &watcher{Viewer: v, watching: *how, ended: make(chan struct{}), changed: make(chan struct{})}
	go w.run(context.WithoutCancel(ctx))
	return w, nil
}

// run runs until close ends the viewer.
func (w *watcher) run(ctx context.Context) {
	defer close(w.ended)
	for {
		p, err := w.Next(ctx)
		w.mu.Lock()
		if err != nil {
			w.err = err
			w.mu.Unlock()
			return
		}
		w.seen.add(p, w.place)
		close(w.changed)
		w.changed = make(chan struct{})
		w.mu.Unlock()
	}
}

// all returns the decoded frames so far. changed is closed at the next one.
func (w *watcher) all() (decoded []*viewer.Frame, changed <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clip(w.seen.decoded), w.changed
}

// soFar returns everything seen so far.
func (w *watcher) soFar() seen {
	w.mu.Lock()
	defer w.mu.Unlock()
	return seen{decoded: slices.Clip(w.seen.decoded), cropped: slices.Clip(w.seen.cropped), newest: w.seen.newest}
}

// enlarge brings smaller frames to the clip's size, as a browser shows them.
func (b *benchmark) enlarge(s *seen) {
	s.decoded = slices.Clone(s.decoded)
	s.enlarged = b.resized(s.decoded)
	for i, p := range s.decoded {
		if len(p.YUV) == p.Width*p.Height {
			continue // large, and of the full size
		}
		s.decoded[i] = resize(p, b.clip.width, b.clip.height)
		if !b.crop.Empty() {
			s.cropped[i] = cut(s.decoded[i], b.crop)
		}
	}
	if s.newest != nil {
		s.newest = resize(s.newest, b.clip.width, b.clip.height)
	}
}

// resize returns a frame in another size, interpolated linearly.
func resize(p *viewer.Frame, width, height int) *viewer.Frame {
	if p.Width == width && p.Height == height {
		return p
	}
	scaled := *p
	scaled.Width, scaled.Height, scaled.YUV = width, height, nil
	rest := p.YUV
	for plane := range 3 {
		from, to := image.Pt(p.Width, p.Height), image.Pt(width, height)
		if plane > 0 && !p.FullChroma {
			from, to = from.Add(image.Pt(1, 1)).Div(2), to.Add(image.Pt(1, 1)).Div(2)
		}
		src := &image.Gray{Pix: rest[:from.X*from.Y], Stride: from.X, Rect: image.Rectangle{Max: from}}
		dst := image.NewGray(image.Rectangle{Max: to})
		draw.BiLinear.Scale(dst, dst.Rect, src, src.Rect, draw.Src, nil)
		scaled.YUV, rest = append(scaled.YUV, dst.Pix...), rest[from.X*from.Y:]
	}
	return &scaled
}

// close leaves the room. Its error includes the reason why decoded frames ended earlier, unless the track ended.
func (w *watcher) close() error {
	err := w.Close()
	<-w.ended
	if w.err != nil && !errors.Is(w.err, viewer.ErrClosed) && !errors.Is(w.err, io.EOF) {
		err = errors.Join(err, fmt.Errorf("viewing: %w", w.err))
	}
	return err
}

// epoch returns a time in the format of the capture log.
func epoch(t time.Time) time.Duration { return time.Duration(t.UnixNano()) }

// onDisplay returns the newest decoded frame at a time, or nil.
func onDisplay(decoded []*viewer.Frame, at time.Duration) *viewer.Frame {
	var last *viewer.Frame
	for _, p := range decoded {
		if epoch(p.Decoded) > at {
			break
		}
		last = p
	}
	return last
}

// joined is what a viewer who joined saw, in seconds; NaN means never.
type joined struct {
	// First and Sharp are the times from subscribing, once the server has announced the track, to the first and the
	// first sharp decoded frame. FirstAll and SharpAll are the times since the call of Join.
	First, Sharp, FirstAll, SharpAll figure
	// FirstPSNR is the PSNR of the first decoded frame, and SharpPSNR that of the first one above quality.Sharp, of
	// luma in dB.
	FirstPSNR, SharpPSNR figure
}

// join joins as another viewer, waits for a sharp frame and leaves.
func join(ctx context.Context, url, token string, luma []byte, patience time.Duration) (j *joined, err error) {
	j = &joined{nan, nan, nan, nan, nan, nan}
	begin := time.Now()
	w, err := watch(ctx, url, token, &watching{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for i := 0; ; {
		decoded, changed := w.all()
		for ; i < len(decoded); i++ {
			if j.add(decoded[i], luma, w.Stats().Requested, begin) {
				return j, nil
			}
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return j, nil
		}
	}
}

// lateJoin is the result of a viewer who joins in motion; nil if none does.
type lateJoin struct {
	joined *joined
	err    error
}

// joinInMotion lets a viewer join at a time of the clip, which costs a key frame then. It sends one result.
func (b *benchmark) joinInMotion(ctx context.Context, s *session) <-chan lateJoin {
	done := make(chan lateJoin, 1)
	if b.joinAt == 0 {
		done <- lateJoin{}
		return done
	}
	go func() {
		if !s.awaitFrame(ctx) {
			done <- lateJoin{} // The error is reported by the goroutine that waits for the publisher.
			return
		}
		err := publisher.Pause(ctx, b.joinAt)
		var token string
		if err == nil {
			token, err = s.server.token(s.room, "in-motion")
		}
		var j *joined
		if err == nil {
			j, err = join(ctx, s.server.URL(), token, b.final, time.Second)
		}
		done <- lateJoin{j, err}
	}()
	return done
}

// add adds the next decoded frame. It reports whether that is sharp.
func (j *joined) add(p *viewer.Frame, luma []byte, requested, begin time.Time) bool {
	psnr := figure(quality.PSNR(p.YUV[:p.Width*p.Height], luma))
	since, sinceJoin := seconds(p.Decoded.Sub(requested)), seconds(p.Decoded.Sub(begin))
	if math.IsNaN(float64(j.First)) {
		j.First, j.FirstAll, j.FirstPSNR = since, sinceJoin, psnr
	}
	if !(psnr >= quality.Sharp) { // also NaN, for another size
		return false
	}
	j.Sharp, j.SharpAll, j.SharpPSNR = since, sinceJoin, psnr
	return true
}

func seconds(d time.Duration) figure { return figure(d.Seconds()) }
