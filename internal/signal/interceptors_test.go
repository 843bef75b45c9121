// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package signal

import (
	"testing"

	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/pion/interceptor"
	"github.com/stretchr/testify/require"
)

// A failure here is an SDK that is made in another way: then no room can be attached.
func TestInterceptorsOfARoom(t *testing.T) {
	room := lksdk.NewRoom(nil)
	found, ok := Interceptors(room)
	require.True(t, ok)
	require.Empty(t, found, "it was not joined")

	err := room.JoinWithToken("ws://127.0.0.1:1", "token", lksdk.WithInterceptors(nil))
	require.Error(t, err, "nothing listens there")
	found, ok = Interceptors(room)
	require.True(t, ok)
	require.Empty(t, found)

	ours := &noFactory{}
	require.Error(t, room.JoinWithToken("ws://127.0.0.1:1", "token",
		lksdk.WithInterceptors([]interceptor.Factory{ours})))
	found, ok = Interceptors(room)
	require.True(t, ok)
	require.Equal(t, []interceptor.Factory{ours}, found)

	_, ok = Interceptors(nil)
	require.False(t, ok)
}

// noFactory makes interceptors that do nothing.
type noFactory struct{}

func (*noFactory) NewInterceptor(string) (interceptor.Interceptor, error) {
	return &interceptor.NoOp{}, nil
}
