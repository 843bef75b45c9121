// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"errors"
	"io/fs"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// source has some flags, an environment and a file.
func source(environment map[string]string) *Source {
	return &Source{
		Name: "serve.yaml",
		Flags: map[string]FlagKind{
			"codec": TextFlag, "max-bandwidth": TextFlag, "screencast": BoolFlag, "fallback-codec": ListFlag,
		},
		Check: func(p *Publication) error {
			if slices.Contains(p.Options, "--codec=wrong") {
				return errors.New(`catalogue: unknown codec "wrong"`)
			}
			if p.URL == "wrong" {
				return errors.New("--url must be like wss://a")
			}
			if slices.Contains(p.Options, "--max-bandwidth=wrong") {
				return errors.New("--codec and --max-bandwidth do not fit")
			}
			return nil
		},
		Getenv: func(name string) string { return environment[name] },
		ReadFile: func(path string) ([]byte, error) {
			if path == "/run/secret" {
				return []byte("from a file\n"), nil
			}
			return nil, fs.ErrNotExist
		},
	}
}

// twoPublications is a configuration whose last publication takes more keys.
const twoPublications = `
ws_url: wss://example.com
api_key: key
api_secret_file: /run/secret
bind_address: 0.0.0.0
health_port: 8080
prometheus_port: 9090
logging: {level: warn, json: true}
stall_timeout: 1m
defaults: {room: demo, codec: h264, environment: {GST_DEBUG: 2}}
publications:
  door:
    pipeline: |
      # with a comment
      rtspsrc location=rtsp://door
    max_bandwidth: 600k
    environment: {GST_DEBUG: 3, A: b}
  screen:
    input: screen.launch
    room: screens
    identity: wall
    screencast: true
    codec: vp9
    fallback-codec: [vp8, h264]
    restart: on-failure
`

func TestParse(t *testing.T) {
	c, err := Parse([]byte(twoPublications+"    token: abc\n"), source(nil))
	require.EqualError(t, err, `serve.yaml:18:3: publication "screen" has a token, which contains the room and `+
		`the identity: remove both`)
	require.Nil(t, c)

	c, err = Parse([]byte(twoPublications+"    api_secret: own\n"),
		source(map[string]string{"LIVEKIT_URL": "ws://localhost"}))
	require.NoError(t, err)
	c.base = nil
	require.Equal(t, &Config{
		URL: "ws://localhost", APIKey: "key", APISecret: "from a file",
		BindAddress: "0.0.0.0", HealthPort: 8080, PrometheusPort: 9090, DebugPort: 8080, LogLevel: "warn", LogJSON: true,
		DrainTimeout: DefaultDrainTimeout, StallTimeout: time.Minute, HangTimeout: DefaultHangTimeout,
		Publications: []Publication{
			{
				Name: "door", Pipeline: "# with a comment\nrtspsrc location=rtsp://door\n",
				URL: "ws://localhost", APIKey: "key", APISecret: "from a file", Room: "demo", Identity: "door",
				Restart: RestartAlways, Options: []string{"--codec=h264", "--max-bandwidth=600k"},
				Environment: []string{"A=b", "GST_DEBUG=3"},
			},
			{
				Name: "screen", Input: "screen.launch",
				URL: "ws://localhost", APIKey: "key", APISecret: "own", Room: "screens", Identity: "wall",
				Restart: RestartOnFailure,
				Options: []string{
					"--codec=vp9", "--fallback-codec=vp8", "--fallback-codec=h264", "--screencast=true",
				},
				Environment: []string{"GST_DEBUG=2"},
			},
		},
	}, c)
}

// TestErrors has what is wrong in a configuration, each with its place.
func TestErrors(t *testing.T) {
	const head = "ws_url: ws://a\napi_key: a\napi_secret: b\n"
	for text, want := range map[string]string{
		"": `serve.yaml: no publications: expected publications: {NAME: {pipeline: …, room: …}}`,
		"publications: {}": `serve.yaml:1:1: no publications: expected publications: {NAME: {pipeline: …, room: ` +
			`…}}`,
		"- a":          `serve.yaml:1:1: expected a mapping (key: value), got a list`,
		"a: [":         `serve.yaml:1:1: did not find expected node content`,
		"a: 1\n\tb: 2": `serve.yaml:2:1: found a tab character that violates indentation: YAML is indented with spaces`,
		"a: 1\n  b: 2": `serve.yaml:2:1: mapping values are not allowed in this context`,
		"a:\n  b: 1\n c: 2": `serve.yaml:2:1: did not find expected key in the block that begins here: is a line of ` +
			`it indented differently, or a quote missing?`,
		"a: 1\n---\nb: 2": `serve.yaml:2:1: a second document: remove --- and what follows`,
		"healthport: 1":   `serve.yaml:1:1: unknown key "healthport": did you mean health_port?`,
		head + "publications:\n  a:\n    codek: x":     `serve.yaml:6:5: unknown key "codek": did you mean codec?`,
		head + "publications:\n  a:\n    something: x": `serve.yaml:6:5: unknown key "something"`,
		head + "publications:\n  a: {pipeline: x, room: r, pipeline: y}": `` +
			`serve.yaml:5:29: the key "pipeline" is there twice`,
		head + "publications:\n  a: {pipeline: x, input: y, room: r}": `` +
			`serve.yaml:5:3: publication "a" must have pipeline or input, and not both`,
		head + "publications:\n  a: {pipeline: x}": `serve.yaml:5:3: publication "a" has no room`,
		head + "publications:\n  a/b: {pipeline: x}": `` +
			`serve.yaml:5:3: the name of a publication must have up to 63 letters, digits, dots, ` +
			`- and _, got "a/b"`,
		head + "publications:\n  a: {pipeline: x, room: r, screencast: maybe}": `` +
			`serve.yaml:5:41: expected true or false, got "maybe"`,
		head + "publications:\n  a: {pipeline: [x], room: r}": `serve.yaml:5:17: expected text, got a list`,
		head + "publications:\n  a: {pipeline: , room: r}":    `serve.yaml:5:17: expected text, got nothing`,
		head + "publications:\n  a: {pipeline: x, room: r, restart: often}": `` +
			`serve.yaml:5:38: expected one of always, on-failure, never, got "often"`,
		head + "health_port: 70000\npublications: {a: {pipeline: x, room: r}}": `` +
			`serve.yaml:4:14: expected a port from 0 (any free one) to 65535, got "70000"`,
		head + "drain_timeout: 5\npublications: {a: {pipeline: x, room: r}}": `` +
			`serve.yaml:4:16: expected a duration such as 30s, got "5"`,
		head + "logging: {json: 1}\npublications: {a: {pipeline: x, room: r}}": `` +
			`serve.yaml:4:17: expected true or false, got "1"`,
		head + "defaults: {identity: a}\npublications: {a: {pipeline: x, room: r}}": `` +
			`serve.yaml:4:11: defaults must not have pipeline, input or identity, which each ` +
			`publication has for itself`,
		"api_key: a\napi_secret: b\npublications: {a: {pipeline: x, room: r}}": `` +
			`serve.yaml:3:16: publication "a" has no server: set ws_url, or LIVEKIT_URL in the ` +
			`environment`,
		"ws_url: a\npublications: {a: {pipeline: x, room: r}}": `` +
			`serve.yaml:2:16: publication "a" has no credentials: set api_key and ` +
			`api_secret_file, or LIVEKIT_API_KEY and LIVEKIT_API_SECRET in the environment`,
		head + "publications:\n  a: {pipeline: x, room: r, identity: i}\n  b: {pipeline: y, room: r, identity: i}": `` +
			`serve.yaml:6:3: publications "a" and "b" are the same participant: give one of them another room, ` +
			`identity or token`,
		head + "publications:\n  a: {pipeline: x, room: r, codec: wrong}": `` +
			`serve.yaml:5:36: publication "a": catalogue: unknown codec "wrong"`,
		head + "defaults: {max_bandwidth: wrong}\npublications: {a: {pipeline: x, room: r}}": `` +
			`serve.yaml:4:27: publication "a": --codec and --max-bandwidth do not fit`,
		"api_key: a\napi_secret: b\nws_url: wrong\npublications: {a: {pipeline: x, room: r}}": `` +
			`serve.yaml:3:9: publication "a": --url must be like wss://a`,
		head + "publications:\n  a: {input: -x, room: r}": `` +
			`serve.yaml:5:3: publication "a" has the input "-x", which is an option or standard input`,
		"token_file: /none\npublications: {a: {pipeline: x}}": `serve.yaml:1:13: file does not exist`,
	} {
		t.Run(text, func(t *testing.T) {
			_, err := Parse([]byte(text), source(nil))
			require.EqualError(t, err, want, text)
			var placed *Error
			require.ErrorAs(t, err, &placed)
		})
	}
	_, err := Parse([]byte("token_file: /none\npublications: {a: {pipeline: x}}"), source(nil))
	require.ErrorIs(t, err, fs.ErrNotExist)
}

// TestAnchors sees that YAML's own means of sharing work.
func TestAnchors(t *testing.T) {
	c, err := Parse([]byte(`
ws_url: ws://a
api_key: a
api_secret: b
publications:
  one: &one {pipeline: videotestsrc, room: r, codec: vp9}
  two: {<<: *one, identity: second}
`), source(nil))
	require.NoError(t, err)
	require.Equal(t, "second", c.Publications[1].Identity)
	require.Equal(t, []string{"--codec=vp9"}, c.Publications[1].Options)
}

func FuzzParse(f *testing.F) {
	f.Add("ws_url: ws://a\napi_key: a\napi_secret: b\npublications: {a: &a {pipeline: x, room: r}, b: *a}")
	f.Add("a: &a {<<: *a}")
	f.Add("publications: {a: {environment: {A: 1}, fallback-codec: [a, b]}}")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse([]byte(text), source(nil))
		if err != nil {
			require.Nil(t, c)
			return
		}
		require.NotEmpty(t, c.Publications)
		for _, p := range c.Publications {
			require.Regexp(t, nameFormat, p.Name)
			require.NotEqual(t, p.Pipeline == "", p.Input == "")
			require.NotEmpty(t, p.URL)
		}
	})
}
