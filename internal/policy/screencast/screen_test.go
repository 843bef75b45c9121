// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package screencast

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	ms    = time.Millisecond
	frame = time.Second / 30
)

// options returns the options of a 1080p screen, 1.2 to 5 Mbit/s at 30 frames a second.
func options() Options { return Defaults(1920, 1080) }

// encoded is an encoded frame.
type encoded struct {
	Decision
	at    time.Duration // since the beginning
	index int           // of the frame that was captured
}

// pass lets the bubble's time pass.
func pass(d time.Duration) { time.Sleep(d) } //nolint:forbidigo // of the bubble, which does not wait

// encoder returns the sample of a frame, or false if it drops the frame.
type encoder func(d Decision) (Sample, bool)

// screen is a source with an encoder in a synctest bubble, where time is exact.
type screen struct {
	t      *testing.T
	driver *Driver
	begin  time.Time

	mu       sync.Mutex // protects the following fields
	encoder  encoder
	delay    time.Duration // the time that encoding takes
	thorough time.Duration // the time that it takes thoroughly; 0 for delay
	open     bool
	captured int // the last frame's index
	at       time.Duration
	frames   []encoded
	replaced int
}

// moves reports whether a quality is one for motion.
func moves(q Quality) bool { return q == Motion || q == Coarse || q == Thorough }

// sharp is an encoder that keeps to its target: a moving frame gets the bits of the target, a still frame as many as it
// needs.
func sharp(d Decision) (Sample, bool) {
	c := Sample{PTS: d.PTS, Key: d.Key, Quantizer: 40, Bytes: d.Target / 30 / 8}
	if !moves(d.Quality) {
		c.Quantizer, c.Bytes = 10, 200
	}
	return c, true
}

func newScreen(t *testing.T, o Options) *screen {
	t.Helper()
	s := &screen{t: t, begin: time.Now(), encoder: sharp, delay: ms}
	var err error
	s.driver, err = NewDriver(o, s.again)
	require.NoError(t, err)
	return s
}

// openScreen returns a screen with viewers after two seconds, when its first frame is sharp.
func openScreen(t *testing.T, o Options) *screen {
	t.Helper()
	s := newScreen(t, o)
	s.setOpen(true)
	pass(2*time.Second - time.Since(s.begin))
	s.forget()
	return s
}

func (s *screen) setOpen(open bool) {
	s.mu.Lock()
	s.open = open
	s.mu.Unlock()
	s.driver.SetOpen(open)
}

func (s *screen) now() time.Duration { return time.Since(s.begin) }

func (s *screen) capture() {
	s.mu.Lock()
	s.captured++
	s.at = s.now()
	s.mu.Unlock()
	s.offer(Frame{Captured: s.now(), PTS: s.now()})
}

func (s *screen) again() {
	s.mu.Lock()
	at := s.at
	s.mu.Unlock()
	s.offer(Frame{Again: true, Captured: at, PTS: s.now()})
}

func (s *screen) offer(p Frame) {
	s.mu.Lock()
	open := s.open
	s.mu.Unlock()
	d := s.driver.Offer(p, open)
	s.mu.Lock()
	if d.Replaced {
		s.replaced++
	}
	if d.Encode {
		s.frames = append(s.frames, encoded{d, s.now(), s.captured})
	}
	encode, delay := s.encoder, s.delay
	if d.Quality == Thorough && s.thorough > 0 {
		delay = s.thorough
	}
	s.mu.Unlock()
	if sample, ok := encode(d); ok && d.Encode {
		time.AfterFunc(delay, func() { s.driver.Encoded(sample) })
	}
}

// use replaces the encoder.
func (s *screen) use(e encoder) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.encoder = e
}

// move captures frames at a steady rate for a time.
func (s *screen) move(duration, interval time.Duration) {
	for range int((duration + interval/2) / interval) {
		s.capture()
		pass(interval)
	}
}

func (s *screen) seen() []encoded {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]encoded(nil), s.frames...)
}

func (s *screen) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.frames = nil
}

// times returns when frames were encoded after a given time.
func (s *screen) times(after time.Duration) []time.Duration {
	var all []time.Duration
	for _, p := range s.seen() {
		all = append(all, p.at-after)
	}
	return all
}
