// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package console

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestArgSecrets(t *testing.T) {
	tests := map[string]struct {
		args  []string
		found []string
	}{
		"none":            {[]string{"gstpublish", "run", "--room", "token"}, nil},
		"two words":       {[]string{"gstpublish", "run", "--token", "T", "--api-secret", "S"}, []string{"T", "S"}},
		"joined":          {[]string{"gstpublish", "run", "--token=T", "--api-secret=S=S"}, []string{"T", "S=S"}},
		"one dash":        {[]string{"gstpublish", "run", "-token", "T", "-api-secret=S"}, []string{"T", "S"}},
		"twice":           {[]string{"gstpublish", "--token", "T", "--token", "U"}, []string{"T", "U"}},
		"no value":        {[]string{"gstpublish", "run", "--token"}, nil},
		"in the pipeline": {[]string{"gstpublish", "run", "--", "--token", "T"}, nil},
		"a camera":        {[]string{"gstpublish", "run", "rtsp://me:P@a"}, []string{"P"}},
		"cameras":         {[]string{"gstpublish", "--", "rtspsrc", "user-pw=P", "rtsp://me:Q@a"}, []string{"P", "Q"}},
		"a variable":      {[]string{"gstpublish", "run", "--set", "password=P", "a.launch"}, []string{"P"}},
		"not a flag":      {[]string{"gstpublish", "token", "T"}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, tt.found, ArgSecrets(tt.args))
		})
	}
}

func TestRedact(t *testing.T) {
	const token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtZSIsImV4cCI6MX0.c2lnbmF0dXJl"
	k := &Secrets{Public: "secret"}
	k.Add("swordfish-123", `with "quotes" and \`, "short", "", "secret")
	tests := map[string]struct{ text, want string }{
		"nothing":        {"nothing to hide", "nothing to hide"},
		"known":          {"it is swordfish-123, swordfish-123", "it is [redacted], [redacted]"},
		"quoted":         {fmt.Sprintf("value=%q", `with "quotes" and \`), `value="[redacted]"`},
		"too short":      {"a short word", "a short word"},
		"of development": {"--api-secret secret", "--api-secret secret"},
		"unknown token":  {"{token:" + token + " x:1}", "{token:[redacted] x:1}"},
		"query":          {"GET /rtc?access_token=" + "abc.def&sdk=go", "GET /rtc?access_token=[redacted]&sdk=go"},
		"URL":            {"rtsp://me:pass@host:554/a", "rtsp://me:[redacted]@host:554/a"},
		"URL without":    {"ws://127.0.0.1:7880/a@b", "ws://127.0.0.1:7880/a@b"},
		"TURN":           {`username:\"u\" credential:\"c\"`, `username:\"u\" credential:\"[redacted]\"`},
		"ICE":            {`a=ice-ufrag:x\r\na=ice-pwd:y\r\n`, `a=ice-ufrag:x\r\na=ice-pwd:[redacted]\r\n`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, tt.want, k.Redact(tt.text))
			var out bytes.Buffer
			n, err := fmt.Fprintln(k.Writer(&out), tt.text)
			require.NoError(t, err)
			require.Equal(t, len(tt.text)+1, n)
			require.Equal(t, tt.want+"\n", out.String())
		})
	}
}
