// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package advice

import (
	_ "embed"
	"strings"
)

//go:embed packages.txt
var packagesText string

// Package returns the Debian package of an element; "" if unknown. It reads the list each time: it
// is only called for errors.
func Package(element string) string {
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
