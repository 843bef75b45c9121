// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// imported are the packages that snippets may use.
var imported = map[string]string{
	"gstpublish": "github.com/gstpublish/gstpublish",
	"appsrc":     "github.com/gstpublish/gstpublish/appsrc",
	"metrics":    "github.com/gstpublish/gstpublish/metrics",
	"pipeline":   "github.com/gstpublish/gstpublish/pipeline",
	"screencast": "github.com/gstpublish/gstpublish/screencast",
	"sink":       "github.com/gstpublish/gstpublish/sink",
	"lksdk":      "github.com/livekit/server-sdk-go/v2",
}

// given are the variables that snippets expect.
var given = map[string]string{
	"ctx": "context.Context", "url": "string", "token": "string", "pixels": "[]byte",
	"room": "*gstpublish.Room", "credentials": "gstpublish.Credentials", "source": "gstpublish.Source",
}

// TestGoInDocsBuilds compiles every snippet of Go, as the body of a function that has what is given.
func TestGoInDocsBuilds(t *testing.T) {
	var functions strings.Builder
	for _, text := range pages(t) {
		for _, code := range blocks(text, "go") {
			functions.WriteString(function(t, code))
		}
	}
	require.NotEmpty(t, functions.String())
	source := "package snippets\n\nimport (\n\t\"context\"\n"
	for _, name := range slices.Sorted(maps.Keys(imported)) {
		source += fmt.Sprintf("\t%s %q\n", name, imported[name])
	}
	source += ")\n\nvar _ context.Context\n"
	for name, something := range map[string]string{
		"gstpublish": "Room", "appsrc": "VideoSource", "metrics": "Records", "pipeline": "Pipeline",
		"screencast": "Options", "sink": "Publication", "lksdk": "Room",
	} {
		source += fmt.Sprintf("var _ *%s.%s\n", name, something)
	}
	build(t, source+functions.String())
}

// function returns a function with the code of a snippet. It uses each variable that the code defines.
func function(t *testing.T, code string) string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "", "package p\nfunc _() error {\n"+code+"\n}", 0)
	require.NoError(t, err, code)
	defined := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, left := range n.Lhs {
				if name, is := left.(*ast.Ident); is && n.Tok == token.DEFINE {
					defined[name.Name] = true
				}
			}
		case *ast.ValueSpec:
			for _, name := range n.Names {
				defined[name.Name] = true
			}
		}
		return true
	})
	var text strings.Builder
	text.WriteString("\nfunc _(")
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if !defined[name] {
			fmt.Fprintf(&text, "%s %s, ", name, given[name])
		}
	}
	text.WriteString(") error {\n" + code)
	for _, name := range slices.Sorted(maps.Keys(defined)) {
		fmt.Fprintf(&text, "\t_ = &%s\n", name)
	}
	text.WriteString("\treturn nil\n}\n")
	return text.String()
}

// build compiles a package that is part of the module, but not of its folder.
func build(t *testing.T, source string) {
	t.Helper()
	folder := t.TempDir()
	file, overlay := filepath.Join(folder, "snippets.go"), filepath.Join(folder, "overlay.json")
	require.NoError(t, os.WriteFile(file, []byte(source), 0o600))
	module, err := filepath.Abs(top)
	require.NoError(t, err)
	replace := map[string]map[string]string{"Replace": {filepath.Join(module, "internal", "snippets", "x.go"): file}}
	data, err := json.Marshal(replace)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(overlay, data, 0o600))
	cmd := exec.CommandContext(t.Context(), "go", "build", "-overlay", overlay, "./internal/snippets")
	cmd.Dir = module
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s\n%s", out, source)
}
