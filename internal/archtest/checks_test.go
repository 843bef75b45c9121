// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package archtest

import (
	"fmt"
	"go/ast"
	"maps"
	"path"
	"slices"
	"strings"
)

const (
	copyrightTag = "SPDX-FileCopyrightText: 2026 The gstpublish authors"
	licenseTag   = "SPDX-License-Identifier: Apache-2.0"
)

// A check returns what is wrong, one line for each thing, beginning with the file or folder.
type check func(*tree) []string

// isUnder reports whether an import path or folder is one of the others or lies below one.
func isUnder(name string, others []string) bool {
	return slices.ContainsFunc(others, func(other string) bool {
		return name == other || strings.HasPrefix(name, other+"/")
	})
}

// roomOf returns the room that a folder belongs to.
func roomOf(dir string) (string, bool) {
	if dir == "." {
		return dir, true
	}
	for ; dir != "."; dir = path.Dir(dir) {
		if _, ok := rooms[dir]; ok {
			return dir, true
		}
	}
	return "", false
}

// isStandard reports whether an import is of the standard library: only there the first element has no dot. "C" isn't.
func isStandard(imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	return imported != "C" && !strings.Contains(first, ".")
}

// checkDoor: only internal/gst imports GStreamer's bindings or "C".
func checkDoor(t *tree) (wrong []string) {
	for _, file := range t.goFiles {
		if isUnder(file.dir(), []string{gstRoom}) {
			continue
		}
		for _, imported := range file.imports {
			if isUnder(imported, gstDoors) {
				wrong = append(wrong, fmt.Sprintf("%s: imports %q, which only %s may", file.path, imported, gstRoom))
			}
		}
	}
	return wrong
}

// checkTestRooms: nothing that users have imports what is only for tests.
func checkTestRooms(t *tree) (wrong []string) {
	for _, file := range t.goFiles {
		if file.isTest() || isUnder(file.dir(), testRooms) {
			continue
		}
		for _, imported := range file.imports {
			if own, isOwn := strings.CutPrefix(imported, modulePath+"/"); isOwn && isUnder(own, testRooms) {
				wrong = append(wrong, fmt.Sprintf("%s: imports %q, which only tests may", file.path, own))
			}
		}
	}
	return wrong
}

// checkRooms: each package is in a room, and imports what the room may.
func checkRooms(t *tree) (wrong []string) {
	strangers := map[string]bool{}
	for _, file := range t.goFiles {
		name, ok := roomOf(file.dir())
		if !ok {
			strangers[file.dir()] = true
			continue
		}
		if file.isTest() {
			continue
		}
		for _, imported := range file.imports {
			if !mayImport(name, imported) {
				wrong = append(wrong, fmt.Sprintf("%s: %s may not import %q", file.path, name, imported))
			}
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(strangers)) {
		wrong = append(wrong, dir+": not in any room")
	}
	return wrong
}

// mayImport reports whether packages of the room may import that path.
func mayImport(name, imported string) bool {
	if isStandard(imported) {
		return true
	}
	own, isOwn := strings.CutPrefix(imported, modulePath+"/")
	if imported == modulePath {
		own, isOwn = ".", true
	}
	if !isOwn {
		return isUnder(imported, rooms[name].modules)
	}
	to, ok := roomOf(own)
	return ok && (to == name || slices.Contains(rooms[name].rooms, to))
}

// checkDocs: each package has a comment that says what it is.
func checkDocs(t *tree) (wrong []string) {
	documented := map[string]bool{} // by folder
	for _, file := range t.goFiles {
		begins := "Package " + file.ast.Name.Name + " "
		if file.ast.Name.Name == "main" {
			begins = "Command "
		}
		documented[file.dir()] = documented[file.dir()] || strings.HasPrefix(file.ast.Doc.Text(), begins)
	}
	for _, dir := range slices.Sorted(maps.Keys(documented)) {
		if !documented[dir] {
			wrong = append(wrong, dir+": no comment that begins with Package and its name (or Command)")
		}
	}
	return wrong
}

// checkSizes: no file and no package grows too big. Tests may.
func checkSizes(t *tree) (wrong []string) {
	files := map[string]int{} // by folder; a C header counts with its source
	paths := map[string]bool{}
	for _, file := range t.sources {
		paths[file.path] = true
	}
	for _, file := range t.sources {
		if file.isTest() || !file.isCompiled() {
			continue
		}
		if source := strings.TrimSuffix(file.path, ".h") + ".c"; !strings.HasSuffix(file.path, ".h") || !paths[source] {
			files[file.dir()]++
		}
		if n := file.lines(); n > maxFileLines {
			wrong = append(wrong, fmt.Sprintf("%s: %d lines, more than %d", file.path, n, maxFileLines))
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(files)) {
		if n := files[dir]; n > maxPackageFiles {
			wrong = append(wrong, fmt.Sprintf("%s: %d files, more than %d", dir, n, maxPackageFiles))
		}
	}
	return wrong
}

// checkFunctions: no function grows too long. Tests may.
func checkFunctions(t *tree) (wrong []string) {
	for _, file := range t.goFiles {
		if file.isTest() {
			continue
		}
		for _, declared := range file.ast.Decls {
			f, ok := declared.(*ast.FuncDecl)
			if !ok || f.Body == nil {
				continue
			}
			n := file.fset.Position(f.Body.Rbrace).Line - file.fset.Position(f.Body.Lbrace).Line - 1
			if n > maxFunctionLines {
				wrong = append(wrong, fmt.Sprintf("%s: %s has %d lines, more than %d", file.path, f.Name.Name, n, maxFunctionLines))
			}
		}
	}
	return wrong
}

// checkHeaders: each file starts with the copyright and the licence, after #! if it has that. In Go an empty line
// follows, so that they aren't taken for documentation.
func checkHeaders(t *tree) (wrong []string) {
	for _, file := range t.sources {
		if !hasHeader(file) {
			wrong = append(wrong, file.path+": doesn't start with the two SPDX lines")
		}
	}
	return wrong
}

func hasHeader(file source) bool {
	lines := strings.SplitN(file.text, "\n", 5)
	if strings.HasPrefix(lines[0], "#!") {
		lines = lines[1:]
	}
	if len(lines) < 3 {
		return false
	}
	if path.Ext(file.path) == ".go" {
		return lines[0] == "// "+copyrightTag && lines[1] == "// "+licenseTag && lines[2] == ""
	}
	return isCommentOf(lines[0], copyrightTag) && isCommentOf(lines[1], licenseTag)
}

// isCommentOf reports whether the line is that text in a comment of C, a shell or make.
func isCommentOf(line, text string) bool {
	line = strings.TrimSuffix(line, " */")
	for _, mark := range []string{"# ", "// ", "/* ", " * "} {
		if line == mark+text {
			return true
		}
	}
	return false
}
