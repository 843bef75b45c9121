// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// forJobs returns the configuration of a worker.
func forJobs(t *testing.T) (*Config, *Source) {
	t.Helper()
	s := source(nil)
	s.Worker = true
	c, err := Parse([]byte(`
ws_url: ws://a
api_key: key
api_secret: secret
defaults: {codec: h264}
publications:
  door: {pipeline: rtspsrc, room: own, max_bandwidth: 600k, ws_url: ws://other, api_secret: other}
`), s)
	require.NoError(t, err)
	s.Name = "metadata"
	return c, s
}

// TestJob sees what each kind of metadata is for each worker.
func TestJob(t *testing.T) {
	c, s := forJobs(t)
	door := Publication{
		Name: "door", Pipeline: "rtspsrc", URL: "ws://a", APIKey: "key", APISecret: "secret", Room: "of the job",
		Identity: "door", Restart: RestartAlways, Options: []string{"--codec=h264", "--max-bandwidth=600k"}, Movable: true,
	}
	for _, metadata := range []string{"door", `"door"`, "{publication: door}", `{"publication":"door"}`} {
		p, err := c.Job(metadata, "of the job", AcceptNames, s)
		require.NoError(t, err)
		require.Equal(t, door, p, metadata)
	}
	whole := `{publication: screen, pipeline: ximagesrc, identity: wall, codec: vp9, screencast: true}`
	p, err := c.Job(whole, "r", AcceptAny, s)
	require.NoError(t, err)
	require.Equal(t, Publication{
		Name: "screen", Pipeline: "ximagesrc", URL: "ws://a", APIKey: "key", APISecret: "secret", Room: "r",
		Identity: "wall", Restart: RestartAlways, Options: []string{"--codec=vp9", "--screencast=true"}, Movable: true,
	}, p)
	p, err = c.Job(whole, "r", AcceptRestricted, s)
	require.NoError(t, err)
	require.Equal(t, []string{"--codec=vp9", "--policy=restricted", "--screencast=true"}, p.Options)
}

// TestJobErrors has what a worker does not accept.
func TestJobErrors(t *testing.T) {
	c, s := forJobs(t)
	const refused = `which this worker does not accept from a dispatch`
	for _, tt := range []struct {
		metadata, err string
		accept        Accept
	}{
		{``, `metadata: expected the name of a publication, got nothing`, AcceptAny},
		{`gate`, `metadata:1:1: the configuration has no publication "gate"`, AcceptAny},
		{`../x`, `metadata:1:1: expected the name of a publication, got "../x"`, AcceptAny},
		{`[door]`, `metadata:1:1: expected a mapping (key: value), got a list`, AcceptAny},
		{`{publication: a, pipeline: b}`, `metadata:1:1: publication "a" has more than a name, which this worker does ` +
			`not accept`, AcceptNames},
		{
			`{publication: a, pipeline: b, policy: any}`, `metadata:1:31: publication "a" must not have "policy", ` + refused,
			AcceptRestricted,
		},
		{
			`{publication: a, input: /etc/shadow}`, `metadata:1:18: publication "a" must not have "input", ` + refused,
			AcceptRestricted,
		},
		{`{publication: a, pipeline: b, environment: {LD_PRELOAD: x}}`, `metadata:1:31: publication "a" must not have ` +
			`"environment", ` + refused, AcceptRestricted},
		{`{publication: a, pipeline: b, api_secret_file: /x}`, `metadata:1:31: publication "a" must not have ` +
			`"api_secret_file", ` + refused, AcceptAny},
		{`{publication: a, pipeline: b, api-secret-file: /x}`, `metadata:1:31: publication "a" must not have ` +
			`"api-secret-file", ` + refused, AcceptAny},
		{
			`{publication: a, pipeline: b, room: other}`, `metadata:1:31: publication "a" must not have "room", ` + refused,
			AcceptAny,
		},
	} {
		_, err := c.Job(tt.metadata, "r", tt.accept, s)
		require.EqualError(t, err, tt.err, tt.metadata)
	}
}

// TestJobInASandbox: a dispatch must not set variables, which are read before the sandbox limits the process.
func TestJobInASandbox(t *testing.T) {
	c, s := forJobs(t)
	const metadata = `{publication: a, pipeline: b, environment: {GST_DEBUG_FILE: /x}}`
	for sandbox, refused := range map[string]bool{"no": false, "available": true, "required": true} {
		c.base.options["sandbox"] = []string{sandbox}
		_, err := c.Job(metadata, "r", AcceptAny, s)
		require.Equal(t, refused, err != nil, "%s: %v", sandbox, err)
	}
}

// TestMetadata: what apply sends is read by a worker as the same publication.
func TestMetadata(t *testing.T) {
	c, s := forJobs(t)
	want, err := c.Job(`{publication: a, pipeline: "a ! b", restart: never, environment: {A: "1=2"}, `+
		`fallback-codec: [vp8, h264], screencast: false}`, "r", AcceptAny, s)
	require.NoError(t, err)
	require.JSONEq(t, `{"publication":"a"}`, want.Metadata(false))
	got, err := c.Job(want.Metadata(true), "r", AcceptAny, s)
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.NotContains(t, want.Metadata(true), "secret")
}
