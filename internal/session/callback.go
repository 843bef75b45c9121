// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package session

import lksdk "github.com/livekit/server-sdk-go/v2"

// gated returns the caller's callbacks, called only while open returns true. Those about the
// connection are missing: they belong to the session.
func gated(cb *lksdk.RoomCallback, open func() bool) *lksdk.RoomCallback {
	if cb == nil {
		return &lksdk.RoomCallback{}
	}
	return &lksdk.RoomCallback{
		OnParticipantConnected:    gate1(open, cb.OnParticipantConnected),
		OnParticipantDisconnected: gate1(open, cb.OnParticipantDisconnected),
		OnActiveSpeakersChanged:   gate1(open, cb.OnActiveSpeakersChanged),
		OnRoomMetadataChanged:     gate1(open, cb.OnRoomMetadataChanged),
		OnRecordingStatusChanged:  gate1(open, cb.OnRecordingStatusChanged),
		OnRoomMoved:               gate2(open, cb.OnRoomMoved),
		OnRoomMovedWithSID:        gate3(open, cb.OnRoomMovedWithSID),
		OnLocalTrackSubscribed:    gate2(open, cb.OnLocalTrackSubscribed),
		ParticipantCallback:       gatedParticipants(&cb.ParticipantCallback, open),
	}
}

func gatedParticipants(cb *lksdk.ParticipantCallback, open func() bool) lksdk.ParticipantCallback {
	return lksdk.ParticipantCallback{
		OnLocalTrackPublished:      gate2(open, cb.OnLocalTrackPublished),
		OnLocalTrackUnpublished:    gate2(open, cb.OnLocalTrackUnpublished),
		OnTrackMuted:               gate2(open, cb.OnTrackMuted),
		OnTrackUnmuted:             gate2(open, cb.OnTrackUnmuted),
		OnMetadataChanged:          gate2(open, cb.OnMetadataChanged),
		OnAttributesChanged:        lksdk.ParticipantAttributesChangedFunc(gate2(open, cb.OnAttributesChanged)),
		OnIsSpeakingChanged:        gate1(open, cb.OnIsSpeakingChanged),
		OnConnectionQualityChanged: gate2(open, cb.OnConnectionQualityChanged),
		OnTrackSubscribed:          gate3(open, cb.OnTrackSubscribed),
		OnTrackUnsubscribed:        gate3(open, cb.OnTrackUnsubscribed),
		OnTrackSubscriptionFailed:  gate2(open, cb.OnTrackSubscriptionFailed),
		OnTrackPublished:           gate2(open, cb.OnTrackPublished),
		OnTrackUnpublished:         gate2(open, cb.OnTrackUnpublished),
		OnDataReceived:             gate2(open, cb.OnDataReceived),
		OnDataPacket:               gate2(open, cb.OnDataPacket),
		OnTranscriptionReceived:    gate3(open, cb.OnTranscriptionReceived),
	}
}

func gate1[A any](open func() bool, f func(A)) func(A) {
	if f == nil {
		return nil
	}
	return func(a A) {
		if open() {
			f(a)
		}
	}
}

func gate2[A, B any](open func() bool, f func(A, B)) func(A, B) {
	if f == nil {
		return nil
	}
	return func(a A, b B) {
		if open() {
			f(a, b)
		}
	}
}

func gate3[A, B, C any](open func() bool, f func(A, B, C)) func(A, B, C) {
	if f == nil {
		return nil
	}
	return func(a A, b B, c C) {
		if open() {
			f(a, b, c)
		}
	}
}
