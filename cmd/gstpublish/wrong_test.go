// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/console"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/options"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/problem"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/tell"
	"github.com/gstpublish/gstpublish/internal/status"
)

// TestWrongCommandLines checks the exit code and all that is printed for each command line in testdata/wrong.txt.
func TestWrongCommandLines(t *testing.T) {
	const file = "testdata/wrong.txt"
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	head, rest, _ := strings.Cut(string(data), "\n\n")
	path, err := filepath.Abs(file)
	require.NoError(t, err)
	prepareWrong(t)
	out := []string{head}
	for block := range strings.SplitSeq(strings.TrimSpace(rest), "\n\n") {
		line, want, _ := strings.Cut(block, "\n")
		got := runWrong(t, line)
		if !*update {
			require.Equal(t, want, got, "%s", line)
		}
		out = append(out, line+"\n"+got)
	}
	require.Greater(t, len(out), 80, "with the texts of TestWrongPipelines more than 120")
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(strings.Join(out, "\n\n")+"\n"), 0o600))
	}
}

// TestWrongPipelines gives the command each text of the table of package pipeline, whose message it prints. The exit
// code is 3 if an element is missing, and otherwise 2.
func TestWrongPipelines(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(top, "pipeline", "testdata", "wrong.txt"))
	require.NoError(t, err)
	prepareWrong(t)
	number := regexp.MustCompile(`\b([a-z][a-z0-9-]*[a-z])\d+\b`) // of an element
	cases := strings.Split(strings.TrimSpace(string(data)), "\n\n")[1:]
	require.Greater(t, len(cases), 60)
	for _, block := range cases {
		lines := strings.Split(block, "\n")
		text, message := lines[0], strings.TrimSpace(lines[1])
		code := problem.ExitUsage
		if strings.HasPrefix(message, `no element "`) {
			code = problem.ExitMissing
		}
		if !strings.HasSuffix(message, "?") {
			message += "."
		}
		got, _, _ := strings.Cut(runWords(t, append([]string{"run", "-r", "a", "--"}, strings.Fields(text)...)...), "\n")
		if at := strings.Index(message, ": install the Debian package"); at >= 0 { // or it is, and lacks its device
			message, got = message[:at], got[:min(len(got), strings.Index(got, `": `)+1)]
		}
		require.Equal(t, fmt.Sprintf("%d gstpublish: %s", code, message), number.ReplaceAllString(got, "${1}N"), "%s", text)
	}
}

// prepareWrong makes an environment that has the server's address and credentials, and files to name.
func prepareWrong(t *testing.T) {
	t.Helper()
	t.Setenv(options.EnvURL, "ws://127.0.0.1:1")
	t.Setenv(options.EnvAPIKey, "key")
	t.Setenv(options.EnvAPISecret, "a-long-secret")
	t.Setenv(options.EnvToken, "")
	t.Setenv("DISPLAY", "")
	t.Setenv("WAYLAND_DISPLAY", "")
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{
		"clip.mp4": "\x00\x00\x00\x18ftypmp42", "bad.launch": "videotestsrc\n! videoconvert widht=3\n",
		"variable.launch": "filesrc location=${file} ! decodebin ! videoconvert\n", "empty.launch": "# nothing\n",
		"serve.yaml": "publications: []\n", "nothing.mp4": "", "zeros.mp4": strings.Repeat("\x00", 8),
		"text.mp4": "text\n", "unknown.mp4": strings.Repeat("\x00\xa5\x17unknown", 500),
	} {
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	}
}

// runWrong is runWords for a command line.
func runWrong(t *testing.T, line string) string {
	t.Helper()
	fields := csv.NewReader(strings.NewReader(line)) // of words, some of them in quotes
	fields.Comma = ' '
	words, err := fields.Read()
	require.NoError(t, err)
	return runWords(t, words...)
}

// runWords runs a command, and returns what it prints to standard error, with the exit code before it.
func runWords(t *testing.T, words ...string) string {
	t.Helper()
	var out, problems bytes.Buffer
	a := &app{out: &out, results: console.NewLines(&out), problems: console.NewLines(&problems)}
	a.teller = tell.New(a.status, a.event)
	a.terminal = status.NewTerminal(a.problems)
	a.errw = a.secrets.Writer(a.terminal)
	args := append([]string{"gstpublish"}, words...)
	args, a.words = splitWords(args)
	var code int
	if in := console.SplitInputs(args); in != nil {
		code = a.report(a.runInputs(t.Context(), in))
	} else {
		code = a.report(a.command().Run(t.Context(), args))
	}
	a.flush()
	a.results.Close()
	a.problems.Close()
	require.Empty(t, out.String(), "%s", words)
	text := strings.ReplaceAll(strings.TrimSpace(problems.String()), "\n\n", "\n")
	return fmt.Sprintf("%d %s", code, text)
}
