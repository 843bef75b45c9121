// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"debug/elf"
	"path/filepath"
	"strings"

	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// ElementLibrary returns the version of the library behind a software encoder of the catalogue: "3.6.0" for libaom, or
// the version in the name of the library's file, such as "164" for x264. It returns "" if that is not known.
func ElementLibrary(element string) string {
	library, ok := catalogue.LibraryOf(element)
	if !ok || !gst.HasFactory(element) {
		return ""
	}
	for own := range strings.SplitSeq(EncoderLibraries(), ", ") {
		if name, version, _ := strings.Cut(own, " "); name == library.Name {
			return strings.TrimPrefix(version, "v")
		}
	}
	return fileVersion(gst.PluginFile(gst.FactoryPlugin(element)), library.Name)
}

// fileVersion returns the version of a library that a plugin is linked with. Distributions have both in one tree:
// libx264.so.164 is above gstreamer-1.0/libgstx264.so.
func fileVersion(plugin, library string) string {
	file, err := elf.Open(plugin)
	if err != nil {
		return ""
	}
	defer func() { _ = file.Close() }() // It was only read.
	needs, _ := file.ImportedLibraries()
	for _, name := range needs {
		if !strings.HasPrefix(name, library+".so.") {
			continue
		}
		if whole, err := filepath.EvalSymlinks(filepath.Join(filepath.Dir(plugin), "..", name)); err == nil {
			name = filepath.Base(whole)
		}
		return strings.TrimPrefix(name, library+".so.")
	}
	return ""
}
