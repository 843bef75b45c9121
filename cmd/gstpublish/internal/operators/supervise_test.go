// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package operators

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/urfave/cli/v3"

	"github.com/gstpublish/gstpublish/internal/serve"
)

// TestServedFlags sees that the options of a publication are those of run, except those that serve sets.
func TestServedFlags(t *testing.T) {
	run := []cli.Flag{
		&cli.StringFlag{Name: "codec", Aliases: []string{"c"}}, &cli.StringSliceFlag{Name: "fallback-codec"},
		&cli.BoolFlag{Name: "screencast"}, &cli.IntFlag{Name: "fps"},
	}
	for _, name := range keptFlags {
		run = append(run, &cli.StringFlag{Name: name})
	}
	require.Equal(t, map[string]serve.FlagKind{
		"codec": serve.TextFlag, "fallback-codec": serve.ListFlag, "screencast": serve.BoolFlag, "fps": serve.TextFlag,
	}, servedFlags(run))
}
