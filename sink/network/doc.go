// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package network is the network side of one connection to a LiveKit room: it
// numbers what is sent (transport-wide congestion control, TWCC), reads what the
// server reports of it, holds media back until it may go, and sends probes. What it
// decides comes from package congestion.
//
//	n := network.New(nil)
//	defer n.Close()
//	room, err := lksdk.ConnectToRoomWithToken(url, token, callback, n.ConnectOptions()...)
//
// Whoever writes packets into the room's tracks calls [Network.Wait] before each, says
// with [Network.SetDemand] how much there could be, and follows [Network.OnEstimate].
//
// Pion has parts for this (interceptor's cc, gcc and twcc), which aren't used. Its
// estimator neither probes nor knows an application that sends little: it grows without
// bound or collapses while a screen is at rest, and has a floor of 100 kbit/s of its own.
//
// # Probes
//
// A probe is media that is let go faster than the estimate, and padding where none
// waits: RTP packets without payload, with the next sequence numbers of a track
// ([Network.AddPadding]), which the server counts and drops. Other ways don't do. A
// packet sent again with another TWCC number would be a second message under the same
// SSRC and sequence number, and AES-GCM, the SDK's first choice, then gives its
// authentication key away. On another SSRC, be it RTX's, be it 0, the server addresses
// its report to that SSRC, and pion delivers that to nobody.
//
// # Retransmissions
//
// For the same reason a packet that is asked for again goes out as it did, bit for bit,
// with its old TWCC number, on the track's own SSRC. RTX is switched off: pion declares
// no RTX streams of simulcast tracks, and the server would take them for further layers
// and never get what was lost.
package network
