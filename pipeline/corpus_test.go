// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/gst/describe"
	"github.com/gstpublish/gstpublish/internal/launch"
)

// corpus returns the command lines of testdata/corpus.txt, without gst-launch-1.0.
func corpus(t *testing.T) []string {
	t.Helper()
	data, err := os.ReadFile("testdata/corpus.txt")
	require.NoError(t, err)
	var lines []string
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	require.GreaterOrEqual(t, len(lines), 60)
	return lines
}

// shellWords returns the words that a shell makes of a command line.
func shellWords(t *testing.T, line string) []string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "sh", "-c", `printf '%s\0' `+line).Output()
	require.NoError(t, err, "%s", line)
	return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
}

// withoutOptions removes the options of gst-launch-1.0, which are not the parser's.
func withoutOptions(words []string) []string {
	var rest []string
	for _, word := range words {
		if !strings.HasPrefix(word, "-") {
			rest = append(rest, word)
		}
	}
	return rest
}

var numbered = regexp.MustCompile(`^([a-zA-Z][a-zA-Z0-9_-]*?)\d+$`)

// random matches the names of pads, and the properties, that GStreamer chooses at random.
var random = regexp.MustCompile(
	`_\d{6,}|(?:audio|video)_\d{3,}|(?:ghost|proxypad)\d+|(ssrc|seqnum-offset|timestamp-offset|faststart-file|cname)=\S+`)

// numberless writes elements with names that are independent of how many GStreamer has made before.
func numberless(elements []describe.Element) string {
	names := map[string]string{}
	count := map[string]int{}
	for _, e := range elements {
		names[e.Name] = e.Name
		factory := strings.ToLower(strings.TrimRight(e.Factory, "0123456789"))
		if numbered.MatchString(e.Name) && strings.HasPrefix(e.Name, factory) {
			names[e.Name] = e.Factory + "#" + strconv.Itoa(count[e.Factory])
			count[e.Factory]++
		}
	}
	for i := range elements {
		e := &elements[i]
		e.Name = names[e.Name]
		for j := range e.Links {
			if name, known := names[e.Links[j].Element]; known {
				e.Links[j].Element = name
			}
		}
	}
	return random.ReplaceAllString(describe.Text(elements), "#")
}

// TestGstLaunchCorpus parses pipelines of GStreamer's documentation as gst-launch-1.0 does, and as gstpublish does: in
// words, in one word as in a unit file, in a launch file, and with gst-launch-1.0 before them. The elements, their
// properties and links are the same, or both are errors.
func TestGstLaunchCorpus(t *testing.T) {
	gst.Init()
	same, failed := 0, 0
	for _, line := range corpus(t) {
		words := shellWords(t, line)
		want, wantErr := describe.Words(withoutOptions(words))
		if wantErr == nil {
			same++
		} else {
			failed++
		}
		for form, text := range map[string]launchText{
			"gst-launch-1.0":       {args: append([]string{"gst-launch-1.0"}, words...)},
			"words":                {args: withoutOptions(words)},
			"one word":             {args: []string{launch.FromWords(withoutOptions(words)).String()}},
			"quoted":               {args: []string{"gst-launch-1.0 " + launch.FromWords(words).String()}},
			"a file":               {text: launch.FromWords(withoutOptions(words)).String() + "\n"},
			"a file with the tool": {text: "# As in a tutorial:\ngst-launch-1.0 " + launch.FromWords(words).String() + "\n"},
		} {
			gp, err := text.parse()
			if wantErr != nil {
				require.Error(t, err, "%s: %s: GStreamer says %v", line, form, wantErr)
				sameError(t, wantErr, err, line)
				continue
			}
			require.NoError(t, err, "%s: %s", line, form)
			require.Equal(t, numberless(want), numberless(gp.Describe()), "%s: %s", line, form)
			require.NoError(t, gp.Close(context.Background()))
		}
	}
	t.Logf("%d pipelines are the same, %d fail in both programs", same, failed)
	require.Greater(t, same, 45, "the elements of most pipelines are installed")
}

var noElement = regexp.MustCompile(`^no element "(.*)"$`)

// sameError checks that the two name the same missing element, if one is missing.
func sameError(t *testing.T, want, got error, line string) {
	t.Helper()
	name := noElement.FindStringSubmatch(want.Error())
	missing := (*MissingElementError)(nil)
	if name == nil || !errors.As(got, &missing) {
		require.NotErrorAs(t, got, &missing, "%s: GStreamer says %v", line, want)
		return
	}
	require.Equal(t, name[1], missing.Element, "%s", line)
}
