// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package gstpublish_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/pipeline"
)

// TestNoRoom: nothing panics.
func TestNoRoom(t *testing.T) {
	var room *gstpublish.Room
	require.NoError(t, room.Close())
	require.ErrorIs(t, room.Join(t.Context()), gstpublish.ErrNoRoom)
	require.ErrorIs(t, room.Err(), gstpublish.ErrNoRoom)
	require.Nil(t, room.LiveKit())
	require.Nil(t, room.Done())
	require.Zero(t, room.Stats())
	_, err := room.Prove(t.Context(), nil)
	require.ErrorIs(t, err, gstpublish.ErrNoRoom)
	source, err := appsrc.NewVideoSource(320, 180, nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, source.Close()) }()
	_, err = room.Publish(t.Context(), source, nil)
	require.ErrorIs(t, err, gstpublish.ErrNoRoom)
	pipe := parse(t, "videotestsrc")
	_, err = room.Publish(t.Context(), pipe, nil)
	require.ErrorIs(t, err, gstpublish.ErrNoRoom)
	require.Equal(t, pipeline.StateStopped, pipe.State())
	_, err = gstpublish.Attach(nil, nil)
	require.ErrorIs(t, err, gstpublish.ErrNoRoom)
	require.ErrorIs(t, gstpublish.Prepare(nil), gstpublish.ErrNoRoom)
}

// otherSource is a Source that no Room knows.
type otherSource struct{}

func (otherSource) IsScreencast() bool { return false }
func (otherSource) Close() error       { return nil }

func TestSourcesThatAreRefused(t *testing.T) {
	room, err := gstpublish.NewRoom("ws://127.0.0.1:1", gstpublish.Token("token"), nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, room.Close()) }()
	for _, source := range []gstpublish.Source{
		nil, otherSource{}, (*appsrc.VideoSource)(nil), (*pipeline.Pipeline)(nil),
	} {
		_, err = room.Publish(t.Context(), source, nil)
		refused := (*gstpublish.SourceError)(nil)
		require.ErrorAs(t, err, &refused)
		require.Equal(t, source, refused.Source)
	}
}

func TestArgumentsThatAreRefused(t *testing.T) {
	const url = "wss://example.com"
	token := gstpublish.Token("token")
	for want, err := range map[string]error{
		"URL of the LiveKit server is empty": try("", token, nil),
		"not the URL of a LiveKit server":    try("example", token, nil),
		"begins with wss:// or ws://":        try("ftp://example.com", token, nil),
		"no credentials":                     try(url, nil, nil),
		"the access token is empty":          try(url, gstpublish.Token(""), nil),
		"the TokenFunc is nil":               try(url, gstpublish.TokenFunc(nil), nil),
		"needs both Key and Secret":          try(url, gstpublish.APIKey{Room: "room"}, nil),
		"needs the name of a Room":           try(url, &gstpublish.APIKey{Key: "k", Secret: "s"}, nil),
		"the *APIKey is nil":                 try(url, (*gstpublish.APIKey)(nil), nil),
		"Reconnect must be positive":         try(url, token, &gstpublish.Options{Reconnect: -3}),
		"MaxBandwidth must not be negative":  try(url, token, &gstpublish.Options{MaxBandwidth: -1}),
	} {
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, "gstpublish: ")
	}
}

func try(url string, credentials gstpublish.Credentials, opts *gstpublish.Options) error {
	_, err := gstpublish.NewRoom(url, credentials, opts)
	return err
}

func TestCredentialsHideTheirSecrets(t *testing.T) {
	key := gstpublish.APIKey{Key: "key", Secret: "a secret", Room: "room", Identity: "me"}
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		require.NotContains(t, fmt.Sprintf(format, gstpublish.Token("a secret")), "a secret")
		require.NotContains(t, fmt.Sprintf(format, key), "a secret")
		require.NotContains(t, fmt.Sprintf(format, &key), "a secret")
	}
	token, err := key.AccessToken(context.Background())
	require.NoError(t, err)
	require.NotEmpty(t, token)
}

func TestReconnectInWords(t *testing.T) {
	for want, r := range map[string]gstpublish.Reconnect{
		"1m0s": 0, "10s": gstpublish.Reconnect(10 * time.Second),
		"forever": gstpublish.ReconnectForever, "never": gstpublish.ReconnectNever,
	} {
		require.Equal(t, want, r.String())
	}
}
