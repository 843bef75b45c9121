// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"github.com/urfave/cli/v3"

	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/help"
	"github.com/gstpublish/gstpublish/internal/manual"
)

var update = flag.Bool("update", false, "write the generated parts of docs/command.md and of testdata")

const (
	flagsBegin = "<!-- flags: go test ./cmd/gstpublish -run TestFlagsInDocs -update -->\n"
	flagsEnd   = "<!-- end of flags -->\n"
)

// TestFlagsInDocs compares the tables of docs/command.md with the definitions of the flags.
func TestFlagsInDocs(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "command.md")
	page, err := os.ReadFile(path)
	require.NoError(t, err)
	before, rest, found := strings.Cut(string(page), flagsBegin)
	require.True(t, found)
	_, after, found := strings.Cut(rest, flagsEnd)
	require.True(t, found)
	want := before + flagsBegin + manual.Markdown((&app{}).command()) + flagsEnd + after
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(want), 0o600))
		return
	}
	require.Equal(t, want, string(page), "not up to date: go test ./cmd/gstpublish -run TestFlagsInDocs -update")
}

// TestHelpFitsAScreen: --help is what one needs, on one screen; the rest is elsewhere.
func TestHelpFitsAScreen(t *testing.T) {
	const rows, columns = 50, 100
	root := (&app{}).command()
	for _, cmd := range append([]*cli.Command{root}, root.Commands...) {
		var out bytes.Buffer
		(&app{}).printHelp(&out, "", cmd)
		lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
		require.Greater(t, len(lines), 2, cmd.Name)
		require.LessOrEqual(t, len(lines), rows, "%s:\n%s", cmd.Name, &out)
		for _, line := range lines {
			require.LessOrEqual(t, utf8.RuneCountInString(line), columns, "%s: %s", cmd.Name, line)
		}
		for _, name := range help.Main[cmd.Name] {
			require.Contains(t, out.String(), "\n  --"+name, cmd.Name)
		}
	}
}

// TestManPages compares one page with its file, and has groff read all of them if it is installed.
func TestManPages(t *testing.T) {
	root := (&app{}).command()
	golden := filepath.Join("testdata", "gstpublish-watch.1")
	page, ok := manual.Man(root, "watch")
	require.True(t, ok)
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(page), 0o600))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), page, "not up to date: go test ./cmd/gstpublish -run TestManPages -update")

	folder := t.TempDir()
	require.NoError(t, manual.WriteMan(root, folder))
	pages, err := filepath.Glob(filepath.Join(folder, "gstpublish*.1"))
	require.NoError(t, err)
	require.Contains(t, pages, filepath.Join(folder, "gstpublish.1"))
	require.Contains(t, pages, filepath.Join(folder, "gstpublish-screencast.1"))
	groff, missing := exec.LookPath("groff")
	if missing != nil {
		return
	}
	for _, page := range pages {
		said, err := exec.Command(groff, "-man", "-ww", "-Tascii", page).CombinedOutput()
		require.NoError(t, err, "%s", said)
		require.NotContains(t, string(said), "warning", page)
	}
}
