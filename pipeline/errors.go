// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"errors"
	"fmt"
	"strings"

	"github.com/gstpublish/gstpublish/internal/gst"
)

// ElementError is an error that an element posted while the pipeline ran. It has the element's path
// and factory, GStreamer's domain, code, message and debug text and, for incompatible caps, the two
// pads and what each offers.
type ElementError = gst.ElementError

// Mismatch is a pair of linked pads whose caps have nothing in common.
type Mismatch = gst.Mismatch

// PropertyError is a property that an element lacks, or a value that it rejects.
type PropertyError = gst.PropertyError

// ErrStopped means that the pipeline was stopped or closed, or has ended.
var ErrStopped = errors.New("pipeline: stopped")

// ErrDrain means that the end of the stream did not come through in time.
var ErrDrain = errors.New("pipeline: the stream did not drain in time")

// LaunchError is invalid launch text.
type LaunchError struct {
	File string // the launch file; empty for other text
	Line int    // 1 for the first; 0 if only GStreamer found the error
	Err  error
}

func (e *LaunchError) Error() string {
	switch {
	case e.File != "" && e.Line > 0:
		return fmt.Sprintf("pipeline: %s:%d: %v", e.File, e.Line, e.Err)
	case e.File != "":
		return fmt.Sprintf("pipeline: %s: %v", e.File, e.Err)
	case e.Line > 1:
		return fmt.Sprintf("pipeline: line %d: %v", e.Line, e.Err)
	default:
		return fmt.Sprintf("pipeline: %v", e.Err)
	}
}

// Unwrap returns what is wrong with the text.
func (e *LaunchError) Unwrap() error { return e.Err }

// MissingElementError is an element that is not installed.
type MissingElementError struct {
	Element string
	Package string   // the Debian package that has it; empty if unknown
	Similar []string // installed elements with similar names
}

func (e *MissingElementError) Error() string {
	msg := fmt.Sprintf("no element %q", e.Element)
	switch {
	case e.Package != "":
		return fmt.Sprintf("%s: install the Debian package %s", msg, e.Package)
	case len(e.Similar) > 0:
		return fmt.Sprintf("%s: did you mean %s?", msg, strings.Join(e.Similar, " or "))
	default:
		return msg + ": no installed plugin has it"
	}
}

func missingElement(name string) *MissingElementError {
	err := &MissingElementError{Element: name, Package: debianPackage(name)}
	if err.Package == "" {
		err.Similar = similar(name, gst.Factories())
	}
	return err
}

// similar returns at most three names that differ by a typing error.
func similar(name string, names []string) []string {
	best := max(1, len(name)/4)
	var out []string
	for _, n := range names {
		switch d := distance(name, n); {
		case d < best:
			best, out = d, []string{n}
		case d == best && len(out) < 3:
			out = append(out, n)
		}
	}
	return out
}

// distance is Levenshtein's: insertions, deletions and substitutions.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
