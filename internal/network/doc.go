// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package network is the network side of one connection to a LiveKit room: it numbers packets
// (transport-wide congestion control, TWCC), reads the server's reports about them, holds media
// back until it may be sent, and sends probes. Package congestion makes the decisions.
//
//	n := network.New(nil)
//	defer n.Close()
//	room, err := lksdk.ConnectToRoomWithToken(url, token, callback, n.ConnectOptions()...)
//
// Each publication of the room has a [Sender]: it calls [Sender.Wait] before each burst, sets its
// demand with [Sender.SetDemand], and follows its share of the estimate with [Sender.OnShare].
//
// Pion has parts for this (interceptor's cc, gcc and twcc), which are not used. Its estimator
// neither probes nor handles an application that sends little: it grows without bound or collapses
// while a screen is still, and has a floor of 100 kbit/s of its own.
//
// # Probes
//
// A probe is media that is sent faster than the estimate, and padding if no media waits: RTP
// packets without payload, with the next sequence numbers of a track ([Network.AddPadding]), which
// the server counts and drops. Other ways do not work. A packet sent again with another TWCC number
// would be a second message with the same SSRC and sequence number, and AES-GCM, the SDK's first
// choice, then gives its authentication key away. If padding uses another SSRC, be it RTX's or 0,
// the server addresses its report to that SSRC, and pion does not deliver it.
//
// # Retransmissions
//
// For the same reason a retransmitted packet is sent unchanged, bit for bit, with its old TWCC
// number, on the track's own SSRC. RTX is switched off: pion declares no RTX streams for simulcast
// tracks, so the server would take them for further layers and never receive the lost packets.
package network
