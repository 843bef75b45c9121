// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package devserver

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestFind creates folders and searches from one of them. Every path is below a temporary folder.
func TestFind(t *testing.T) {
	const cached = ".cache/livekit-server-" + Version
	tests := map[string]struct {
		programs []string // executable files
		files    []string // others
		from     string   // the working directory
		variable string   // LIVEKIT_SERVER
		path     string   // PATH
		want     string
	}{
		"the variable": {
			programs: []string{"my", "m/" + cached}, from: "m", variable: "my", want: "my",
		},
		"cache, here": {
			programs: []string{"m/" + cached}, files: []string{"m/go.mod"}, from: "m", want: "m/" + cached,
		},
		"cache, two folders up": {
			programs: []string{"m/" + cached}, files: []string{"m/go.mod"}, from: "m/a/b", want: "m/" + cached,
		},
		"cache, no module": {
			programs: []string{"m/" + cached}, from: "m", want: "m/" + cached,
		},
		"cache before PATH": {
			programs: []string{"m/" + cached, "bin/livekit-server"}, from: "m", path: "bin", want: "m/" + cached,
		},
		"PATH": {
			programs: []string{"bin/livekit-server"}, from: "m", path: "bin", want: "bin/livekit-server",
		},
		"PATH, since the cache isn't executable": {
			programs: []string{"bin/livekit-server"}, files: []string{"m/" + cached}, from: "m", path: "bin",
			want: "bin/livekit-server",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			top := layOut(t, tt.programs, tt.files, tt.from)
			t.Setenv("PATH", filepath.Join(top, tt.path))
			if tt.variable != "" {
				t.Setenv(serverVariable, filepath.Join(top, tt.variable))
			}
			got, err := Find()
			require.NoError(t, err)
			require.Equal(t, filepath.Join(top, tt.want), got)
		})
	}
}

func TestFindNothing(t *testing.T) {
	// Folders above the module belong to other projects.
	layOut(t, []string{".cache/livekit-server-" + Version}, []string{"m/go.mod"}, "m/a")
	t.Setenv("PATH", "")
	_, err := Find()
	require.ErrorIs(t, err, ErrNotFound)
	require.ErrorContains(t, err, "scripts/setup")
	_, err = Start(t.Context(), nil)
	require.ErrorIs(t, err, ErrNotFound)
}

func TestFindRefusesABadVariable(t *testing.T) {
	top := layOut(t, []string{"bin/livekit-server"}, []string{"notes.txt"}, "m")
	t.Setenv("PATH", filepath.Join(top, "bin"))
	for _, name := range []string{"notes.txt", "nowhere", "m"} {
		path := filepath.Join(top, name)
		t.Setenv(serverVariable, path)
		_, err := Find()
		require.ErrorContains(t, err, serverVariable+"="+path, "no other server is taken instead")
	}
}

// layOut creates the files in a temporary folder, changes the working directory, and returns the
// folder.
func layOut(t *testing.T, programs, files []string, from string) string {
	t.Helper()
	t.Setenv(serverVariable, "")
	// As os.Getwd returns it, without symbolic links.
	top, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	write := func(names []string, mode os.FileMode) {
		for _, name := range names {
			path := filepath.Join(top, name)
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
			require.NoError(t, os.WriteFile(path, nil, mode))
		}
	}
	write(programs, 0o700)
	write(files, 0o600)
	require.NoError(t, os.MkdirAll(filepath.Join(top, from), 0o700))
	t.Chdir(filepath.Join(top, from))
	return top
}

// TestVersion checks that Find looks for the version that scripts/setup builds.
func TestVersion(t *testing.T) {
	mod, err := os.ReadFile("../../scripts/server/go.mod")
	require.NoError(t, err)
	pinned := regexp.MustCompile(`github\.com/livekit/livekit-server (v\S+)`).FindSubmatch(mod)
	require.NotNil(t, pinned)
	require.Equal(t, Version, string(pinned[1]))
}
