// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/livekit/protocol/livekit"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/stretchr/testify/require"
)

// TestGatedHasAll: every callback of the SDK is passed on while the room belongs to the session. Afterwards, none is,
// except for those of the connection.
func TestGatedHasAll(t *testing.T) {
	t.Parallel()
	ours := []string{"OnReconnecting", "OnReconnected", "OnDisconnected", "OnDisconnectedWithReason"}
	calls, open := 0, true
	full := &lksdk.RoomCallback{}
	fill := func(v reflect.Value) {
		v.Set(reflect.MakeFunc(v.Type(), func([]reflect.Value) []reflect.Value {
			calls++
			return nil
		}))
	}
	each(reflect.ValueOf(full).Elem(), func(_ string, v reflect.Value) { fill(v) })
	passed := gated(full, func() bool { return open })
	n := 0
	each(reflect.ValueOf(passed).Elem(), func(name string, v reflect.Value) {
		if v.IsNil() {
			require.Contains(t, ours, name)
			return
		}
		n++
		args := make([]reflect.Value, v.Type().NumIn())
		for i := range args {
			args[i] = reflect.Zero(v.Type().In(i))
		}
		open = true
		v.Call(args)
		require.Equal(t, n, calls, name)
		open = false
		v.Call(args)
		require.Equal(t, n, calls, name)
	})
	require.Greater(t, n, 20)
	each(reflect.ValueOf(gated(&lksdk.RoomCallback{}, nil)).Elem(), func(name string, v reflect.Value) {
		require.True(t, v.IsNil(), name)
	})
	require.Equal(t, &lksdk.RoomCallback{}, gated(nil, nil))
}

// each calls f with each function in a struct of functions.
func each(v reflect.Value, f func(name string, v reflect.Value)) {
	for i := range v.NumField() {
		if v.Field(i).Kind() == reflect.Struct {
			each(v.Field(i), f)
			continue
		}
		f(v.Type().Field(i).Name, v.Field(i))
	}
}

// TestFinal lists all reasons, so that it fails if the SDK adds one.
func TestFinal(t *testing.T) {
	t.Parallel()
	var forGood []string
	for number, name := range livekit.DisconnectReason_name {
		if final(livekit.DisconnectReason(number)) {
			forGood = append(forGood, name)
		}
	}
	require.ElementsMatch(t, []string{
		"DUPLICATE_IDENTITY", "PARTICIPANT_REMOVED", "ROOM_DELETED", "ROOM_CLOSED",
		"USER_UNAVAILABLE", "USER_REJECTED", "AGENT_ERROR",
	}, forGood)
	require.Len(t, livekit.DisconnectReason_name, 17)
}

func TestIntervals(t *testing.T) {
	t.Parallel()
	require.Equal(t, askShortest, askInterval(0))
	require.Equal(t, askShortest, askInterval(10*time.Second))
	require.Equal(t, 1500*time.Millisecond, askInterval(time.Minute))
	require.Equal(t, askLongest, askInterval(24*time.Hour))
	require.GreaterOrEqual(t, retryInterval(1), 2*firstRetry*4/5)
	for range 100 {
		require.LessOrEqual(t, retryInterval(1000), lastRetry*6/5+1)
		require.InDelta(t, 1000, jitter(time.Second).Milliseconds(), 201)
	}
}

func TestRedact(t *testing.T) {
	t.Parallel()
	const token = "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjF9.c2lnbmF0dXJl"
	for text, want := range map[string]string{
		"unauthorized: invalid token: " + token + ", error": "unauthorized: invalid token: [redacted], error",
		"what else is it? rubbish":                          "what else is it? [redacted]",
		"nothing":                                           "nothing",
	} {
		require.Equal(t, want, redact(text, "rubbish"))
	}
}

func TestServerAnswers(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{
		http.StatusOK: "", http.StatusNotFound: "", http.StatusFound: "",
		http.StatusNotAcceptable: "is unavailable (406)", http.StatusBadGateway: "is unavailable (502)",
	} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", "http://127.0.0.1:1")
				w.WriteHeader(status)
			}))
			defer web.Close()
			err := newServer(strings.Replace(web.URL, "http", "ws", 1)).answers(t.Context())
			if want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, want)
		})
	}
}

func TestServerAdmits(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]any{
		http.StatusOK: nil, http.StatusUnauthorized: new(*refusedError), http.StatusNotFound: new(*refusedError),
		http.StatusServiceUnavailable: new(*unavailableError),
	} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(status)
				fmt.Fprintf(w, "%s, no: secret, %s\n", r.URL.Path, r.Header.Get("Authorization"))
			}))
			defer web.Close()
			err := newServer(web.URL).admits(t.Context(), "secret")
			if want == nil {
				require.NoError(t, err)
				return
			}
			require.ErrorAs(t, err, want)
			require.ErrorContains(t, err, "/rtc/validate, no: [redacted], Bearer [redacted]")
		})
	}
}

// TestRivals: a connection that the session released while the SDK was repairing it may remove the participant, once,
// and not after the SDK has given it up.
func TestRivals(t *testing.T) {
	t.Parallel()
	duplicate := []news{{ended, livekit.DisconnectReason_DUPLICATE_IDENTITY}}
	s := &Session{}
	require.NotNil(t, s.dismissed(duplicate))
	m := newMember(nil)
	s.rivals = []rival{{m, time.Now().Add(rivalTime)}}
	require.Nil(t, s.dismissed(duplicate))
	require.NotNil(t, s.dismissed([]news{{ended, livekit.DisconnectReason_ROOM_CLOSED}}))
	m.room.OnDisconnected(livekit.DisconnectReason_SIGNAL_CLOSE)
	require.NotNil(t, s.dismissed(duplicate))

	s.rivals = []rival{{newMember(nil), time.Now().Add(-1)}}
	require.NotNil(t, s.dismissed(duplicate))
	s.letGo(newMember(nil)) // which is not being repaired
	require.Empty(t, s.rivals)
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	given := &Options{URL: "ws://localhost", Token: func(context.Context) (string, error) { return "", nil }}
	o, err := given.withDefaults()
	require.NoError(t, err)
	require.Equal(t, DefaultPatience, o.Patience)
	require.Nil(t, o.Connect())
	require.Nil(t, given.Logger, "the caller's options do not change")
	require.Equal(t, "rejoined", Rejoined.String())
	require.Equal(t, "unknown", EventKind(0).String())
}
