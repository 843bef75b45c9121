// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"

	"github.com/gstpublish/gstpublish/internal/advice"
	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/launch"
)

// ErrStopped means that the pipeline was stopped or closed, or has ended.
var ErrStopped = errors.New("pipeline: stopped")

// ErrDrain means that the end of the stream did not come through in time.
var ErrDrain = errors.New("pipeline: the stream did not drain in time")

// LaunchError is invalid launch text.
type LaunchError struct {
	File string // the launch file; empty for other text
	// Line and Column are where the error is, in characters; 1 is the first. 0 means that the place is not known.
	Line, Column int
	// Excerpt is that line of the text, and a second line with a caret below the place; empty if that is not known.
	Excerpt string
	Err     error
}

func (e *LaunchError) Error() string {
	switch {
	case e.File != "" && e.Line > 0:
		return fmt.Sprintf("pipeline: %s:%d:%d: %v", e.File, e.Line, e.Column, e.Err)
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
		err.Similar = launch.Similar(name, gst.Factories())
	}
	return err
}

// converter returns the element that makes something publishable of caps; "" if they are, at least in part, or if no
// element is known.
func converter(caps string) string {
	best := ""
	for _, kind := range kindsOf(caps) {
		element := advice.Converter(kind)
		media, _, _ := strings.Cut(kind, "(")
		if element == "" || media == kind && publishable(media) {
			return ""
		}
		best = cmp.Or(best, element)
	}
	return best
}

func publishable(media string) bool {
	kind, _, _ := tailFor(media)
	return kind != 0
}

// kindsOf returns the media types of caps with their features, such as video/x-raw(memory:GLMemory), each once.
func kindsOf(caps string) []string {
	var found []string
	for s := range strings.SplitSeq(caps, ";") {
		s = strings.TrimSpace(s)
		kind, _, _ := strings.Cut(s, ",")
		if strings.Contains(kind, "(") {
			before, _, _ := strings.Cut(s, ")") // Features have commas between them.
			kind = before + ")"
		}
		if !slices.Contains(found, kind) {
			found = append(found, kind)
		}
	}
	return found
}

// remedy returns what to do if two pads have nothing in common; "" if that is not known.
func remedy(src, sink string) string {
	both := func(media string) bool {
		return slices.Contains(gst.MediaTypes(src), media) && slices.Contains(gst.MediaTypes(sink), media)
	}
	switch {
	case both("audio/x-opus"):
		return "LiveKit's Opus has one or two channels: add \"! opusdec\", and gstpublish mixes them down, or put " +
			"\"audioconvert ! audio/x-raw,channels=2\" before the encoder"
	case both("audio/x-raw") && unpositioned.MatchString(src):
		return "the channels have no positions: put \"capssetter caps=audio/x-raw,channel-mask=(bitmask)0x3f\", " +
			"which are those of 5.1, between them"
	case both("video/x-raw") && interlaced.MatchString(src):
		return "put deinterlace between them"
	case both("video/x-h264") && interlaced.MatchString(src):
		return "put deinterlace before the encoder"
	}
	return ""
}

var (
	interlaced   = regexp.MustCompile(`interlace-mode=(\(string\))?(interleaved|mixed|fields|alternate)`)
	unpositioned = regexp.MustCompile(`channel-mask=(\(bitmask\))?0x0+\b`)
)

// warnings logs what elements complain about. One that repeats itself is logged again only when it has done so ten, a
// hundred, … times, and in the end.
type warnings struct {
	log  *slog.Logger
	seen map[warning]*repeated
}

type warning struct {
	path, domain string
	code         int
}

type repeated struct {
	count, logged uint64
	last          *gst.ElementError
}

func (w *warnings) add(err *gst.ElementError) {
	key := warning{err.Path, err.Domain, err.Code}
	r := w.seen[key]
	if r == nil {
		if w.seen == nil {
			w.seen = map[warning]*repeated{}
		}
		r = &repeated{}
		w.seen[key] = r
	}
	r.count++
	r.last = err
	if r.count == 1 || r.count == 10*r.logged {
		w.write(r)
	}
}

func (w *warnings) write(r *repeated) {
	r.logged = r.count
	text := r.last.Message
	if r.last.Cause != "" {
		text = r.last.Cause + ": " + r.last.Cure
	}
	attrs := []any{"element", r.last.Element(), "text", text, "debug", r.last.Debug}
	if r.count > 1 {
		attrs = append(attrs, "count", r.count)
	}
	w.log.Warn("warning from an element", attrs...)
}

// end logs how often they were repeated in all.
func (w *warnings) end() {
	for _, r := range w.seen {
		if r.count > r.logged {
			w.write(r)
		}
	}
}
