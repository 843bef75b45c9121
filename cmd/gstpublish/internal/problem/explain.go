// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package problem

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
	"github.com/gstpublish/gstpublish/sink"
)

// Explain returns the text of an error, and what to do about it. If no encoder works, each reason
// has a line.
func Explain(err error) (text, hint string) {
	none := noEncoders(err)
	if missing := (*pipeline.MissingElementError)(nil); len(none) == 0 && errors.As(err, &missing) {
		// An encoder can be missing although its package is installed.
		if _, known := catalogue.Find(missing.Element); known {
			why, install := WhyMissing(missing)
			text = strings.Replace(Sentence(err), missing.Error(), fmt.Sprintf("no element %q: %s", missing.Element, why), 1)
			return text, cmp.Or(InstallLine(strings.Fields(install)), DoctorHint)
		}
	}
	if len(none) == 0 {
		return Sentence(err), hintFor(err)
	}
	text = strings.TrimSuffix(Sentence(err), ".")
	var packages []string
	for _, e := range none {
		lines, install := noEncoderText(e)
		text = strings.Replace(text, e.Error(), lines, 1)
		packages = append(packages, install...)
	}
	slices.Sort(packages)
	return text, cmp.Or(InstallLine(slices.Compact(packages)), DoctorHint)
}

// DoctorHint is what to do if there is no encoder, and no package to install.
const DoctorHint = "Run `gstpublish doctor` to try the encoders of this machine."

// noEncoders returns the errors of that type in an error's tree.
func noEncoders(err error) []*pipeline.NoEncoderError {
	if e, ok := err.(*pipeline.NoEncoderError); ok { //nolint:errorlint // The whole tree is searched, node by node.
		return []*pipeline.NoEncoderError{e}
	}
	var found []*pipeline.NoEncoderError
	switch wrapped := err.(type) { //nolint:errorlint // as above
	case interface{ Unwrap() error }:
		found = noEncoders(wrapped.Unwrap())
	case interface{ Unwrap() []error }:
		for _, e := range wrapped.Unwrap() {
			found = append(found, noEncoders(e)...)
		}
	}
	return found
}

// Sentence returns an error's text without our packages' names at the beginning.
func Sentence(err error) string {
	text := WithoutPackage(err.Error())
	if strings.HasSuffix(text, ".") || strings.HasSuffix(text, "?") || strings.HasSuffix(text, "!") {
		return text
	}
	return text + "."
}

// WithoutPackage returns a text without our packages' names at its beginning.
func WithoutPackage(text string) string {
	packages := []string{
		"sink", "pipeline", "encode", "viewer", "devserver", "appsrc", "proof", "screencast", "session",
		"gstpublish", "joining a room", "admin", "catalogue", "input",
	}
	for {
		name, rest, found := strings.Cut(text, ": ")
		if !found || !slices.Contains(packages, name) {
			return text
		}
		text = rest
	}
}

// InWords joins the lines of a driver's message.
func InWords(text string) string { return strings.Join(strings.Fields(WithoutPackage(text)), " ") }

// hintFor returns what to do about an error, if known.
func hintFor(err error) string {
	var (
		hint    *HintedError
		missing *pipeline.MissingElementError
		usage   *UsageError
		launch  *pipeline.LaunchError
	)
	switch {
	case errors.As(err, &hint):
		return hint.Hint
	case errors.As(err, &missing) && missing.Package != "":
		return "On Debian: sudo apt-get install " + missing.Package
	case errors.As(err, &missing):
		return "`gst-inspect-1.0` lists the elements that are installed."
	case errors.Is(err, sink.ErrNoMedia):
		return "Leave out the sinks at the ends, such as \"! autovideosink\": gstpublish takes their place."
	case errors.As(err, &launch) && errors.Is(err, fs.ErrNotExist):
		return "Name a file that exists, or write a pipeline after --, as in: gstpublish run [OPTIONS] -- videotestsrc"
	case errors.As(err, &usage):
		return "See gstpublish --help and gstpublish COMMAND --help."
	default:
		return connectionHint(err)
	}
}
