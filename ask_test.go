// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package gstpublish_test

import (
	"encoding/json"
	"testing"
	"time"

	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/internal/test/need"
	"github.com/gstpublish/gstpublish/metrics"
	"github.com/gstpublish/gstpublish/sink"
)

// said is what a publisher says of itself.
type said struct{ Event, Time, Track, Codec, Encoder string }

// ask asks the publisher of a room for the statistics of a track.
func ask(t *testing.T, asker *lksdk.Room, track string) (answer said, err error) {
	t.Helper()
	limit := wait
	text, err := asker.LocalParticipant.PerformRpc(lksdk.PerformRpcParams{
		DestinationIdentity: "publisher", Method: gstpublish.StatsMethod, Payload: track, ResponseTimeout: &limit,
	})
	if err == nil {
		require.NoError(t, json.Unmarshal([]byte(*text), &answer))
	}
	return answer, err
}

// asker joins a room as a participant who may send data.
func asker(t *testing.T, room string) *lksdk.Room {
	t.Helper()
	r, err := lksdk.ConnectToRoomWithToken(server.URL(), token(t, room, "asker"), nil, lksdk.WithAutoSubscribe(false))
	require.NoError(t, err)
	t.Cleanup(r.Disconnect)
	return r
}

// TestParticipantsAskForStatistics of one track, of any, and of one that there is not.
func TestParticipantsAskForStatistics(t *testing.T) {
	need.Server(t)
	name := newRoom(t)
	var records metrics.Records
	room := join(t, name, &gstpublish.Options{AnswerStats: records.Answer})
	who := asker(t, name)
	_, err := ask(t, who, "")
	require.ErrorContains(t, err, "no such track is published")
	first, err := room.Publish(within(t), newFilm(t, nil), &sink.Options{Name: "one"})
	require.NoError(t, err)
	second, err := room.Publish(within(t), newFilm(t, nil), &sink.Options{Name: "two"})
	require.NoError(t, err)
	records.Add(room, first)
	records.Add(room, second)

	answer, err := ask(t, who, second.SID())
	require.NoError(t, err)
	require.Equal(t, "two", answer.Track)
	require.Equal(t, "stats", answer.Event)
	require.Equal(t, "VP8", answer.Codec)
	require.NotEmpty(t, answer.Encoder)
	_, err = time.Parse(time.RFC3339, answer.Time)
	require.NoError(t, err)
	answer, err = ask(t, who, "")
	require.NoError(t, err)
	require.Equal(t, "one", answer.Track)

	sid := second.SID()
	require.NoError(t, second.Close())
	require.Eventually(t, func() bool { // The last answer is given for a moment more.
		_, err = ask(t, who, sid)
		return err != nil
	}, wait, 100*time.Millisecond)
	require.ErrorContains(t, err, "no such track is published")
}

// TestAnAttachedRoomAnswers until it is closed. Without the option, no room answers.
func TestAnAttachedRoomAnswers(t *testing.T) {
	need.Server(t)
	name := newRoom(t)
	joined := connect(t, server.URL(), name, gstpublish.ConnectOptions()...)
	who := asker(t, name)
	_, err := ask(t, who, "")
	require.ErrorContains(t, err, "Method not supported")
	room, err := gstpublish.Attach(joined, &gstpublish.AttachOptions{
		AnswerStats: func(string) any { return map[string]string{"track": "mine"} },
	})
	require.NoError(t, err)
	answer, err := ask(t, who, "")
	require.NoError(t, err)
	require.Equal(t, "mine", answer.Track)
	require.NoError(t, room.Close())
	_, err = ask(t, who, "")
	require.ErrorContains(t, err, "Method not supported")
}
