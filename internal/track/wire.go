// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package track

import (
	"slices"
	"sync/atomic"
	"time"

	"github.com/livekit/protocol/livekit"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	sdkatomic "go.uber.org/atomic"

	"github.com/gstpublish/gstpublish/internal/allocation"
	"github.com/gstpublish/gstpublish/internal/signal"
)

// Published is the SDK's publication of a track with all its layers. It is empty until the server has answered.
type Published = atomic.Pointer[lksdk.LocalTrackPublication]

// wire is the SDK's side of a track in one room.
type wire struct {
	// all is one track, or one for each of several sizes in one stream, from low to high. Only the last, local, sends. The
	// server reports about each size by its track.
	all   []*lksdk.LocalTrack
	local *lksdk.LocalTrack
	out   sender // local
	// unwanted has a value for each of all, which is true while it has no viewers; nil if unknown.
	unwanted []*sdkatomic.Bool
	// spoken reports whether a sample was sent. Before that, the number of viewers does not matter: the server gives up on
	// a track from which it receives nothing.
	spoken    atomic.Bool
	connected atomic.Bool // the connection has been up since the track was bound
	announced atomic.Bool // a packet was sent, if only of padding
}

// sender is the part of lksdk.LocalTrack that sends.
type sender interface {
	IsBound() bool
	WriteRTP(p *rtp.Packet, opts *lksdk.SampleWriteOptions) error
}

// watched returns how many of all have viewers, from the lowest up; 0 for none.
func (w *wire) watched() int {
	if !w.spoken.Load() {
		return len(w.unwanted)
	}
	for i, unwanted := range slices.Backward(w.unwanted) {
		if unwanted == nil || !unwanted.Load() {
			return i + 1
		}
	}
	return 0
}

// Renew replaces the SDK's tracks, which are bound to one connection, for another room.
func (t *Track) Renew() error {
	all, err := t.create()
	if err != nil {
		return err
	}
	local := all[len(all)-1]
	w := &wire{all: all, local: local, out: local}
	for _, l := range all {
		w.unwanted = append(w.unwanted, signal.Unwanted(l))
	}
	w.local.OnBind(func() { t.whenConnected(w, func() { t.bound(w) }) })
	t.wire.Store(w)
	return nil
}

// bound begins to send.
func (t *Track) bound(w *wire) {
	t.start.Begin("bound")()
	if t.keys != nil {
		t.keys.bound()
	}
	t.descriptor.Store(uint32(signal.Descriptor(t.room())))
	w.spoken.Store(false)
	w.announced.Store(false)
	t.pump.bind()
	t.open()
	t.pump.bindOnce.Do(func() { close(t.pump.bound) })
}

// Local returns the SDK's track that sends: the last of Locals.
func (t *Track) Local() *lksdk.LocalTrack { return t.wire.Load().local }

func (t *Track) send(p *rtp.Packet) error {
	err := t.wire.Load().out.WriteRTP(p, nil)
	if err == nil {
		t.start.Finish("first-packet")
	}
	return err
}

// connectedCheck is how often a bound track checks whether its packets get through. The SDK does
// not expose the callback of the connection's state.
const connectedCheck = 5 * time.Millisecond

// whenConnected calls f as soon as the track's packets get through. A track that is published while
// the room is still being joined is bound before that, and pion silently discards its packets until
// then.
func (t *Track) whenConnected(w *wire, f func()) {
	connected := func() bool {
		pc := t.room().LocalParticipant.GetPublisherPeerConnection()
		up := pc != nil && pc.ConnectionState() == webrtc.PeerConnectionStateConnected
		w.connected.Store(up)
		return up
	}
	if connected() {
		f()
		return
	}
	go func() {
		ticker := time.NewTicker(connectedCheck)
		defer ticker.Stop()
		for t.wire.Load() == w {
			select {
			case <-ticker.C:
				if connected() {
					f()
					return
				}
			case <-t.over:
				return
			}
		}
	}()
}

// announced returns the server's description of a layer.
func announced(l *allocation.Layer) *livekit.VideoLayer {
	return &livekit.VideoLayer{
		Quality: quality(l.RID), Width: uint32(l.Width), Height: uint32(l.Height), Bitrate: uint32(l.Highest()),
	}
}

// quality returns LiveKit's name for a layer.
func quality(rid string) livekit.VideoQuality {
	switch rid {
	case "q":
		return livekit.VideoQuality_LOW
	case "h":
		return livekit.VideoQuality_MEDIUM
	default:
		return livekit.VideoQuality_HIGH
	}
}

// Locals returns the SDK's tracks: one, or one for each of several sizes in one stream.
func (t *Track) Locals() []*lksdk.LocalTrack { return t.wire.Load().all }

// Watched returns how many of several sizes in one stream have viewers, from the lowest up; 0 for none.
func (t *Track) Watched() int { return t.wire.Load().watched() }

// Publication returns the SDK's publication of the track, which is empty until the server has answered.
func (t *Track) Publication() *Published { return t.pub }
