// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"slices"

	"github.com/gstpublish/gstpublish/screencast"
)

// Stats counts what became of the video since it was published. Frames that
// weren't sent have one cause each.
type Stats struct {
	Codec   string // MIME type
	Encoder string // GStreamer elements; empty for what a pipeline coded itself, and while there is none

	EncoderSwitches uint64 // encoders that took another's place
	EncoderFailures uint64 // encoders that failed, at their start or later
	EncoderReason   string // why the last one failed; empty if none did

	Offered   uint64 // frames captured; 0 for what a pipeline coded itself
	Unchanged uint64 // frames of a screen that were the same as the last, and not offered
	Repeats   uint64 // pictures of a screen that were encoded again: to be sharper, as a key frame, or as a sign of life
	Sent      uint64 // coded samples
	SentBytes uint64 // of samples, without RTP
	KeyFrames uint64 // of Sent

	PLIs        uint64 // PLI and FIR packets from the server
	KeyRequests uint64 // key units asked of the encoder, for whatever reason

	DroppedQueueFull   uint64 // a newer frame came while the encoder was busy
	DroppedFrameRate   uint64 // a newer frame of a screen came before the next was due: see Screen.FPS
	DroppedUnbound     uint64 // the track wasn't negotiated yet, or not any more
	DroppedMuted       uint64
	DroppedSwitching   uint64 // the encoder had failed and its successor wasn't there yet
	DroppedUndecodable uint64 // it referred to a picture that was never sent
	WriteErrors        uint64

	// Screen is how a screen's policy stands; zero for cameras.
	Screen screencast.Status

	AudioSent      uint64 // Opus packets
	AudioSentBytes uint64
}

// Stats counts so far.
func (p *Publication) Stats() Stats {
	var s Stats
	for _, t := range p.all() {
		if !t.video {
			s.AudioSent, s.AudioSentBytes = t.n.sent.Load(), t.n.bytes.Load()
			continue
		}
		s.Codec = t.local.Codec().MimeType
		s.Offered = t.n.offered.Load()
		s.Sent, s.SentBytes, s.KeyFrames = t.n.sent.Load(), t.n.bytes.Load(), t.n.keyFrames.Load()
		s.PLIs, s.KeyRequests = t.n.plis.Load(), t.n.keyRequests.Load()
		s.DroppedQueueFull = t.n.queueFull.Load()
		s.DroppedUnbound, s.DroppedMuted = t.n.unbound.Load(), t.n.muted.Load()
		s.DroppedUndecodable, s.WriteErrors = t.n.undecodable.Load(), t.n.writeErrors.Load()
	}
	if p.encoding != nil {
		p.encoding.stats(&s)
	}
	return s
}

func (e *encoding) stats(s *Stats) {
	if g := e.current.Load(); g != nil {
		s.Encoder = g.choice.String()
	}
	s.DroppedSwitching, s.DroppedFrameRate = e.n.switching.Load(), e.n.paced.Load()
	s.Repeats, s.Unchanged = e.n.repeats.Load(), e.src.Unchanged()
	if e.screen != nil {
		s.Screen = e.screen.Status()
	}
	s.EncoderSwitches, s.EncoderFailures = e.n.encoderSwitches.Load(), e.n.encoderFailures.Load()
	for _, ev := range e.history() {
		if ev.Failed {
			s.EncoderReason = ev.Reason
		}
	}
}

func (e *encoding) history() []EncoderEvent {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.events)
}

// EncoderEvents are the decisions for encoders so far, the oldest first; at most
// the last hundred. There are none for what a pipeline coded itself.
func (p *Publication) EncoderEvents() []EncoderEvent {
	if p.encoding == nil {
		return nil
	}
	return p.encoding.history()
}
