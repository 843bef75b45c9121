// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/options"
)

// TestCheckRun: serve checks the options of a publication before it starts or ends a process.
func TestCheckRun(t *testing.T) {
	t.Parallel()
	check := func(flags ...string) error {
		return checkRun(t.Context(), flags, &options.Connection{
			URL: "ws://127.0.0.1:1", APIKey: "a", APISecret: "b", Room: "c", Identity: "d",
		})
	}
	require.NoError(t, check())
	require.NoError(t, check("--codec=vp9", "--fallback-codec=vp8", "--fallback-codec=h264", "--screencast=true",
		"--reconnect=10s", "--sandbox=required", "--sandbox-read=/a", "--policy=restricted",
		"--set=url=rtsp://a", "--set=user=b"))
	for flag, want := range map[string]string{
		"--codec=h266":        `catalogue: unknown codec "h266": want one of`,
		"--fps=many":          `invalid value "many" for --fps`,
		"--layers=5":          `--layers`,
		"--reconnect=often":   `--reconnect must be a time such as 10s, forever or off, got "often"`,
		"--sandbox=maybe":     `--sandbox must be no, available or required, got "maybe"`,
		"--sandbox-connect=a": `--sandbox-connect must be a port from 1 to 65535, got "a"`,
		"--policy=some":       `--policy must be any or restricted, got "some"`,
		"--set=url":           `it must be like NAME=VALUE`,
		"--floor=100k":        `--floor needs --screencast`,
	} {
		require.ErrorContains(t, check(flag), want, flag)
	}
	require.ErrorContains(t, checkRun(t.Context(), nil, &options.Connection{URL: "127.0.0.1", Token: "a"}),
		`--url must be like wss://example.livekit.cloud, got "127.0.0.1"`)
}
