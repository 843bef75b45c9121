// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package generated

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

const page = "a\n<!-- x: generated -->\n\nold\n<!-- end of x -->\nb\n" +
	"<!-- y: generated -->\n\ny\n<!-- end of y -->\n"

func TestReplace(t *testing.T) {
	got, ok := replace(page, "x", "new")
	require.True(t, ok)
	require.Equal(t,
		"a\n<!-- x: generated -->\n\nnew\n<!-- end of x -->\nb\n<!-- y: generated -->\n\ny\n<!-- end of y -->\n", got)
	for _, broken := range []string{"", "<!-- x: generated -->\n", "<!-- end of x -->\n"} {
		_, ok = replace(broken, "x", "new")
		require.False(t, ok, broken)
	}
}

func TestSection(t *testing.T) {
	top := t.TempDir()
	file := filepath.Join(top, "docs", "page.md")
	require.NoError(t, os.Mkdir(filepath.Dir(file), 0o700))
	require.NoError(t, os.WriteFile(file, []byte(page), 0o600))
	Section(t, top, "page.md", "y", "y")
	*update = true
	defer func() { *update = false }()
	Section(t, top, "page.md", "x", "new")
	*update = false
	Section(t, top, "page.md", "x", "new")
	Section(t, top, "page.md", "y", "y")
}
