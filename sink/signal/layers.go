// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package signal

import (
	"errors"
	"strings"

	"github.com/livekit/protocol/livekit"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/livekit/server-sdk-go/v2/signalling"
	"github.com/pion/webrtc/v4"
	"google.golang.org/protobuf/proto"
)

// The private fields: the room's engine, and where that keeps who handles what the
// server sends and who sends (engine.go).
const (
	engineField    = "engine"
	handlerField   = "signalHandler"
	transportField = "signalTransport"
)

// errUnknown is an SDK that isn't made as we know it.
var errUnknown = errors.New("signal: this version of LiveKit's SDK keeps its signalling elsewhere")

// Prepare has LiveKit's server know that the sizes of a VP9 track are in one stream
// (scalable video coding), so that it gives each viewer those that the viewer asks for.
// It must be called before the room is joined, and not for one room at the same time.
// Package session does it for its rooms. All other tracks are announced as ever. The
// error is that of an SDK which is made otherwise than we know.
//
// The server wants to hear that in the request that adds the track (VideoLayerMode of
// SimulcastCodec). server-sdk-go v2.18.1 says ONE_SPATIAL_LAYER_PER_STREAM wherever it
// announces several layers (prepareSimulcastTrackPublication in localparticipant.go).
// So the request is changed on its way: two private fields of the SDK's engine, both of
// interfaces of its public package signalling, get wrappers. A VideoLayerMode in
// TrackPublicationOptions upstream would make this file unnecessary.
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

// Prepared tells whether it was called for a room that has been joined since.
func Prepared(room *lksdk.Room) bool {
	transport, ok := field[signalling.SignalTransport](engineOf(room), transportField)
	if !ok {
		return false
	}
	_, ours := (*transport).(*announcer)
	return ours
}

// engineOf is the room's engine; nil where it has none that we know.
func engineOf(room *lksdk.Room) *lksdk.RTCEngine {
	engine, ok := field[*lksdk.RTCEngine](room, engineField)
	if !ok {
		return nil
	}
	return *engine
}

// listener hears what the server says. Joining a room makes a new transport, whose
// first message it hears on the goroutine that joins, when no other one knows the
// transport yet: only then can that be wrapped.
type listener struct {
	signalling.SignalHandler
	engine *lksdk.RTCEngine
}

func (l *listener) HandleMessage(msg proto.Message) error {
	if response, ok := msg.(*livekit.SignalResponse); ok && response.GetJoin() != nil {
		transport, _ := field[signalling.SignalTransport](l.engine, transportField) // It was there in Prepare.
		if _, done := (*transport).(*announcer); !done {
			*transport = &announcer{*transport}
		}
	}
	return l.SignalHandler.HandleMessage(msg) //nolint:wrapcheck // as if nobody were here
}

// announcer sends what the SDK says, but for the mode of layers.
type announcer struct{ signalling.SignalTransport }

func (a *announcer) SendMessage(msg proto.Message) error {
	if request, ok := msg.(*livekit.SignalRequest); ok {
		announce(request.GetAddTrack())
	}
	return a.SignalTransport.SendMessage(msg) //nolint:wrapcheck // as if nobody were here
}

// announce says of VP9 in several layers that they are in one stream. In streams of
// their own the server would take them for something else in any case.
func announce(track *livekit.AddTrackRequest) {
	for _, codec := range track.GetSimulcastCodecs() {
		if strings.EqualFold(codec.GetCodec(), webrtc.MimeTypeVP9) && len(codec.GetLayers()) > 1 {
			codec.VideoLayerMode = livekit.VideoLayer_MULTIPLE_SPATIAL_LAYERS_PER_STREAM
		}
	}
}
