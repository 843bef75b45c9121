// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package signal

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/livekit/protocol/livekit"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/livekit/server-sdk-go/v2/signalling"
	"github.com/pion/sdp/v3"
	"google.golang.org/protobuf/proto"

	"github.com/gstpublish/gstpublish/internal/packets"
)

// The private fields: the room's engine, and where that keeps the handler of the server's messages
// and the sender (engine.go).
const (
	engineField    = "engine"
	handlerField   = "signalHandler"
	transportField = "signalTransport"
)

// errUnknown means that the SDK differs from the one we know.
var errUnknown = errors.New("signal: unknown version of LiveKit's SDK")

// Prepare makes a room pass its messages to the server through this package, as Layered needs. It
// must be called before the room is joined, and not concurrently for one room. Package session does
// it for its rooms. The error means that the SDK differs from the one we know.
//
// Prepare wraps two private fields of the SDK's engine, both interfaces of its public package
// signalling.
func Prepare(room *lksdk.Room) error {
	engine := engineOf(room)
	handler, ok := field[signalling.SignalHandler](engine, handlerField)
	if !ok {
		return errUnknown
	}
	if _, ok := field[signalling.SignalTransport](engine, transportField); !ok {
		return errUnknown
	}
	if _, done := (*handler).(*listener); !done {
		*handler = &listener{SignalHandler: *handler, engine: engine}
	}
	return nil
}

// Layered tells LiveKit's server that the layers of a track are in one stream (scalable video
// coding), so that it gives each viewer the layers that they request, or that their connection
// carries. Call it, with the track's ID, before a VP9 or AV1 track is published. It does nothing,
// and returns false, for a room that was not prepared before it was joined.
//
// The server expects that in the request that adds the track (VideoLayerMode of SimulcastCodec):
// server-sdk-go v2.18.1 always sends ONE_SPATIAL_LAYER_PER_STREAM (prepareSimulcastTrackPublication
// in localparticipant.go). And the server reads a packet's layers from a dependency descriptor, for
// AV1 only from there; the SDK does not negotiate one (NewPCTransport in transport.go). So both are
// added to the SDK's messages. A VideoLayerMode in TrackPublicationOptions and an option for header
// extensions upstream would make this file unnecessary.
func Layered(room *lksdk.Room, trackID string) bool {
	a, ok := announcerOf(room)
	if ok {
		a.layered.Store(trackID, true)
	}
	return ok
}

// Descriptor returns the ID of the header extension for dependency descriptors in the packets of
// layered tracks; 0 if the server has not agreed to one.
func Descriptor(room *lksdk.Room) uint8 {
	if a, ok := announcerOf(room); ok && a.agreed.Load() {
		return descriptorID
	}
	return 0
}

// Prepared reports whether Prepare was called for a room that has since been joined.
func Prepared(room *lksdk.Room) bool {
	_, ok := announcerOf(room)
	return ok
}

func announcerOf(room *lksdk.Room) (a *announcer, ok bool) {
	transport, ok := field[signalling.SignalTransport](engineOf(room), transportField)
	if ok {
		a, ok = (*transport).(*announcer)
	}
	return a, ok
}

// engineOf returns the room's engine; nil if it has none that we know.
func engineOf(room *lksdk.Room) *lksdk.RTCEngine {
	engine, ok := field[*lksdk.RTCEngine](room, engineField)
	if !ok {
		return nil
	}
	return *engine
}

// listener receives the server's messages. Joining a room creates a new transport. Its first
// message arrives on the goroutine that joins, when no other one knows the transport yet: it can
// only be wrapped then.
type listener struct {
	signalling.SignalHandler
	engine   *lksdk.RTCEngine
	accepted func() // set before joining; nil for none
}

func (l *listener) HandleMessage(msg proto.Message) error {
	if response, ok := msg.(*livekit.SignalResponse); ok {
		l.hear(response)
		if l.delays(response) {
			return nil
		}
		if response.GetJoin() != nil && l.accepted != nil {
			defer l.accepted()
		}
	}
	return l.SignalHandler.HandleMessage(msg) //nolint:wrapcheck // unchanged
}

// OnAccepted makes f be called each time the server has accepted the participant: from then on
// tracks can be published, while the SDK's join still waits until media gets through. It must be
// called after Prepare and before the room is joined, and reports whether f will be called. f must
// not block.
func OnAccepted(room *lksdk.Room, f func()) bool {
	handler, ok := field[signalling.SignalHandler](engineOf(room), handlerField)
	if !ok {
		return false
	}
	l, ok := (*handler).(*listener)
	if ok {
		l.accepted = f
	}
	return ok
}

func (l *listener) hear(response *livekit.SignalResponse) {
	transport, _ := field[signalling.SignalTransport](l.engine, transportField) // It existed in Prepare.
	a, ours := (*transport).(*announcer)
	if ours {
		a.answers.hear(response)
	}
	switch {
	case response.GetJoin() != nil && !ours:
		*transport = &announcer{
			SignalTransport: *transport, engine: l.engine, answers: newAnswers(response.GetJoin()),
		}
	case response.GetAnswer() != nil && ours:
		a.agreed.Store(strings.Contains(response.GetAnswer().GetSdp(), packets.DescriptorURI))
	}
}

// announcer sends the SDK's messages, and adds what they lack about layers.
type announcer struct {
	signalling.SignalTransport
	engine  *lksdk.RTCEngine
	answers *answers // of the server

	layered sync.Map    // IDs of tracks
	agreed  atomic.Bool // the server takes dependency descriptors
}

// Start begins to read the server's messages, when the engine has made its connections and before they gather
// candidates.
func (a *announcer) Start() {
	permitTCP(a.engine)
	a.SignalTransport.Start()
}

func (a *announcer) SendMessage(msg proto.Message) error {
	if request, ok := msg.(*livekit.SignalRequest); ok {
		a.announce(request.GetAddTrack())
		a.offer(request.GetOffer())
	}
	return a.SignalTransport.SendMessage(msg) //nolint:wrapcheck // unchanged
}

// announce sets that the layers of layered tracks are in one stream.
func (a *announcer) announce(track *livekit.AddTrackRequest) {
	for _, codec := range track.GetSimulcastCodecs() {
		if _, layered := a.layered.Load(codec.GetCid()); layered {
			codec.VideoLayerMode = livekit.VideoLayer_MULTIPLE_SPATIAL_LAYERS_PER_STREAM
		}
	}
}

// descriptorID is not used by the SDK or the interceptors of this module.
const descriptorID = 12

// offer adds the header extension to the offer for video, once a track has layers.
func (a *announcer) offer(offer *livekit.SessionDescription) {
	wanted := false
	a.layered.Range(func(any, any) bool {
		wanted = true
		return false
	})
	if offer == nil || !wanted {
		return
	}
	var described sdp.SessionDescription
	if described.UnmarshalString(offer.GetSdp()) != nil {
		return // It is sent unchanged: the server will complain.
	}
	taken := fmt.Sprint(descriptorID)
	for _, media := range described.MediaDescriptions {
		if media.MediaName.Media != "video" || slices.ContainsFunc(media.Attributes, func(a sdp.Attribute) bool {
			id, _, _ := strings.Cut(a.Value, " ")
			return a.Key == "extmap" && id == taken
		}) {
			continue
		}
		media.WithValueAttribute("extmap", taken+" "+packets.DescriptorURI)
	}
	if text, err := described.Marshal(); err == nil {
		offer.Sdp = string(text)
	}
}
