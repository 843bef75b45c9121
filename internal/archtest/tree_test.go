// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// tree is the module's files.
type tree struct {
	goFiles []goFile
	// sources is every file that is code: Go, C, scripts, the Makefile.
	sources []source
}

// source is a file of code.
type source struct {
	path string // from the module's root, with slashes
	text string
}

// goFile is a Go file.
type goFile struct {
	source

	ast     *ast.File
	fset    *token.FileSet // of the positions in ast
	imports []string
}

func (s source) dir() string { return path.Dir(s.path) }

func (s source) isTest() bool { return strings.HasSuffix(s.path, "_test.go") }

// isCompiled reports whether the file goes into a package, as Go or as C.
func (s source) isCompiled() bool {
	return slices.Contains([]string{".go", ".c", ".h"}, path.Ext(s.path))
}

// lines counts them as an editor does.
func (s source) lines() int {
	n := strings.Count(s.text, "\n")
	if s.text != "" && !strings.HasSuffix(s.text, "\n") {
		n++
	}
	return n
}

// readTree reads the module whose root is that of the file system. Nested modules, test data and what the go command
// ignores are not of it.
func readTree(module fs.FS) (*tree, error) {
	t := new(tree)
	err := fs.WalkDir(module, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if isForeign(module, name) {
				return fs.SkipDir
			}
			return nil
		}
		if !isSource(name) {
			return nil
		}
		text, err := fs.ReadFile(module, name)
		if err != nil {
			return err
		}
		return t.add(source{path: name, text: string(text)})
	})
	return t, err
}

// add adds a file, parsed if it is Go.
func (t *tree) add(s source) error {
	t.sources = append(t.sources, s)
	if path.Ext(s.path) != ".go" {
		return nil
	}
	fset := token.NewFileSet()
	parsed, err := parser.ParseFile(fset, s.path, s.text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	file := goFile{source: s, ast: parsed, fset: fset}
	for _, spec := range parsed.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return err
		}
		file.imports = append(file.imports, imported)
	}
	t.goFiles = append(t.goFiles, file)
	return nil
}

// isForeign reports whether a folder isn't part of the module's code.
func isForeign(module fs.FS, dir string) bool {
	if dir == "." || dir == ".ci" {
		return false
	}
	base := path.Base(dir)
	if base == "testdata" || base == "vendor" || base[0] == '.' || base[0] == '_' {
		return true
	}
	_, err := fs.Stat(module, path.Join(dir, "go.mod"))
	return err == nil
}

// isSource reports whether a file is code.
func isSource(name string) bool {
	switch path.Ext(name) {
	case ".go", ".c", ".h", ".sh":
		return true
	case "":
		return path.Base(name) == "Makefile" || strings.HasPrefix(name, "scripts/") || strings.HasPrefix(name, ".ci/")
	default:
		return false
	}
}
