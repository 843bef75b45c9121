// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package gstpublish

import (
	"encoding/json"
	"fmt"
	"sync"
	"time"

	lksdk "github.com/livekit/server-sdk-go/v2"
)

// StatsMethod is the method of LiveKit's RPC by which other participants ask for statistics, if Options.AnswerStats is
// set. The payload of the request is the SID of a track, or empty. The answer is a JSON object.
const StatsMethod = "gstpublish.stats"

// noTrackCode is the code of the RPC error for a track that is not published. Codes from 1001 to 1999 are LiveKit's.
const noTrackCode = 2404

const (
	// answerLife is how long an answer is given again: any number of viewers causes two states a second at most.
	answerLife = 500 * time.Millisecond
	// maxTrack is the maximum length of a request's payload, in bytes. SIDs of tracks have 14.
	maxTrack = 64
)

// answers answers requests for statistics. A nil *answers answers none.
type answers struct {
	stats func(trackSID string) any

	mu   sync.Mutex // protects what follows, and is held during stats
	last map[string]answer
}

// answer is what was answered for a track.
type answer struct {
	text string
	at   time.Time
}

func newAnswers(stats func(trackSID string) any) *answers {
	if stats == nil {
		return nil
	}
	return &answers{stats: stats, last: map[string]answer{}}
}

// register answers the requests that come in a room.
func (a *answers) register(room *lksdk.Room) error {
	if a == nil {
		return nil
	}
	err := room.RegisterRpcMethod(StatsMethod, func(request lksdk.RpcInvocationData) (string, error) {
		return a.answer(request.Payload, time.Now())
	})
	if err != nil {
		return fmt.Errorf("gstpublish: answering requests for statistics: %w", err)
	}
	return nil
}

// unregister leaves the requests of a room unanswered from now on.
func (a *answers) unregister(room *lksdk.Room) {
	if a != nil {
		room.UnregisterRpcMethod(StatsMethod)
	}
}

// answer returns the statistics of a track as JSON.
func (a *answers) answer(trackSID string, now time.Time) (string, error) {
	if len(trackSID) > maxTrack {
		return "", lksdk.NewRpcError(noTrackCode, "the payload must be the SID of a track", nil)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if last, ok := a.last[trackSID]; ok && now.Sub(last.at) < answerLife {
		return last.text, nil
	}
	state := a.stats(trackSID)
	if state == nil {
		return "", lksdk.NewRpcError(noTrackCode, "no such track is published", nil)
	}
	data, err := json.Marshal(state)
	if err != nil {
		return "", fmt.Errorf("gstpublish: answering a request for statistics: %w", err)
	}
	for other, old := range a.last { // Tracks have other SIDs after the connection was lost.
		if now.Sub(old.at) >= answerLife {
			delete(a.last, other)
		}
	}
	a.last[trackSID] = answer{string(data), now}
	return string(data), nil
}
