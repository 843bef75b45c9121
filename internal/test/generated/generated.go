// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package generated compares sections of the documentation with what the code says, and writes them with -update.
package generated

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the generated sections of the documentation")

// Section requires that docs/page has text between the lines "<!-- name: generated -->" and "<!-- end of name -->".
// With -update it writes the text there instead. top leads from the test's folder to the module's. It is not safe for
// concurrent use.
func Section(t *testing.T, top, page, name, text string) {
	t.Helper()
	file := filepath.Join(top, "docs", page)
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	want, ok := replace(string(data), name, text)
	require.True(t, ok, "docs/%s has no section %q", page, name)
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(want), 0o600))
		return
	}
	require.Equal(t, want, string(data), "docs/%s is out of date: run go test with -update", page)
}

// replace replaces the text between the marks of a name, and reports whether they are there.
func replace(page, name, text string) (string, bool) {
	begin, end := "<!-- "+name+": generated -->\n", "<!-- end of "+name+" -->"
	before, rest, hasBegin := strings.Cut(page, begin)
	_, after, hasEnd := strings.Cut(rest, end)
	return before + begin + "\n" + text + "\n" + end + after, hasBegin && hasEnd
}
