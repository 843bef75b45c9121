// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package version reports which gstpublish a program was built from.
package version

import "runtime/debug"

// Release is the newest released version, or the one that is about to be released. It is the newest section of
// CHANGELOG.md, which a test checks.
const Release = "v0.1.0"

// modulePath is this module's.
const modulePath = "github.com/gstpublish/gstpublish"

// String returns the version of gstpublish in this program, also where it is one of the program's modules. A program
// built from a checkout reports what the go command made of its tag and commit. If the go command recorded neither,
// the result is Release with "-devel".
func String() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return Release + "-devel"
	}
	return of(info)
}

// Of returns the version of another module in this program; "" if it has none.
func Of(path string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	module := find(info, path)
	if module == nil {
		return ""
	}
	return module.Version
}

func of(info *debug.BuildInfo) string {
	if module := find(info, modulePath); module != nil && module.Version != "" && module.Version != "(devel)" {
		return module.Version
	}
	return Release + "-devel" + revision(info)
}

// find returns a module of the program, or what replaces it.
func find(info *debug.BuildInfo, path string) *debug.Module {
	if info.Main.Path == path {
		return &info.Main
	}
	for _, module := range info.Deps {
		if module.Path != path {
			continue
		}
		if module.Replace != nil && module.Replace.Version != "" {
			return module.Replace
		}
		return module
	}
	return nil
}

// revision returns "+" and the commit, if the program was built in this module's checkout and the go command recorded
// it.
func revision(info *debug.BuildInfo) string {
	if info.Main.Path != modulePath {
		return ""
	}
	const abbreviated = 12
	var commit, modified string
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			commit = "+" + setting.Value[:min(len(setting.Value), abbreviated)]
		case "vcs.modified":
			if setting.Value == "true" {
				modified = ".dirty"
			}
		}
	}
	return commit + modified
}
