// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write docs/json.md")

// source is what the comments of this package say.
type source struct {
	types  map[string]*ast.StructType
	about  map[string]string // of types
	events [][2]string       // value and meaning, in their order
}

// readSource reads the files that have the types and the events.
func readSource(t *testing.T) *source {
	t.Helper()
	s := &source{types: map[string]*ast.StructType{}, about: map[string]string{}}
	for _, name := range []string{"published.go", "report.go"} {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		require.NoError(t, err)
		for _, d := range file.Decls {
			decl, is := d.(*ast.GenDecl)
			if !is {
				continue
			}
			for _, spec := range decl.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					if st, is := spec.Type.(*ast.StructType); is {
						s.types[spec.Name.Name], s.about[spec.Name.Name] = st, oneLine(decl.Doc.Text())
					}
				case *ast.ValueSpec:
					if spec.Doc != nil && len(spec.Values) == 1 {
						value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
						require.NoError(t, err)
						s.events = append(s.events, [2]string{value, oneLine(spec.Doc.Text())})
					}
				}
			}
		}
	}
	return s
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// kindOf is what a field's type is in JSON.
func kindOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return kindOf(e.X)
	case *ast.ArrayType:
		return "list of " + kindOf(e.Elt)
	case *ast.Ident:
		switch e.Name {
		case "string", "bool":
			return e.Name
		case "int", "uint64", "float64":
			return "number"
		}
		return fmt.Sprintf("[%s](#%s)", e.Name, strings.ToLower(e.Name))
	}
	return "?"
}

// rows writes the rows of a table for a type. A comment that is shared by fields is written once.
func (s *source) rows(t *testing.T, out *strings.Builder, name string) {
	t.Helper()
	require.Contains(t, s.types, name)
	var keys []string
	var kind, about string
	end := func() {
		if len(keys) > 0 {
			fmt.Fprintf(out, "| %s | %s | %s |\n", strings.Join(keys, ", "), kind, about)
		}
		keys = nil
	}
	for _, field := range s.types[name].Fields.List {
		if len(field.Names) == 0 { // embedded
			end()
			if embedded := field.Type.(*ast.Ident).Name; embedded != "Head" {
				s.rows(t, out, embedded)
			}
			continue
		}
		tag, err := strconv.Unquote(field.Tag.Value)
		require.NoError(t, err)
		key, option, _ := strings.Cut(reflect.StructTag(tag).Get("json"), ",")
		key = "`" + key + "`" + map[string]string{"omitempty": " *"}[option]
		if field.Doc != nil {
			end()
			keys, kind, about = nil, kindOf(field.Type), oneLine(field.Doc.Text())
		}
		require.Equal(t, kind, kindOf(field.Type), "%s has the comment of another type", key)
		keys = append(keys, key)
	}
	end()
}

func (s *source) table(t *testing.T, out *strings.Builder, title, name string) {
	t.Helper()
	about := strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(s.about[name], name+" "), "is "), "are ")
	fmt.Fprintf(out, "\n## %s\n\n%s%s\n\n| field | type | meaning |\n|---|---|---|\n",
		title, strings.ToUpper(about[:1]), about[1:])
	s.rows(t, out, name)
}

// TestPageOfJSON compares docs/json.md with what the comments say.
func TestPageOfJSON(t *testing.T) {
	s := readSource(t)
	var out strings.Builder
	intro, err := os.ReadFile(filepath.Join("testdata", "intro.md"))
	require.NoError(t, err)
	out.Write(intro)
	out.WriteString("\n## Events\n\n| `event` | meaning |\n|---|---|\n")
	for _, e := range s.events {
		fmt.Fprintf(&out, "| `%s` | %s |\n", e[0], e[1])
	}
	s.table(t, &out, "Every object", "Head")
	s.table(t, &out, "`stats` and `end` of run and screencast", "Published")
	for _, name := range []string{"Screen", "Layer", "Network"} {
		s.table(t, &out, name, name)
	}
	s.table(t, &out, "`stats` and `end` of watch", "Watched")
	s.table(t, &out, "The other events", "Event")
	path := filepath.Join("..", "..", "docs", "json.md")
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(out.String()), 0o600))
	}
	page, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, out.String(), string(page), "docs/json.md is not up to date: go test ./internal/report -update")
}
