// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package options

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/problem"
)

func TestParseBitrate(t *testing.T) {
	for text, want := range map[string]int{
		"2500000": 2_500_000, "2500k": 2_500_000, "2500K": 2_500_000, "2.5M": 2_500_000, "0.3m": 300_000, "10k": 10_000,
	} {
		t.Run(text, func(t *testing.T) {
			got, err := parseRate("bitrate", text)
			require.NoError(t, err)
			require.Equal(t, want, got)
		})
	}
	for _, text := range []string{"", "k", "fast", "-1M", "0", "NaN", "Inf", "1e300M", "2500", "2.5Mbit", "1 M"} {
		t.Run("refused "+text, func(t *testing.T) {
			_, err := parseRate("bitrate", text)
			require.Equal(t, problem.ExitUsage, problem.Code(err))
		})
	}
}

func TestResolve(t *testing.T) {
	server := Connection{URL: "wss://example.com", APIKey: "key", APISecret: "a-secret"}
	with := func(change func(c *Connection)) Connection {
		c := server
		change(&c)
		return c
	}
	tests := map[string]struct {
		given Connection
		want  string // of the error
	}{
		"key":            {with(func(c *Connection) { c.Room = "a" }), ""},
		"token":          {Connection{URL: "http://localhost:1", Token: "t"}, ""},
		"token, dev":     {Connection{dev: true, Token: "t"}, ""},
		"dev":            {Connection{dev: true, Room: "a"}, ""},
		"no URL":         {Connection{Room: "a"}, "no server: set --url"},
		"odd URL":        {Connection{URL: "localhost:7880", Room: "a"}, "--url must be like wss://"},
		"broken URL":     {Connection{URL: "ws://a b/", Room: "a"}, "--url must be like wss://"},
		"no room":        {server, "no room: set --room"},
		"no secret":      {Connection{URL: "ws://a", APIKey: "k", Room: "a"}, "no credentials: neither"},
		"token and room": {Connection{URL: "ws://a", Token: "t", Room: "a"}, "have no effect with an access token"},
		"token and name": {Connection{URL: "ws://a", Token: "t", Identity: "a"}, "have no effect with an access token"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := tt.given
			err := c.Resolve()
			if tt.want != "" {
				require.ErrorContains(t, err, tt.want)
				require.Equal(t, problem.ExitUsage, problem.Code(err))
				return
			}
			require.NoError(t, err)
			token, err := c.ViewerToken()
			require.NoError(t, err)
			require.NotEmpty(t, token)
			require.Equal(t, c.Token == "", c.Identity != "")
		})
	}
}

func TestDevCanBeChangedInPart(t *testing.T) {
	c := Connection{dev: true, Room: "a", URL: "ws://other:1", APISecret: "another"}
	require.NoError(t, c.Resolve())
	require.Equal(t, "ws://other:1", c.URL)
	require.Equal(t, devKey, c.APIKey)
	require.Equal(t, "another", c.APISecret)
}

func TestParseReconnect(t *testing.T) {
	for text, want := range map[string]gstpublish.Reconnect{
		"": gstpublish.DefaultReconnect, "10s": gstpublish.Reconnect(10 * time.Second),
		"forever": gstpublish.ReconnectForever, "off": gstpublish.ReconnectNever,
	} {
		got, err := parseReconnect(text)
		require.NoError(t, err)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"0s", "-1s", "soon", "10"} {
		_, err := parseReconnect(text)
		require.Equal(t, problem.ExitUsage, problem.Code(err), text)
	}
}
