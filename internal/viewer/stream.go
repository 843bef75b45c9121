// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package viewer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/gstpublish/gstpublish/internal/gst"
)

const (
	// pollInterval limits a wait for packets. gapInterval limits it while packets are missing,
	// since pion returns a retransmission only at the next read.
	pollInterval = 100 * time.Millisecond
	gapInterval  = 10 * time.Millisecond
	// pliInterval is the minimum time between the viewer's own key frame requests. LiveKit's server
	// forwards no more than that.
	pliInterval = 500 * time.Millisecond
	// maxReadErrors limits the number of consecutive errors other than the end of the track.
	maxReadErrors = 100
)

// stream receives one video track and decodes it.
type stream struct {
	track  *webrtc.TrackRemote
	codec  *codec
	pli    func() // requests a key frame
	stats  *collector
	logger *slog.Logger

	reorder   reorder
	assembler assembler
	showing   showing
	decoder   *decoder
	samples   []sample // reused

	needKey atomic.Bool // wait for a key frame before decoding
	lastPLI time.Time
	counted counted
}

// counted is the part of the counts that is already in the statistics.
type counted struct{ lost, discarded uint64 }

// run receives until the track or ctx ends. It passes each frame to deliver, on another goroutine.
// The error is nil at the track's end.
func (s *stream) run(ctx context.Context, deliver func(*Frame)) (err error) {
	s.needKey.Store(true)
	s.lastPLI = time.Now() // The server requests the first key frame itself.
	s.assembler.codec = s.codec
	s.decoder, err = newDecoder(ctx, s.codec, func(err error) {
		s.logger.Debug("decoder warned, waiting for a key frame", "err", err)
		s.needKey.Store(true)
	})
	if err != nil {
		return err
	}
	decoding, cancel := context.WithCancel(ctx)
	decoded, stopped := make(chan error, 1), make(chan error, 1)
	go func() {
		defer cancel() // Without a decoder there is no need to receive.
		decoded <- s.decoder.run(deliver)
	}()
	go func() {
		<-decoding.Done()
		stopped <- s.decoder.stop(ctx) // unblocks a push that waits
	}()
	err = s.receive(decoding)
	if decoding.Err() == nil && err == nil {
		s.decoder.endOfStream() // outputs the frames that remain
	} else {
		cancel()
	}
	err = errors.Join(err, <-decoded)
	return errors.Join(err, <-stopped, s.decoder.close(ctx))
}

// receive reads packets until the track or ctx ends.
func (s *stream) receive(ctx context.Context) error {
	failures := 0
	for ctx.Err() == nil {
		p, err := s.read()
		now := time.Now()
		switch {
		case err == nil:
			failures = 0
			s.count(p)
			s.reorder.push(p, now)
		case isTimeout(err):
		case errors.Is(err, io.EOF):
			return nil
		default:
			if failures++; failures >= maxReadErrors {
				return fmt.Errorf("viewer: reading the track: %w", err)
			}
		}
		if err := s.forward(now); err != nil {
			return err
		}
	}
	return nil
}

func (s *stream) read() (*rtp.Packet, error) {
	wait := pollInterval
	if s.reorder.waiting() {
		wait = gapInterval
	}
	if err := s.track.SetReadDeadline(time.Now().Add(wait)); err != nil {
		return nil, io.EOF // The receiver was stopped.
	}
	p, _, err := s.track.ReadRTP()
	return p, err
}

func (s *stream) count(p *rtp.Packet) {
	s.stats.update(func(stats *Stats) {
		stats.Packets++
		stats.Bytes += uint64(len(p.Payload))
	})
}

// forward passes samples to the decoder, and requests a key frame if necessary.
func (s *stream) forward(now time.Time) error {
	for p, ok := s.reorder.pop(now); ok; p, ok = s.reorder.pop(now) {
		if p.gap {
			s.needKey.Store(true)
		}
		s.samples = s.assembler.add(s.samples[:0], p)
		for i := range s.samples {
			if err := s.decode(&s.samples[i], now); err != nil {
				return err
			}
		}
	}
	s.countLosses()
	if s.needKey.Load() && now.Sub(s.lastPLI) >= pliInterval {
		s.lastPLI = now
		s.pli()
	}
	return nil
}

// countLosses updates the statistics. A discarded incomplete sample is a loss too.
func (s *stream) countLosses() {
	is := counted{s.reorder.lost, s.assembler.discarded}
	if is == s.counted {
		return
	}
	s.stats.update(func(stats *Stats) {
		stats.Lost += is.lost - s.counted.lost
		stats.Discarded += is.discarded - s.counted.discarded
	})
	if is.discarded > s.counted.discarded {
		s.needKey.Store(true)
	}
	s.counted = is
}

// decode passes a sample to the decoder if it can be decoded.
func (s *stream) decode(f *sample, now time.Time) error {
	if f.blank {
		s.stats.update(func(stats *Stats) { stats.Blank++ })
		return nil
	}
	s.stats.arrived(f, s.showing.shows(f), now)
	if s.needKey.Load() {
		if !f.key || !f.sets {
			s.stats.update(func(stats *Stats) { stats.Discarded++ })
			return nil
		}
		s.needKey.Store(false)
	}
	if err := s.decoder.push(f, now); err != nil && !errors.Is(err, gst.ErrFlushing) {
		return fmt.Errorf("viewer: decoding: %w", err)
	}
	return nil
}

// isTimeout reports whether a read failed only because it took too long.
func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}
