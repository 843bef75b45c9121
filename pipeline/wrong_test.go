// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var elementNumber = regexp.MustCompile(`\b([a-z][a-z0-9-]*[a-z])\d+\b`)

// TestWrongText checks the exact message for each text in testdata/wrong.txt, and what the excerpt marks.
func TestWrongText(t *testing.T) {
	data, err := os.ReadFile("testdata/wrong.txt")
	require.NoError(t, err)
	cases := strings.Split(strings.TrimSpace(string(data)), "\n\n")[1:]
	require.Greater(t, len(cases), 60)
	for _, block := range cases {
		lines := strings.Split(block, "\n")
		require.Len(t, lines, 3, "%s", block)
		text, want, marked := lines[0], strings.TrimSpace(lines[1]), strings.TrimSpace(lines[2])
		_, err := Parse(text, nil)
		var launch *LaunchError
		require.ErrorAs(t, err, &launch, "%s", text)
		require.Equal(t, "pipeline: "+want, elementNumber.ReplaceAllString(err.Error(), "${1}N"), "%s", text)
		if marked == "-" {
			require.Empty(t, launch.Excerpt, "%s", text)
			continue
		}
		line, caret, found := strings.Cut(launch.Excerpt, "\n")
		require.True(t, found, "%s", text)
		require.Equal(t, 1, launch.Line, "%s", text)
		begin := strings.IndexByte(caret, '^')
		require.Equal(t, marked, line[begin:len(caret)], "%s", text)
		require.Equal(t, begin+1, launch.Column, "%s", text)
	}
}
