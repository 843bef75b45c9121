// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package redact

import (
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl"

func TestText(t *testing.T) {
	for text, want := range map[string]string{
		"nothing secret":                    "nothing secret",
		"token " + token + ".":              "token [redacted].",
		"GET /rtc?access_token=abc&x=1":     "GET /rtc?access_token=[redacted]&x=1",
		"wss://user:pass@example.com/a":     "wss://user:[redacted]@example.com/a",
		`user-pw=\"hush\" user-id="me"`:     `user-pw=\"[redacted]\" user-id="me"`,
		`user-pw="${password:-}"`:           `user-pw="${password:-}"`,
		"srt://a:1?passphrase=hush&mode=b":  "srt://a:1?passphrase=[redacted]&mode=b",
		`credential: "abc" username: "d"`:   `credential: "[redacted]" username: "d"`,
		"a=ice-pwd:abcdef\r\na=ice-ufrag:g": "a=ice-pwd:[redacted]\r\na=ice-ufrag:g",
	} {
		require.Equal(t, want, Text(text))
	}
}

func TestPasswords(t *testing.T) {
	for text, want := range map[string][]string{
		"rtsp://camera/a":               nil,
		"rtsp://me:one@a rtsp://:two@b": {"one", "two"},
		"--set=password=three":          {"three"},
		`rtspsrc user-pw="four" ! a`:    {"four"},
		`rtspsrc user-pw="${password}"`: nil,
	} {
		require.Equal(t, want, Passwords(text), text)
	}
}

func TestDebug(t *testing.T) {
	var text strings.Builder
	h := slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.LevelDebug})
	log := slog.New(Debug(h)).With("first", token).WithGroup("g")
	log.Error("it failed with "+token, "err", errors.New("GET /rtc?access_token=abc failed"), "n", 3,
		"params", struct{ Token string }{token}, slog.Group("group", "token", token))
	require.NotContains(t, text.String(), token)
	require.NotContains(t, text.String(), "abc")
	require.Contains(t, text.String(), "level=DEBUG")
	require.Contains(t, text.String(), "g.n=3")
	require.Contains(t, text.String(), "g.sdk_level=ERROR")
	require.Equal(t, 5, strings.Count(text.String(), Mark))

	text.Reset()
	slog.New(Debug(slog.NewTextHandler(&text, nil))).Error("not asked for")
	require.Empty(t, text.String())
}
