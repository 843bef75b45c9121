// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"cmp"
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
	DroppedFrameRate   uint64 // a newer frame came before the next was due: see Screen.FPS; or the layer has fewer
	DroppedUnbound     uint64 // the track wasn't negotiated yet, or not any more
	DroppedMuted       uint64
	DroppedUnwatched   uint64 // nobody watched the layer
	DroppedCongested   uint64 // the network was behind, or can't carry the layer
	DroppedSwitching   uint64 // the encoder had failed and its successor wasn't there yet
	DroppedUndecodable uint64 // it referred to a picture that was never sent
	WriteErrors        uint64

	// Screen is how a screen's policy stands, at its full size; zero for cameras.
	Screen screencast.Status
	// Layers are what is encoded, by size. The numbers above are their sums, but
	// for Offered and Unchanged.
	Layers []LayerStats

	AudioSent      uint64 // Opus packets
	AudioSentBytes uint64
}

// LayerStats are of one layer.
type LayerStats struct {
	Layer         string // RID: q, h or f, from small to large
	Backup        bool   // for clients that can't decode the main codec
	Codec         string // MIME type
	Encoder       string // GStreamer elements; empty while there is none
	Width, Height int    // px, as announced for a picture like the last; a camera's may shrink further
	Watched       bool   // somebody gets it; else it isn't encoded
	// Sizes are those in one stream, in px, from the lowest up; none where it has one.
	// Coded is how many of them are coded now.
	Sizes []Size
	Coded int
	// Quantizer is that of the last picture, on the codec's own scale; -1 where it isn't
	// known, as of cameras with another encoder than ours.
	Quantizer int
	Share     int    // of what can be sent, in bit/s; 0 without an estimate
	Off       bool   // the network can't carry it
	Sent      uint64 // coded samples
	SentBytes uint64 // of samples, without RTP
	KeyFrames uint64 // of Sent
	// Screen is how the policy stands; zero for cameras.
	Screen screencast.Status
}

// Size of pictures, in px.
type Size struct{ Width, Height int }

// Stats counts so far.
func (p *Publication) Stats() Stats {
	var s Stats
	p.mu.Lock()
	for _, t := range p.tracks {
		if !t.video {
			s.AudioSent, s.AudioSentBytes = t.n.sent.Load(), t.n.bytes.Load()
			continue
		}
		if !t.backup {
			s.Codec = t.codec.MimeType
		}
		if p.pipe != nil && p.source == nil {
			t.n.addTo(&s)
		}
	}
	p.mu.Unlock()
	p.layers.stats(&s)
	return s
}

// addTo adds what was counted.
func (n *counters) addTo(s *Stats) {
	s.Sent += n.sent.Load()
	s.SentBytes += n.bytes.Load()
	s.KeyFrames += n.keyFrames.Load()
	s.PLIs += n.plis.Load()
	s.KeyRequests += n.keyRequests.Load()
	s.Repeats += n.repeats.Load()
	s.DroppedQueueFull += n.queueFull.Load()
	s.DroppedFrameRate += n.frameRate.Load()
	s.DroppedUnbound += n.unbound.Load()
	s.DroppedMuted += n.muted.Load()
	s.DroppedUnwatched += n.unwatched.Load()
	s.DroppedCongested += n.congested.Load()
	s.DroppedSwitching += n.switching.Load()
	s.DroppedUndecodable += n.undecodable.Load()
	s.WriteErrors += n.writeErrors.Load()
	s.EncoderSwitches += n.encoderSwitches.Load()
	s.EncoderFailures += n.encoderFailures.Load()
}

// stats adds those of all layers.
func (l *layers) stats(s *Stats) {
	for _, e := range l.each() {
		layer := e.stats()
		s.Layers = append(s.Layers, layer)
		e.n.addTo(s)
		if e.rank > 0 || layer.Backup {
			continue
		}
		s.Offered, s.Unchanged = e.n.offered.Load(), e.src.Unchanged()
		s.Encoder, s.Screen = layer.Encoder, layer.Screen
		for _, ev := range e.history() {
			if ev.Failed {
				s.EncoderReason = ev.Reason
			}
		}
	}
	slices.SortStableFunc(s.Layers, func(a, b LayerStats) int { return cmp.Compare(a.Width, b.Width) })
}

func (e *encoding) stats() LayerStats {
	layer := e.layer.Load()
	s := LayerStats{
		Layer: e.rid, Backup: e.lazy != nil, Codec: e.codecs[0].MimeType(), Width: layer.Width, Height: layer.Height,
		Watched: e.active(), Share: int(e.share.Load()), Off: e.off.Load(),
		Sent: e.n.sent.Load(), SentBytes: e.n.bytes.Load(), KeyFrames: e.n.keyFrames.Load(),
	}
	if g := e.encoders.Current(); g != nil {
		s.Encoder, s.Codec = g.Choice.String(), g.Chain.Codec().MimeType()
	}
	e.addSizes(&s)
	s.Quantizer = int(e.quantizer.Load()) - 1
	s.Screen = e.policy.Status().Screen
	return s
}

func (e *encoding) history() []EncoderEvent {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.events)
}

// EncoderEvents are the decisions for encoders so far, of each layer the last
// hundred, the oldest first. There are none for what a pipeline coded itself.
func (p *Publication) EncoderEvents() []EncoderEvent {
	var events []EncoderEvent
	for _, e := range p.layers.each() {
		events = append(events, e.history()...)
	}
	slices.SortStableFunc(events, func(a, b EncoderEvent) int { return a.Time.Compare(b.Time) })
	return events
}
