// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"errors"
	"fmt"
	"strings"

	"github.com/gstpublish/gstpublish/internal/advice"
	"github.com/gstpublish/gstpublish/internal/gst"
)

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

// ElementError is an error that an element posted while the pipeline ran.
type ElementError struct {
	Path    string // the element's path, as in "/GstPipeline:p/GstX264Enc:enc"
	Factory string // its factory, as in "x264enc"; empty if it has none
	Domain  string // GLib's error domain, as in "gst-stream-error-quark"
	Code    int    // the code in that domain
	Message string // GStreamer's own text
	Debug   string // file, line and detail; may be empty
	// Mismatch names the two pads whose caps have nothing in common. It is nil if that is not the
	// reason, or the pads were not found.
	Mismatch *Mismatch
	// Cause and Cure say in plain words what is wrong, and what to do. Both are empty if Message is the
	// best there is.
	Cause, Cure string
}

// Element returns the element's own name, the end of Path.
func (e *ElementError) Element() string { return e.inner().Element() }

// Error names the element, and says what is wrong and what to do; or else gives GStreamer's text.
func (e *ElementError) Error() string { return e.inner().Error() }

// NotNegotiated reports whether elements could not agree on caps.
func (e *ElementError) NotNegotiated() bool { return e.inner().NotNegotiated() }

func (e *ElementError) inner() *gst.ElementError {
	return &gst.ElementError{
		Path: e.Path, Factory: e.Factory, Domain: e.Domain, Code: e.Code, Message: e.Message, Debug: e.Debug,
		Mismatch: (*gst.Mismatch)(e.Mismatch), Cause: e.Cause, Cure: e.Cure,
	}
}

func elementError(e *gst.ElementError) *ElementError {
	return &ElementError{
		Path: e.Path, Factory: e.Factory, Domain: e.Domain, Code: e.Code, Message: e.Message, Debug: e.Debug,
		Mismatch: (*Mismatch)(e.Mismatch), Cause: e.Cause, Cure: e.Cure,
	}
}

// Mismatch is a pair of linked pads whose caps have nothing in common.
type Mismatch struct {
	Src, Sink         string // the pads, as in "element.pad"
	SrcCaps, SinkCaps string // what each offers
}

// String names the two pads, and what in their caps differs.
func (m *Mismatch) String() string { return (*gst.Mismatch)(m).String() }

// PropertyError is a property that an element lacks, or a value that it rejects.
type PropertyError struct {
	Factory  string // the element's factory, as in "x264enc"
	Property string
	Value    string
	Reason   PropertyReason
	Hint     string   // the property's type and range, in words
	Known    []string // the element's properties, if it lacks this one
}

// Error names the element, the property and, for a value, what the property accepts.
func (e *PropertyError) Error() string {
	inner := gst.PropertyError{
		Factory: e.Factory, Property: e.Property, Value: e.Value, Reason: gst.PropertyReason(e.Reason), Hint: e.Hint,
		Known: e.Known,
	}
	return inner.Error()
}

// PropertyReason is why a property cannot be set.
type PropertyReason int

// The reasons in a PropertyError.
const (
	PropertyUnknown    = PropertyReason(gst.NoProperty) // the element has no such property
	PropertyReadOnly   = PropertyReason(gst.ReadOnly)   // it cannot be set
	PropertyBadValue   = PropertyReason(gst.BadValue)   // the value has the wrong type
	PropertyOutOfRange = PropertyReason(gst.OutOfRange) // the value is outside of the range
)

// propertyError returns the error of a check of a property, as a *PropertyError if it is one.
func propertyError(err error) error {
	var e *gst.PropertyError
	if !errors.As(err, &e) {
		return err
	}
	return &PropertyError{
		Factory: e.Factory, Property: e.Property, Value: e.Value, Reason: PropertyReason(e.Reason), Hint: e.Hint,
		Known: e.Known,
	}
}

func missingElement(name string) *MissingElementError {
	err := &MissingElementError{Element: name, Package: advice.Package(name)}
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
