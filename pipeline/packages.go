// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	_ "embed"
	"strings"
)

//go:embed packages.txt
var packagesText string

// debianPackage is the package that has an element; "" if it isn't known. It
// reads the list anew: it is only asked on the way to an error.
func debianPackage(element string) string {
	pkg := ""
	for line := range strings.Lines(packagesText) {
		if name, ok := strings.CutSuffix(strings.TrimSpace(line), ":"); ok {
			pkg = name
			continue
		}
		for e := range strings.FieldsSeq(line) {
			if e == element && !strings.HasPrefix(line, "#") {
				return pkg
			}
		}
	}
	return ""
}
