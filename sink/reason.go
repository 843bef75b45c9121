// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"fmt"
	"slices"

	"github.com/gstpublish/gstpublish/internal/track"
)

// Reason is why no video is sent now. The zero value means that nothing is in the way: samples are sent as
// they come, or the source has nothing new to show.
type Reason int

// The reasons. If several hold, the first of them counts.
const (
	// ReasonNone means that nothing is in the way.
	ReasonNone Reason = iota
	// ReasonDisconnected means that the connection to the room is interrupted or has ended.
	ReasonDisconnected
	// ReasonNotPermitted means that the server does not let the participant publish the track. It is published
	// when the server permits it.
	ReasonNotPermitted
	// ReasonCodecNotEnabled means that the server does not accept the codec.
	ReasonCodecNotEnabled
	// ReasonNotNegotiated means that the server has not answered yet, or that no media gets through yet.
	ReasonNotNegotiated
	// ReasonMutedByServer means that the server has muted the track, as its API can. The track stays muted if it is
	// published again after the connection was lost; the server does not know it then, and only SetMuted unmutes it.
	ReasonMutedByServer
	// ReasonMuted means that SetMuted, or a call of the SDK, has muted the track.
	ReasonMuted
	// ReasonUnwatched means that the server has reported that there is no viewer.
	ReasonUnwatched
	// ReasonNoEncoder means that the encoder has failed and the next one is not ready.
	ReasonNoEncoder
	// ReasonTooSmall means that frames are too small for this layer.
	ReasonTooSmall
	// ReasonNoFrame means that the source has not produced its first frame.
	ReasonNoFrame
	// ReasonCongested means that the network cannot carry the layer.
	ReasonCongested
	// ReasonNoFrames means that the source has produced nothing for five seconds: see Stats.ReasonDetail.
	ReasonNoFrames
	// ReasonNoSamples means that frames arrive, and the encoder has produced nothing for five seconds.
	ReasonNoSamples
	// ReasonBusy means that the encoder is too slow: for five seconds, newer frames have replaced all others.
	ReasonBusy
	// ReasonNotWritten means that for five seconds, no sample could be written: see Stats.WriteErrors.
	ReasonNotWritten
	// ReasonNoKeyFrame means that samples arrive, and viewers need a key frame first.
	ReasonNoKeyFrame
)

// reasonTexts are the words for each Reason, as in the JSON of the command's statistics.
var reasonTexts = [...]string{
	ReasonNone:            "",
	ReasonDisconnected:    "disconnected",
	ReasonNotPermitted:    "not permitted",
	ReasonCodecNotEnabled: "codec not enabled",
	ReasonNotNegotiated:   "not negotiated",
	ReasonMutedByServer:   "muted by the server",
	ReasonMuted:           "muted",
	ReasonUnwatched:       "unwatched",
	ReasonNoEncoder:       "no encoder",
	ReasonTooSmall:        "too small",
	ReasonNoFrame:         "waiting for the first frame",
	ReasonCongested:       "congested",
	ReasonNoFrames:        "no frames from the source",
	ReasonNoSamples:       "no samples from the encoder",
	ReasonBusy:            "the encoder is too slow",
	ReasonNotWritten:      "samples cannot be written",
	ReasonNoKeyFrame:      "waiting for a key frame",
}

// Reasons returns all reasons, in their order.
func Reasons() []Reason {
	all := make([]Reason, len(reasonTexts))
	for i := range all {
		all[i] = Reason(i)
	}
	return all
}

// String returns the reason in words; "" for ReasonNone.
func (r Reason) String() string {
	if r < 0 || int(r) >= len(reasonTexts) {
		return fmt.Sprintf("Reason(%d)", int(r))
	}
	return reasonTexts[r]
}

// MarshalText returns the reason in words.
func (r Reason) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText sets the reason that MarshalText wrote.
func (r *Reason) UnmarshalText(text []byte) error {
	i := slices.Index(reasonTexts[:], string(text))
	if i < 0 {
		return fmt.Errorf("sink: unknown reason %q", text)
	}
	*r = Reason(i)
	return nil
}

// facts determines why a track sends nothing.
type facts struct {
	connected     bool // to the room
	forbidden     bool // by the participant's permissions
	refused       bool // the server does not accept the codec
	mutedByServer bool
	track         track.State

	encoder  bool // there is one; true for video that a pipeline has encoded
	tooSmall bool // the frames, for this layer
	framed   bool // the source's first frame has come
	off      bool // the network cannot carry the layer

	silence Reason // what explains a silence of five seconds, or ReasonNone
}

// reason returns the Reason for the facts. No other place decides about it.
func (f *facts) reason() Reason {
	for _, c := range [...]struct {
		reason Reason
		holds  bool
	}{
		{ReasonDisconnected, !f.connected},
		{ReasonNotPermitted, f.forbidden},
		{ReasonCodecNotEnabled, f.refused},
		{ReasonNotNegotiated, !f.track.Negotiated},
		{ReasonMutedByServer, f.track.Muted && f.mutedByServer},
		{ReasonMuted, f.track.Muted},
		{ReasonUnwatched, !f.track.Watched},
		{ReasonNoEncoder, !f.encoder},
		{ReasonTooSmall, f.tooSmall},
		{ReasonNoFrame, !f.framed},
		{ReasonCongested, f.off},
		{ReasonNoFrames, f.silence == ReasonNoFrames},
		{ReasonNoKeyFrame, f.track.NeedsKeyFrame},
	} {
		if c.holds {
			return c.reason
		}
	}
	return f.silence
}

// isServers reports whether the server has decided that nothing is sent.
func (r Reason) isServers() bool {
	return r == ReasonNotPermitted || r == ReasonCodecNotEnabled || r == ReasonMutedByServer
}

// nearest returns the reason of a publication by those of its layers: ReasonNone if one of them sends, else that of
// the layer that is nearest to it. Whether the backup sends is of interest only if it does.
func nearest(layers, backups []Reason) Reason {
	if slices.Contains(layers, ReasonNone) || slices.Contains(backups, ReasonNone) || len(layers) == 0 {
		return ReasonNone
	}
	return slices.Max(layers)
}

// reason returns why no video is sent now.
func (p *Publication) reason() Reason {
	if encoded := p.encoded.Load(); encoded != nil {
		return encoded.reason()
	}
	var layers, backups []Reason
	for _, e := range p.layers.each() {
		if e.lazy != nil {
			backups = append(backups, e.reason())
		} else {
			layers = append(layers, e.reason())
		}
	}
	return nearest(layers, backups)
}

// audioReason returns why no sound is sent now.
func (p *Publication) audioReason() Reason {
	for _, t := range p.all() {
		if !t.Video() {
			f := p.audioFacts(t)
			f.silence = p.soundLull.reason()
			return f.reason()
		}
	}
	return ReasonNone
}

// audioFacts returns the facts for a track of audio, except for silence.
func (p *Publication) audioFacts(t *track.Track) *facts {
	f := p.facts(&p.audio, &p.audioStanding)
	f.track, f.encoder, f.framed = t.State(), true, true
	return f
}

// reason returns why the layer is not sent now.
func (e *encoding) reason() Reason {
	f := e.facts()
	f.silence = e.lull.reason()
	return f.reason()
}

// facts returns the facts for the layer, except for silence.
func (e *encoding) facts() *facts {
	f := e.p.facts(&e.p.video, &e.p.videoStanding)
	if e.lazy != nil { // a backup, which may have no encoder yet
		f.track = e.lazy.State()
	}
	if g := e.encoders.Current(); g != nil {
		f.encoder, f.track = true, g.Chain.track.State()
	}
	f.tooSmall = e.layer.Load().Width == 0
	f.framed = e.n.offered.Load() > 0 || e.n.Encoded.Load() > 0
	f.off = e.off.Load()
	return f
}

// reason returns why nothing is sent now.
func (c *encodedVideo) reason() Reason {
	f := c.facts()
	f.silence = c.lull.reason()
	return f.reason()
}

// facts returns the facts for the track, except for silence.
func (c *encodedVideo) facts() *facts {
	f := c.p.facts(&c.p.video, &c.p.videoStanding)
	f.track, f.encoder, f.framed = c.track.State(), true, true
	return f
}

// facts returns the facts that the layers of a track share.
func (p *Publication) facts(place *track.Published, s *standing) *facts {
	room := p.roomNow()
	f := &facts{connected: connected(room), forbidden: s.forbidden.Load(), refused: s.refused.Load()}
	if pub := place.Load(); pub != nil && f.connected {
		f.mutedByServer = s.isSilenced(room, pub)
	}
	return f
}
