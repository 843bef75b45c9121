// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package gstpublish

import (
	"strings"
	"testing"
	"time"

	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/stretchr/testify/require"
)

// TestAnswersAreGivenAgain: many viewers cause no more work than one.
func TestAnswersAreGivenAgain(t *testing.T) {
	calls := 0
	a := newAnswers(func(sid string) any {
		if calls++; sid == "TR_none" {
			return nil
		}
		return map[string]any{"track": sid, "call": calls}
	})
	now := time.Now()
	text, err := a.answer("TR_1", now)
	require.NoError(t, err)
	require.JSONEq(t, `{"track":"TR_1","call":1}`, text)
	text, err = a.answer("TR_1", now.Add(answerLife-1))
	require.NoError(t, err)
	require.JSONEq(t, `{"track":"TR_1","call":1}`, text)
	text, err = a.answer("", now.Add(answerLife))
	require.NoError(t, err)
	require.JSONEq(t, `{"track":"","call":2}`, text)
	require.Len(t, a.last, 1)
	text, err = a.answer("TR_1", now.Add(answerLife))
	require.NoError(t, err)
	require.JSONEq(t, `{"track":"TR_1","call":3}`, text)

	refused := (*lksdk.RpcError)(nil)
	_, err = a.answer("TR_none", now)
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "no such track is published", refused.Message)
	_, err = a.answer(strings.Repeat("x", maxTrack+1), now)
	require.ErrorAs(t, err, &refused)
	require.Equal(t, 4, calls)
}

// TestRoomsWithoutAnswersRegisterNothing, so that a caller's own method of that name works.
func TestRoomsWithoutAnswersRegisterNothing(t *testing.T) {
	room := lksdk.NewRoom(nil)
	require.NoError(t, newAnswers(nil).register(room))
	a := newAnswers(func(string) any { return nil })
	require.NoError(t, a.register(room))
	require.ErrorContains(t, a.register(room), "gstpublish: answering requests for statistics: ")
	a.unregister(room)
	require.NoError(t, a.register(room))
}
