// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package signal

import (
	"strings"
	"sync"

	"github.com/livekit/protocol/livekit"
	lksdk "github.com/livekit/server-sdk-go/v2"
)

// answers are what the server has said of this participant on one connection, as far as the SDK ignores it or has no
// getter for it. All methods are safe for concurrent use.
type answers struct {
	mu sync.Mutex // protects what follows
	// codecs are the MIME types that may be published; none if the server has not said.
	codecs []string
	// muted and gone are by SID: the server has muted the track, or unpublished it.
	muted, gone map[string]bool
	// refusals are by the track's ID, of those who wait.
	refusals map[string]chan livekit.RequestResponse_Reason
}

func newAnswers(join *livekit.JoinResponse) *answers {
	a := &answers{
		muted: map[string]bool{}, gone: map[string]bool{}, refusals: map[string]chan livekit.RequestResponse_Reason{},
	}
	for _, codec := range join.GetEnabledPublishCodecs() {
		a.codecs = append(a.codecs, codec.GetMime())
	}
	return a
}

// hear notes one of the server's messages.
func (a *answers) hear(response *livekit.SignalResponse) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if mute := response.GetMute(); mute != nil {
		a.muted[mute.GetSid()] = mute.GetMuted()
	}
	if gone := response.GetTrackUnpublished(); gone != nil {
		a.gone[gone.GetTrackSid()] = true
	}
	answer := response.GetRequestResponse()
	if track := answer.GetAddTrack(); track != nil && refuses(answer.GetReason()) {
		if waiting := a.refusals[track.GetCid()]; waiting != nil {
			delete(a.refusals, track.GetCid())
			waiting <- answer.GetReason() // It has room for one.
		}
	}
}

// refuses reports whether a request will not be granted later.
func refuses(r livekit.RequestResponse_Reason) bool {
	return r != livekit.RequestResponse_OK && r != livekit.RequestResponse_QUEUED
}

// EnabledCodecs returns the MIME types that the server lets the participant publish; none if that is not known: the
// room was not prepared, or the server is too old to say. The SDK drops that part of the server's answer to the join
// (OnJoinResponse in engine.go); a getter upstream would make it unnecessary.
func EnabledCodecs(room *lksdk.Room) []string {
	if a, ok := announcerOf(room); ok {
		return a.answers.codecs // It does not change.
	}
	return nil
}

// CodecEnabled reports whether the server accepts a codec by its MIME type, as far as is known.
func CodecEnabled(room *lksdk.Room, mime string) bool {
	enabled := EnabledCodecs(room)
	for _, codec := range enabled {
		if strings.EqualFold(codec, mime) {
			return true
		}
	}
	return len(enabled) == 0
}

// MutedByServer reports whether the last change of a track's muting that the server has asked for was to mute it. The
// SDK does not tell it apart from the participant's own (OnTrackRemoteMuted in room.go).
func MutedByServer(room *lksdk.Room, sid string) bool {
	a, ok := announcerOf(room)
	if !ok {
		return false
	}
	a.answers.mu.Lock()
	defer a.answers.mu.Unlock()
	return a.answers.muted[sid]
}

// Unpublished reports whether the server has ended a publication of this connection. The SDK says so only through a
// callback, which is the caller's.
func Unpublished(room *lksdk.Room, sid string) bool {
	a, ok := announcerOf(room)
	if !ok {
		return false
	}
	a.answers.mu.Lock()
	defer a.answers.mu.Unlock()
	return a.answers.gone[sid]
}

// AwaitRefusal returns a channel that receives the reason if the server refuses to add a track, by the track's ID. The
// SDK ignores that answer and waits for 10 s. It receives nothing in a room that was not prepared. stop must be called
// when there is no need to wait any more.
func AwaitRefusal(room *lksdk.Room, trackID string) (refused <-chan livekit.RequestResponse_Reason, stop func()) {
	a, ok := announcerOf(room)
	if !ok {
		return nil, func() {}
	}
	waiting := make(chan livekit.RequestResponse_Reason, 1)
	a.answers.mu.Lock()
	defer a.answers.mu.Unlock()
	a.answers.refusals[trackID] = waiting
	return waiting, func() {
		a.answers.mu.Lock()
		defer a.answers.mu.Unlock()
		if a.answers.refusals[trackID] == waiting {
			delete(a.answers.refusals, trackID)
		}
	}
}
