// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink"
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
			require.Equal(t, exitUsage, exitCode(err))
		})
	}
}

func TestSplitWords(t *testing.T) {
	options, words := splitWords([]string{"gstpublish", "run", "-r", "a"})
	require.Equal(t, []string{"gstpublish", "run", "-r", "a"}, options)
	require.Nil(t, words)
	options, words = splitWords([]string{"gstpublish", "run", "--", "a", "--", "b"})
	require.Equal(t, []string{"gstpublish", "run"}, options)
	require.Equal(t, []string{"a", "--", "b"}, words)
	_, words = splitWords([]string{"gstpublish", "run", "--"})
	require.Empty(t, words)
	require.NotNil(t, words)
}

func TestExitCode(t *testing.T) {
	missing := &pipeline.MissingElementError{Element: "x264enc"}
	tests := map[string]struct {
		err  error
		want int
	}{
		"none":               {nil, exitOK},
		"stopped":            {&stoppedError{"SIGINT"}, exitOK},
		"stopped and more":   {errors.Join(&stoppedError{"SIGINT"}, nil), exitOK},
		"any":                {errors.New("any"), exitFailure},
		"canceled":           {context.Canceled, exitFailure},
		"element":            {fmt.Errorf("sink: %w", &pipeline.ElementError{}), exitFailure},
		"usage":              {usagef("no"), exitUsage},
		"launch":             {&pipeline.LaunchError{Err: fs.ErrNotExist}, exitUsage},
		"no media":           {sink.ErrNoMedia, exitUsage},
		"too much":           {fmt.Errorf("x: %w", sink.ErrTwoOutputs), exitUsage},
		"missing":            {missing, exitMissing},
		"missing in text":    {&pipeline.LaunchError{Err: missing}, exitMissing},
		"missing for a flag": {&usageError{missing}, exitMissing},
		"refused":            {&hinted{&gstpublish.JoinError{}, ""}, exitConnect},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { require.Equal(t, tt.want, exitCode(tt.err)) })
	}
}

func TestSentence(t *testing.T) {
	for text, want := range map[string]string{
		"sink: pipeline: encoding H264: no encoder": "encoding H264: no encoder.",
		"which room?": "which room?",
		"ended.":      "ended.",
		"a: b":        "a: b.",
	} {
		require.Equal(t, want, sentence(errors.New(text)))
	}
}

func TestResolve(t *testing.T) {
	server := connection{url: "wss://example.com", apiKey: "key", apiSecret: "a-secret"}
	with := func(change func(c *connection)) connection {
		c := server
		change(&c)
		return c
	}
	tests := map[string]struct {
		given connection
		want  string // of the error
	}{
		"key":            {with(func(c *connection) { c.room = "a" }), ""},
		"token":          {connection{url: "http://localhost:1", token: "t"}, ""},
		"token, dev":     {connection{dev: true, token: "t"}, ""},
		"dev":            {connection{dev: true, room: "a"}, ""},
		"no URL":         {connection{room: "a"}, "no server: set --url"},
		"odd URL":        {connection{url: "localhost:7880", room: "a"}, "--url must be like wss://"},
		"broken URL":     {connection{url: "ws://a b/", room: "a"}, "--url must be like wss://"},
		"no room":        {server, "no room: set --room"},
		"no secret":      {connection{url: "ws://a", apiKey: "k", room: "a"}, "no credentials: neither"},
		"token and room": {connection{url: "ws://a", token: "t", room: "a"}, "have no effect with an access token"},
		"token and name": {connection{url: "ws://a", token: "t", identity: "a"}, "have no effect with an access token"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := tt.given
			err := c.resolve()
			if tt.want != "" {
				require.ErrorContains(t, err, tt.want)
				require.Equal(t, exitUsage, exitCode(err))
				return
			}
			require.NoError(t, err)
			token, err := c.viewerToken()
			require.NoError(t, err)
			require.NotEmpty(t, token)
			require.Equal(t, c.token == "", c.identity != "")
		})
	}
}

func TestDevCanBeChangedInPart(t *testing.T) {
	c := connection{dev: true, room: "a", url: "ws://other:1", apiSecret: "another"}
	require.NoError(t, c.resolve())
	require.Equal(t, "ws://other:1", c.url)
	require.Equal(t, devKey, c.apiKey)
	require.Equal(t, "another", c.apiSecret)
}
