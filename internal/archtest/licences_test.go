// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package archtest

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the table of docs/licences.md")

// licencePage lists the terms of all modules between these two lines.
const (
	licencePage = "docs/licences.md"
	tableBegin  = "<!-- modules: go test ./internal/archtest -update -->\n"
	tableEnd    = "<!-- end of modules -->\n"
)

// Terms, by their SPDX identifiers.
const (
	apache  = "Apache-2.0"
	mit     = "MIT"
	bsd2    = "BSD-2-Clause"
	bsd3    = "BSD-3-Clause"
	lgpl2   = "LGPL-2.1"
	lgpl3   = "LGPL-3.0"
	mitBoth = "MIT AND Apache-2.0"
)

// permitted are the terms of modules that gstpublish may import. Modules under the LGPL must also be in NOTICE.
var permitted = []string{apache, mit, bsd2, bsd3, lgpl2, lgpl3, mitBoth}

// termsOf recognises the text of a licence; "" is one that it does not know.
func termsOf(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	has := func(phrase string) bool { return strings.Contains(text, phrase) }
	switch {
	case has("SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only"): // as we choose
		return bsd3
	case has("GNU LESSER GENERAL PUBLIC LICENSE Version 2.1"):
		return lgpl2
	case has("GNU LESSER GENERAL PUBLIC LICENSE Version 3"):
		return lgpl3
	case has("GNU GENERAL PUBLIC LICENSE"), has("AFFERO"):
		return ""
	case has("covered by two different licenses: MIT and Apache"):
		return mitBoth
	case has("Apache License Version 2.0, January 2004"):
		return apache
	case strings.Contains(strings.ToLower(text), "permission is hereby granted, free of charge, to any person obtaining"):
		return mit
	case !has("Redistribution and use in source and binary forms"):
		return ""
	case regexp.MustCompile(`[Nn]either the names? of`).MatchString(text):
		return bsd3
	default:
		return bsd2
	}
}

// TestLicences sees that the page of terms is complete and true, that there are none that gstpublish could not be given
// away with, and that NOTICE names those that ask for it.
func TestLicences(t *testing.T) {
	root := moduleRoot(t)
	notice, err := os.ReadFile(filepath.Join(root, "NOTICE"))
	require.NoError(t, err)
	table := "| module | terms |\n|---|---|\n"
	for _, module := range modulesOf(t, root) {
		path, dir, _ := strings.Cut(module, " ")
		terms := termsOf(licenceText(t, dir))
		require.Contains(t, permitted, terms, "the terms of %s, in %s", path, dir)
		if strings.HasPrefix(terms, "LGPL") {
			require.Contains(t, string(notice), path+" ", "NOTICE names modules under the LGPL")
		}
		table += fmt.Sprintf("| %s | %s |\n", path, terms)
	}

	page, err := os.ReadFile(filepath.Join(root, licencePage))
	require.NoError(t, err)
	before, rest, ok := strings.Cut(string(page), tableBegin)
	require.True(t, ok)
	now, after, ok := strings.Cut(rest, tableEnd)
	require.True(t, ok)
	if *update {
		text := before + tableBegin + table + tableEnd + after
		require.NoError(t, os.WriteFile(filepath.Join(root, licencePage), []byte(text), 0o600))
		return
	}
	require.Equal(t, table, now, "%s is not up to date: go test ./internal/archtest -update", licencePage)
	for _, library := range librariesOf(t, root) {
		require.Contains(t, before+after, "`"+library+"`", "%s names the C libraries that are linked", licencePage)
	}
}

// modulesOf returns the path and the folder of each module that this one's packages import, sorted. Tests do not count.
func modulesOf(t *testing.T, root string) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f",
		"{{with .Module}}{{if not .Main}}{{.Path}} {{.Dir}}{{end}}{{end}}", "./...")
	cmd.Dir = root
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, stderr.String())
	modules := strings.Split(strings.TrimSpace(string(out)), "\n")
	modules = slices.DeleteFunc(modules, func(line string) bool { return line == "" })
	slices.Sort(modules)
	return slices.Compact(modules)
}

// licenceText returns the text of a module's licence.
func licenceText(t *testing.T, dir string) string {
	t.Helper()
	for _, name := range []string{"LICENSE", "LICENSE.txt", "LICENSE.md", "License", "LICENCE", "COPYING"} {
		if text, err := os.ReadFile(filepath.Join(dir, name)); err == nil {
			return string(text)
		}
	}
	require.Fail(t, "no licence", dir)
	return ""
}

// librariesOf returns the names by which this module's cgo files ask pkg-config for C libraries.
func librariesOf(t *testing.T, root string) (names []string) {
	t.Helper()
	module, err := readTree(os.DirFS(root))
	require.NoError(t, err)
	for _, file := range module.goFiles {
		for _, found := range regexp.MustCompile(`(?m)^#cgo pkg-config: (.*)$`).FindAllStringSubmatch(file.text, -1) {
			names = append(names, strings.Fields(found[1])...)
		}
	}
	require.NotEmpty(t, names)
	return names
}

func TestTermsAreRecognised(t *testing.T) {
	const redistribution = "Redistribution and use in source and binary\nforms, with or without modification"
	for text, want := range map[string]string{
		"Apache License\n    Version 2.0, January 2004":                                 apache,
		"Permission is hereby granted, free of charge, to any person\nobtaining a copy": mit,
		redistribution: bsd2,
		redistribution + " Neither the name of Google Inc.": bsd3,
		"GNU LESSER GENERAL PUBLIC LICENSE\n Version 2.1":   lgpl2,
		"GNU LESSER GENERAL PUBLIC LICENSE\n Version 3":     lgpl3,
		"GNU GENERAL PUBLIC LICENSE Version 3":              "",
		"GNU AFFERO GENERAL PUBLIC LICENSE":                 "",
		"All rights reserved.":                              "",
	} {
		require.Equal(t, want, termsOf(text), text)
	}
}
