// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

// Stats counts what became of the video since it was published. Frames that
// weren't sent have one cause each.
type Stats struct {
	Codec   string // MIME type
	Encoder string // GStreamer element; empty for what a pipeline coded itself

	Offered   uint64 // frames captured; 0 for what a pipeline coded itself
	Sent      uint64 // coded samples
	SentBytes uint64 // of samples, without RTP
	KeyFrames uint64 // of Sent

	PLIs        uint64 // PLI and FIR packets from the server
	KeyRequests uint64 // key units asked of the encoder, for whatever reason

	DroppedQueueFull   uint64 // a newer frame came while the encoder was busy
	DroppedUnbound     uint64 // the track wasn't negotiated yet, or not any more
	DroppedMuted       uint64
	DroppedUndecodable uint64 // it referred to a picture that was never sent
	WriteErrors        uint64

	AudioSent      uint64 // Opus packets
	AudioSentBytes uint64
}

// Stats counts so far.
func (p *Publication) Stats() Stats {
	var s Stats
	for _, t := range p.tracks {
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
		s.Encoder = p.encoding.chain.Encoder()
	}
	return s
}
