// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package signal

import (
	"strings"
	"time"

	"github.com/livekit/protocol/livekit"
	protosignalling "github.com/livekit/protocol/signalling"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/pion/webrtc/v4"
)

// Where pion's webrtc v4.2 keeps the settings of a connection (peerconnection.go, api.go).
const (
	apiField      = "api"
	settingsField = "settingEngine"
)

// networkTypes are those on which a connection looks for a way to the server. Pion's default has no TCP
// (supportedNetworkTypes in networktype.go).
func networkTypes() []webrtc.NetworkType {
	return []webrtc.NetworkType{
		webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6, webrtc.NetworkTypeTCP4, webrtc.NetworkTypeTCP6,
	}
}

// permitTCP lets the connections of an engine reach the server over TCP, where the network has no way for UDP. It must
// be called before they gather candidates. It reports whether the settings were found.
//
// The SDK makes the settings of its connections itself (NewPCTransport in transport.go). An option for them upstream,
// or TCP among the network types, would make this file unnecessary.
func permitTCP(engine *lksdk.RTCEngine) bool {
	if engine == nil {
		return false
	}
	all := true
	for _, get := range []func() (*lksdk.PCTransport, bool){engine.Publisher, engine.Subscriber} {
		if transport, ok := get(); ok {
			all = permitTCPOf(transport.PeerConnection()) && all
		}
	}
	return all
}

// permitTCPOf does it for one connection.
func permitTCPOf(pc *webrtc.PeerConnection) bool {
	api, ok := field[*webrtc.API](pc, apiField)
	if !ok {
		return false
	}
	settings, ok := field[*webrtc.SettingEngine](*api, settingsField)
	if !ok || *settings == nil {
		return false
	}
	(*settings).SetNetworkTypes(networkTypes())
	return true
}

// tcpPatience is how long a way over TCP waits for one over UDP to be found. Pion takes the first that works, for
// good, and media over TCP is late whenever a packet is lost.
const tcpPatience = 500 * time.Millisecond

// delays reports whether a message is a candidate for TCP. If it is, it reaches its connection later, unless that has
// found a way by then.
func (l *listener) delays(response *livekit.SignalResponse) bool {
	trickle := response.GetTrickle()
	if trickle == nil {
		return false
	}
	candidate, err := protosignalling.FromProtoTrickle(trickle)
	if err != nil || !isTCP(candidate.Candidate) {
		return false // The SDK reports the error.
	}
	get := l.engine.Publisher
	if trickle.GetTarget() == livekit.SignalTarget_SUBSCRIBER {
		get = l.engine.Subscriber
	}
	transport, ok := get()
	if !ok {
		return false
	}
	time.AfterFunc(tcpPatience, func() {
		switch transport.PeerConnection().ICEConnectionState() {
		case webrtc.ICEConnectionStateConnected, webrtc.ICEConnectionStateCompleted, webrtc.ICEConnectionStateClosed:
		default:
			_ = transport.AddICECandidate(candidate) // It was closed meanwhile, or other candidates do.
		}
	})
	return true
}

// isTCP reports whether a candidate is for TCP (RFC 8839, section 5.1: foundation, component, transport).
func isTCP(candidate string) bool {
	fields := strings.Fields(candidate)
	return len(fields) > 2 && strings.EqualFold(fields[2], "tcp")
}
