// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pattern

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/gstpublish/gstpublish/appsrc"
)

// Screen draws and captures the screen. Its methods are safe for concurrent use. Close must be called.
type Screen struct {
	source *appsrc.VideoSource
	frame  *appsrc.VideoFrame
	paint  *painter
	still  atomic.Bool
	stop   chan struct{}
	done   chan struct{}
	err    error // of the last capture, after done
}

// Start starts a screen.
func Start() (*Screen, error) {
	source, err := appsrc.NewVideoSource(Width, Height, &appsrc.Options{IsScreencast: true, FPS: FPS})
	if err != nil {
		return nil, err
	}
	s := &Screen{source: source, paint: newPainter(), stop: make(chan struct{}), done: make(chan struct{})}
	if s.frame, err = appsrc.NewVideoFrame(appsrc.BufferRGBA, Width, Height, s.paint.img.Pix); err != nil {
		return nil, errors.Join(err, source.Close())
	}
	go s.run()
	return s, nil
}

// Source returns what to publish. It belongs to the screen.
func (s *Screen) Source() *appsrc.VideoSource { return s.source }

// SetStill makes the screen still, or has it move again. A still screen is captured at the same rate.
func (s *Screen) SetStill(still bool) { s.still.Store(still) }

// Close ends the screen, and returns why capturing it failed, if it did.
func (s *Screen) Close() error {
	close(s.stop)
	<-s.done
	return errors.Join(s.err, s.source.Close())
}

func (s *Screen) run() {
	defer close(s.done)
	ticker := time.NewTicker(time.Second / FPS)
	defer ticker.Stop()
	s.paint.draw(time.Now())
	for {
		if !s.still.Load() {
			s.paint.draw(time.Now())
		}
		if s.err = s.source.CaptureFrame(s.frame, nil); s.err != nil {
			return
		}
		select {
		case <-ticker.C:
		case <-s.stop:
			return
		}
	}
}
