// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package archtest

import (
	"fmt"
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// liveSource finds launch text whose source keeps to the wall clock.
var liveSource = regexp.MustCompile(`testsrc[^!]*is-live=true`)

// checkNeeds finds functions of tests that start a server, a browser, an X server or a live source and do not call
// package need, so that `make check` would run them. Benchmarks run only when asked for, commands of scripts leave it
// to the script ("[short] skip"), and a package whose TestMain skips all of it needs no other call.
func checkNeeds(t *tree) (wrong []string) {
	exempt := map[string]bool{} // by folder
	for _, file := range t.goFiles {
		exempt[file.dir()] = exempt[file.dir()] || file.isTest() && calls(file.ast, "need", "ShortSkipsAll")
	}
	for _, file := range t.goFiles {
		if !file.isTest() || exempt[file.dir()] || file.dir() == "internal/archtest" {
			continue
		}
		for _, declared := range file.ast.Decls {
			f, ok := declared.(*ast.FuncDecl)
			if !ok || f.Body == nil || isCalledOtherwise(f) || calls(f, "need", "") {
				continue
			}
			if what := needOf(f); what != "" {
				wrong = append(wrong, fmt.Sprintf("%s: %s needs %s, but does not call package need", file.path, f.Name.Name, what))
			}
		}
	}
	return wrong
}

// needOf returns what the function's own statements need; "" for nothing.
func needOf(f *ast.FuncDecl) (what string) {
	switch {
	case calls(f, "devserver", "Start"):
		return "a LiveKit server"
	case calls(f, "browser", "Start"):
		return "a browser"
	case calls(f, "prometheus", "Promtool"), calls(f, "prometheus", "Start"):
		return "Prometheus"
	}
	ast.Inspect(f, func(n ast.Node) bool {
		literal, ok := n.(*ast.BasicLit)
		if !ok || literal.Kind != token.STRING {
			return true
		}
		text, err := strconv.Unquote(literal.Value)
		if err == nil && text == "Xvfb" {
			what = "an X server"
		} else if err == nil && liveSource.MatchString(text) {
			what = "wall-clock time"
		}
		return true
	})
	return what
}

// calls reports whether the node calls that function of the package; an empty function is any.
func calls(node ast.Node, pkg, function string) (found bool) {
	ast.Inspect(node, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		selector, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		from, ok := selector.X.(*ast.Ident)
		found = found || ok && from.Name == pkg && (function == "" || selector.Sel.Name == function)
		return true
	})
	return found
}

// isCalledOtherwise reports whether the function belongs to a benchmark or a script: it has a parameter of type
// *testing.B or *testscript.TestScript.
func isCalledOtherwise(f *ast.FuncDecl) bool {
	return slices.ContainsFunc(f.Type.Params.List, func(parameter *ast.Field) bool {
		star, ok := parameter.Type.(*ast.StarExpr)
		if !ok {
			return false
		}
		selector, ok := star.X.(*ast.SelectorExpr)
		return ok && (selector.Sel.Name == "B" || selector.Sel.Name == "TestScript")
	})
}

func TestNeedsAreFound(t *testing.T) {
	const before = "package a\nfunc TestA(t *testing.T) {\n"
	tests := map[string]struct {
		file, text string
		found      bool
	}{
		"server":      {"a/a_test.go", before + "devserver.Start(ctx, nil)\n}", true},
		"browser":     {"a/a_test.go", before + "_, err := browser.Start(ctx, nil)\n}", true},
		"X server":    {"a/a_test.go", before + `exec.Command("Xvfb", ":1")` + "\n}", true},
		"Prometheus":  {"a/a_test.go", before + `prometheus.Promtool(t, "test")` + "\n}", true},
		"live source": {"a/a_test.go", before + `start("videotestsrc is-live=true ! fakesink")` + "\n}", true},
		"declared":    {"a/a_test.go", before + "need.Server(t)\ndevserver.Start(ctx, nil)\n}", false},
		"not live":    {"a/a_test.go", before + `start("videotestsrc ! x is-live=true")` + "\n}", false},
		"not a test":  {"a/a.go", before + "devserver.Start(ctx, nil)\n}", false},
		"benchmark":   {"a/a_test.go", "package a\nfunc f(b *testing.B) { devserver.Start(ctx, nil) }", false},
		"skipped together": {
			"a/a_test.go", before + "devserver.Start(ctx, nil)\n}\nfunc f() { need.ShortSkipsAll(x) }", false,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			found := findings(t, checkNeeds, map[string]string{tt.file: tt.text})
			require.Equal(t, tt.found, len(found) == 1, found)
		})
	}
}
