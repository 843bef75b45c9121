// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package version

import (
	"os"
	"regexp"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestVersionOfABuild(t *testing.T) {
	settings := []debug.BuildSetting{
		{Key: "vcs.revision", Value: "0123456789abcdef0123"}, {Key: "vcs.modified", Value: "true"},
	}
	other := debug.Module{Path: "example.com/program", Version: "v9.9.9"}
	tests := map[string]struct {
		info *debug.BuildInfo
		want string
	}{
		"go install": {&debug.BuildInfo{Main: debug.Module{Path: modulePath, Version: "v0.2.0"}}, "v0.2.0"},
		"a checkout, stamped": {
			&debug.BuildInfo{Main: debug.Module{Path: modulePath, Version: "v0.1.1-0.2026+dirty"}}, "v0.1.1-0.2026+dirty",
		},
		"a checkout": {
			&debug.BuildInfo{Main: debug.Module{Path: modulePath, Version: "(devel)"}, Settings: settings},
			Release + "-devel+0123456789ab.dirty",
		},
		"without version control": {
			&debug.BuildInfo{Main: debug.Module{Path: modulePath, Version: "(devel)"}}, Release + "-devel",
		},
		"a module of a program": {
			&debug.BuildInfo{Main: other, Deps: []*debug.Module{{Path: modulePath, Version: "v0.1.0"}}}, "v0.1.0",
		},
		"replaced by a fork": {&debug.BuildInfo{Main: other, Deps: []*debug.Module{{
			Path: modulePath, Version: "v0.1.0", Replace: &debug.Module{Path: "example.com/fork", Version: "v0.1.7"},
		}}}, "v0.1.7"},
		"replaced by a folder": {&debug.BuildInfo{Main: other, Settings: settings, Deps: []*debug.Module{{
			Path: modulePath, Version: "v0.1.0", Replace: &debug.Module{Path: "../gstpublish"},
		}}}, "v0.1.0"},
		"not there": {&debug.BuildInfo{Main: other}, Release + "-devel"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, tt.want, of(tt.info))
		})
	}
}

// TestReleaseIsTheNewestOfTheChangelog also sees that its section has a date and a link.
func TestReleaseIsTheNewestOfTheChangelog(t *testing.T) {
	text, err := os.ReadFile("../../CHANGELOG.md")
	require.NoError(t, err)
	section := regexp.MustCompile(`(?m)^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d{2}-\d{2}$`).FindStringSubmatch(string(text))
	require.NotNil(t, section, "CHANGELOG.md has no section with a version and a date")
	require.Equal(t, Release, "v"+section[1])
	require.Regexp(t, `(?m)^\[`+regexp.QuoteMeta(section[1])+`\]: https://`, string(text))
	require.Regexp(t, `(?m)^\[Unreleased\]: https://`, string(text))
}
