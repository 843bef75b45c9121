// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package archtest

import (
	"fmt"
	"go/ast"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// maxPublic is how many packages other modules can import. Commands and examples do not count.
const maxPublic = 7

// isPublic reports whether another module can import the file's package.
func (f goFile) isPublic() bool {
	dir := "/" + f.dir() + "/"
	return !f.isTest() && f.ast.Name.Name != "main" && !strings.Contains(dir, "/internal/") &&
		!strings.HasPrefix(dir, "/examples/")
}

func TestFewPublicPackages(t *testing.T) {
	module, err := readTree(os.DirFS(moduleRoot(t)))
	require.NoError(t, err)
	found := map[string]bool{}
	for _, file := range module.goFiles {
		if file.isPublic() {
			found[file.dir()] = true
		}
	}
	packages := slices.Sorted(maps.Keys(found))
	require.LessOrEqual(t, len(packages), maxPublic, "%v", packages)
	require.ElementsMatch(t, public, packages)
}

// TestInternalTypesStayInside: no exported declaration of a public package names a type
// that another module cannot.
func TestInternalTypesStayInside(t *testing.T) {
	module, err := readTree(os.DirFS(moduleRoot(t)))
	require.NoError(t, err)
	require.Empty(t, internalTypes(module))
}

func TestInternalTypesAreFound(t *testing.T) {
	const text = `package a
import (
	"fmt"
	"` + modulePath + `/internal/b"
)
type (
	Alias = b.T
	Struct struct { Field []b.T; hidden b.T }
	Interface interface { Method(map[string]*b.T) }
	Plain struct { Name fmt.Stringer; hidden b.T }
	private b.T
)
func Returns() (int, b.T) { return 0, b.T{} }
func (s *Struct) Takes(f func(b.T)) {}
func (p private) Takes(b.T) {}
func (s *Struct) private(b.T) {}
func Uses() int { return b.N }
var Variable b.T
`
	module, err := readTree(fstest.MapFS{
		"a/a.go":          {Data: []byte(text)},
		"a/a_test.go":     {Data: []byte(text)},
		"internal/c/c.go": {Data: []byte(text)},
	})
	require.NoError(t, err)
	require.ElementsMatch(t, []string{
		"a.Alias", "a.Struct", "a.Interface", "a.Returns", "a.Struct.Takes", "a.Variable",
	}, internalTypes(module))
}

// internalTypes returns the exported declarations of public packages that name types of
// internal packages, as in sink.Publish.
func internalTypes(t *tree) (found []string) {
	for _, file := range t.goFiles {
		if !file.isPublic() {
			continue
		}
		inside := file.internalNames()
		for _, decl := range file.ast.Decls {
			for name, node := range exported(decl) {
				if namesAny(node, inside) {
					found = append(found, fmt.Sprintf("%s.%s", file.ast.Name.Name, name))
				}
			}
		}
	}
	return found
}

// internalNames returns the names that the file has for internal packages.
func (f goFile) internalNames() map[string]bool {
	names := map[string]bool{}
	for i, imported := range f.imports {
		if !strings.Contains("/"+imported+"/", "/internal/") {
			continue
		}
		name := path.Base(imported)
		if spec := f.ast.Imports[i]; spec.Name != nil {
			name = spec.Name.Name
		}
		names[name] = true
	}
	return names
}

// exported returns what a declaration shows to other modules, by name.
func exported(decl ast.Decl) map[string]ast.Node {
	shown := map[string]ast.Node{}
	switch d := decl.(type) {
	case *ast.FuncDecl:
		name := d.Name.Name
		if d.Recv != nil {
			receiver := receiverName(d.Recv.List[0].Type)
			if !ast.IsExported(receiver) {
				return nil
			}
			name = receiver + "." + name
		}
		if d.Name.IsExported() {
			shown[name] = d.Type
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				if s.Name.IsExported() {
					shown[s.Name.Name] = s.Type
				}
			case *ast.ValueSpec:
				for _, name := range s.Names {
					if name.IsExported() && s.Type != nil {
						shown[name.Name] = s.Type
					}
				}
			}
		}
	}
	return shown
}

func receiverName(expr ast.Expr) string {
	switch e := expr.(type) {
	case *ast.StarExpr:
		return receiverName(e.X)
	case *ast.IndexExpr:
		return receiverName(e.X)
	case *ast.Ident:
		return e.Name
	default:
		return ""
	}
}

// namesAny reports whether a type uses one of the packages, other than in fields that are
// not exported.
func namesAny(node ast.Node, packages map[string]bool) (found bool) {
	ast.Inspect(node, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.StructType:
			for _, field := range n.Fields.List {
				shown := len(field.Names) == 0 || slices.ContainsFunc(field.Names, (*ast.Ident).IsExported)
				found = found || shown && namesAny(field.Type, packages)
			}
			return false
		case *ast.SelectorExpr:
			x, ok := n.X.(*ast.Ident)
			found = found || ok && packages[x.Name]
		}
		return true
	})
	return found
}
