// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package archtest

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// moduleRoot returns the folder that has this module's go.mod.
func moduleRoot(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	require.NoError(t, err)
	for {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil {
			require.Contains(t, string(text), "module "+modulePath+"\n")
			return dir
		}
		require.NotEqual(t, filepath.Dir(dir), dir, "no go.mod above the working directory")
		dir = filepath.Dir(dir)
	}
}

func TestModule(t *testing.T) {
	module, err := readTree(os.DirFS(moduleRoot(t)))
	require.NoError(t, err)
	require.NotEmpty(t, module.goFiles)
	for name, check := range map[string]check{
		"only one door to GStreamer": checkDoor,
		"rooms import what they may": checkRooms,
		"test rooms in tests only":   checkTestRooms,
		"packages are documented":    checkDocs,
		"files and packages small":   checkSizes,
		"functions short":            checkFunctions,
		"files start with a header":  checkHeaders,
		"tests say what they need":   checkNeeds,
	} {
		t.Run(name, func(t *testing.T) {
			require.Empty(t, strings.Join(check(module), "\n"))
		})
	}
}

func TestContributingQuotesTheLimits(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(moduleRoot(t), "CONTRIBUTING.md"))
	require.NoError(t, err)
	limits := fmt.Sprintf("have at most %d lines, functions at most %d, packages at most %d files",
		maxFileLines, maxFunctionLines, maxPackageFiles)
	require.Contains(t, strings.Join(strings.Fields(string(text)), " "), limits)
}

const header = "// " + copyrightTag + "\n// " + licenseTag + "\n\n"

// TestChecks shows that each check finds what it is for, and only that.
func TestChecks(t *testing.T) {
	const own = modulePath + "/"
	long := strings.Repeat("//\n", maxFileLines)
	tests := map[string]struct {
		check check
		files map[string]string
		wrong []string // what each finding begins with
	}{
		"door, open": {checkDoor, map[string]string{
			"internal/gst/a.go":        `package gst; import ("C"; "github.com/go-gst/go-gst/gst")`,
			"internal/gst/sub/a.go":    `package sub; import "github.com/go-gst/go-glib/glib"`,
			"internal/nested/go.mod":   "module x\n",
			"internal/nested/a.go":     `package a; import "C"`,
			"pipeline/testdata/a.go":   `package a; import "C"`,
			"pipeline/_old/a.go":       `package a; import "C"`,
			".cache/mod/a.go":          `package a; import "C"`,
			"pipeline/similar/name.go": `package a; import "github.com/go-gst/go-gst2"`,
		}, nil},

		"rooms, as in the table": {checkRooms, map[string]string{
			"cmd/gstpublish/main.go": imports(own+"sink", own+"internal/viewer", "github.com/urfave/cli/v3"),
			"sink/a.go": imports(own+"pipeline", own+"appsrc", own+"internal/policy/screencast",
				"github.com/pion/rtp", "fmt"),
			"root.go":                              imports(own+"sink", "github.com/pion/rtp"),
			"examples/a/a.go":                      imports(modulePath),
			"sink/h264/a.go":                       imports(own + "sink"),
			"appsrc/a.go":                          imports(own+"internal/gst", own+"internal/frames"),
			"pipeline/a.go":                        imports(own+"internal/gst", own+"pipeline/encode"),
			"internal/gst/a.go":                    imports("C", "github.com/go-gst/go-gst/gst"),
			"internal/policy/screencast/a.go":      imports("time", "math/rand/v2"),
			"internal/policy/screencast/a_test.go": imports(own+"sink", "github.com/stretchr/testify/require"),
		}, nil},
		"rooms, a stranger": {checkRooms, map[string]string{
			"util/a.go": imports("fmt"), "internal/misc/a_test.go": imports("fmt"), "root.go": imports("fmt"),
		}, []string{"internal/misc", "util"}},

		"test rooms, in tests": {checkTestRooms, map[string]string{
			"internal/gst/devices/a_test.go": imports(own + "internal/gst/standin/camera"),
			"internal/test/example/a.go":     imports(own+"internal/test/need", own+"internal/gst"),
			"internal/devserver/a.go":        imports(own + "internal/testframe"),
		}, nil},
		"test rooms, in a program": {checkTestRooms, map[string]string{
			"internal/gst/devices/a.go": imports(own + "internal/gst/standin/camera"),
			"cmd/gstpublish/main.go":    imports(own + "internal/gsttest"),
		}, []string{"cmd/gstpublish/main.go", "internal/gst/devices/a.go"}},

		"docs, as they are": {checkDocs, map[string]string{
			"a/doc.go":      header + "// Package a does.\npackage a\n",
			"a/a.go":        header + "package a\n",
			"cmd/x/main.go": header + "// Command x does.\npackage main\n",
		}, nil},
		"docs, none":        {checkDocs, map[string]string{"a/a.go": "package a\n"}, []string{"a"}},
		"docs, header only": {checkDocs, map[string]string{"a/a.go": "// " + licenseTag + "\npackage a\n"}, []string{"a"}},
		"docs, another's":   {checkDocs, map[string]string{"a/a.go": "// Package b does.\npackage a\n"}, []string{"a"}},

		"sizes, just": {checkSizes, mergeFiles(manyFiles("a", maxPackageFiles, "go"), map[string]string{
			"b/b.go":       long[:len(long)-len("//\n")] + "package b",
			"b/b_test.go":  long + "package b\n",
			"scripts/long": strings.Repeat("#\n", maxFileLines+1),
		}), nil},
		"sizes, Go": {checkSizes, map[string]string{"b/b.go": long + "package b"}, []string{"b/b.go"}},
		"sizes, C": {checkSizes, map[string]string{
			"b/b.c": long + ";\n", "b/b.h": long + ";\n",
		}, []string{"b/b.c", "b/b.h"}},
		"sizes, files": {checkSizes, mergeFiles(
			manyFiles("a", maxPackageFiles, "go"), map[string]string{"a/shim.h": ""},
		), []string{"a"}},
		"sizes, a header with its source": {checkSizes, mergeFiles(
			manyFiles("a", maxPackageFiles-1, "go"), map[string]string{"a/shim.h": "", "a/shim.c": ""},
		), nil},

		"functions, just": {checkFunctions, map[string]string{
			"a/a.go":      "package a\nfunc f() {\n" + strings.Repeat("//\n", maxFunctionLines) + "}\nfunc short() {}\n",
			"a/a_test.go": "package a\nfunc f() {\n" + strings.Repeat("//\n", maxFunctionLines+1) + "}\n",
		}, nil},
		"functions, long": {checkFunctions, map[string]string{
			"a/a.go": "package a\nfunc (t T) f() {\n" + strings.Repeat("//\n", maxFunctionLines+1) + "}\n",
		}, []string{"a/a.go"}},

		"header, there": {checkHeaders, map[string]string{
			"a/a.go":   header + "package a\n",
			"a/b.go":   header + "//go:build linux\n\npackage a\n",
			"a/a.c":    "/* " + copyrightTag + " */\n/* " + licenseTag + " */\nint a;\n",
			"a/a.h":    header + "int a;\n",
			"Makefile": "# " + copyrightTag + "\n# " + licenseTag + "\nall:\n",
			".ci/run":  "#!/bin/sh\n# " + copyrightTag + "\n# " + licenseTag + "\nmake\n",
			"LICENSE":  "Apache\n",
		}, nil},
		"header, missing": {checkHeaders, map[string]string{
			".ci/run":       "#!/bin/sh\nmake\n",
			"Makefile":      "all:\n",
			"a/a.c":         "int a;\n",
			"a/a.go":        "package a\n",
			"a/a_test.go":   "package a\n",
			"scripts/setup": "",
		}, []string{".ci/run", "Makefile", "a/a.c", "a/a.go", "a/a_test.go", "scripts/setup"}},
		"header, taken for documentation": {checkHeaders, map[string]string{
			"a/a.go": "// " + copyrightTag + "\n// " + licenseTag + "\npackage a\n",
		}, []string{"a/a.go"}},
		"header, another licence": {checkHeaders, map[string]string{
			"a/a.go": "// " + copyrightTag + "\n// SPDX-License-Identifier: MIT\n\npackage a\n",
		}, []string{"a/a.go"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, tt.wrong, findings(t, tt.check, tt.files))
		})
	}
}

// TestImportsRefused has for each wall one file that goes through it.
func TestImportsRefused(t *testing.T) {
	const own = modulePath + "/"
	tests := map[string]struct {
		check    check
		file     string
		imported string
	}{
		"C elsewhere":           {checkDoor, "appsrc/a.go", "C"},
		"C next door":           {checkDoor, "internal/gstx/a.go", "C"},
		"go-gst elsewhere":      {checkDoor, "sink/a.go", "github.com/go-gst/go-gst/gst/app"},
		"go-glib elsewhere":     {checkDoor, "sink/a.go", "github.com/go-gst/go-glib/glib"},
		"go-gst in a test":      {checkDoor, "pipeline/a_test.go", "github.com/go-gst/go-gst/gst"},
		"upwards":               {checkRooms, "pipeline/a.go", own + "sink"},
		"sideways":              {checkRooms, "appsrc/a.go", own + "pipeline"},
		"around the back":       {checkRooms, "sink/a.go", own + "internal/gst"},
		"no room":               {checkRooms, "sink/a.go", own + "util"},
		"the module's root":     {checkRooms, "sink/a.go", modulePath},
		"LiveKit in appsrc":     {checkRooms, "appsrc/a.go", "github.com/livekit/server-sdk-go/v2"},
		"LiveKit in pipeline":   {checkRooms, "pipeline/a.go", "github.com/livekit/protocol/auth"},
		"LiveKit in gst":        {checkRooms, "internal/gst/a.go", "github.com/livekit/server-sdk-go/v2/pkg"},
		"a module in policy":    {checkRooms, "internal/policy/screencast/a.go", "golang.org/x/sync/errgroup"},
		"C in policy":           {checkRooms, "internal/policy/screencast/a.go", "C"},
		"a room in policy":      {checkRooms, "internal/policy/screencast/a.go", own + "appsrc"},
		"a room in devserver":   {checkRooms, "internal/devserver/a.go", own + "sink"},
		"a module in devserver": {checkRooms, "internal/devserver/a.go", "github.com/livekit/protocol/auth"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{tt.file: imports(tt.imported)}
			require.Equal(t, []string{tt.file}, findings(t, tt.check, files))
		})
	}
}

// findings returns where the check finds something wrong in a module of these files.
func findings(t *testing.T, check check, files map[string]string) (places []string) {
	t.Helper()
	module := fstest.MapFS{}
	for path, text := range files {
		module[path] = &fstest.MapFile{Data: []byte(text)}
	}
	tree, err := readTree(module)
	require.NoError(t, err)
	for _, finding := range check(tree) {
		place, _, _ := strings.Cut(finding, ":")
		places = append(places, place)
	}
	return places
}

// imports returns a Go file that imports these.
func imports(paths ...string) string {
	text := "package a\n"
	for _, path := range paths {
		text += fmt.Sprintf("import _ %q\n", path)
	}
	return text
}

// manyFiles returns n files in a folder.
func manyFiles(dir string, n int, ext string) map[string]string {
	files := map[string]string{}
	for i := range n {
		files[fmt.Sprintf("%s/%d.%s", dir, i, ext)] = "package a\n"
	}
	return files
}

// mergeFiles returns the files of both.
func mergeFiles(a, b map[string]string) map[string]string {
	files := maps.Clone(a)
	maps.Copy(files, b)
	return files
}
