// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package gst

// #include "shim.h"
import "C"

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/gstpublish/gstpublish/internal/gst/describe"
)

// ErrTimeout means that GStreamer did not finish in the allowed time.
var ErrTimeout = errors.New("timed out")

// ErrFlushing means that an element accepts no buffers because it is stopped or not started.
var ErrFlushing = errors.New("flushing")

// ElementError is an error that an element posted on the bus.
type ElementError struct {
	Path    string // the element's path, "/GstPipeline:p/GstX264Enc:enc"
	Factory string // its factory, "x264enc"; empty if it has none
	Domain  string // GLib's error domain, "gst-stream-error-quark"
	Code    int    // the code in that domain
	Message string // GStreamer's own text
	Debug   string // file, line and detail; may be empty
	// Mismatch names the two pads that could not agree on caps; nil for other causes, or if they
	// were not found.
	Mismatch *Mismatch
	// Loose are the pads that are linked to nothing, if that was the reason.
	Loose []LoosePad
	// Missing is what the pipeline has not found so far.
	Missing []MissingPlugin
	// Cause and Cure say in plain words what is wrong, and what to do. Both are empty if Message is the
	// best there is.
	Cause, Cure string
}

// Owner is the pipeline's own element that is or contains the one that failed: what the launch text names.
func (e *ElementError) Owner() string {
	parts := strings.SplitN(e.Path, "/", 4) // "", the pipeline, its element, elements inside it
	if len(parts) < 3 {
		return e.Element()
	}
	return parts[2][strings.IndexByte(parts[2], ':')+1:]
}

// Element returns the element's own name, the end of Path.
func (e *ElementError) Element() string {
	name := e.Path[strings.LastIndexByte(e.Path, '/')+1:]
	return name[strings.IndexByte(name, ':')+1:]
}

func (e *ElementError) Error() string {
	if e.Cause != "" && e.Cure != "" {
		return fmt.Sprintf("element %s: %s: %s", e.where(), e.Cause, e.Cure)
	}
	if e.Cause != "" {
		return fmt.Sprintf("element %s: %s", e.where(), e.Cause)
	}
	var b strings.Builder
	name := e.where()
	fmt.Fprintf(&b, "element %s: %s", name, e.Message)
	if e.Debug != "" {
		// The first line is a place in GStreamer's source; the useful part follows.
		_, detail, _ := strings.Cut(e.Debug, "\n")
		if detail = strings.Join(strings.Fields(detail), " "); detail != "" {
			fmt.Fprintf(&b, " (%s)", detail)
		}
	}
	if e.Mismatch != nil {
		fmt.Fprintf(&b, ": %s", e.Mismatch)
	}
	return b.String()
}

// where names the element that failed, and the one of the text that contains it.
func (e *ElementError) where() string {
	name, owner := e.Element(), e.Owner()
	switch {
	case strings.HasPrefix(owner, OwnPrefix):
		return "of gstpublish, " + e.Factory
	case e.Factory != "" && !strings.HasPrefix(name, e.Factory):
		name = e.Factory + " " + name
	}
	if owner != e.Element() {
		name += " in " + owner
	}
	return name
}

// OwnPrefix begins the names of the elements that gstpublish adds to a text.
const OwnPrefix = "gstpublish-"

// NotNegotiated reports whether elements could not agree on caps.
func (e *ElementError) NotNegotiated() bool {
	return (e.Domain == "gst-core-error-quark" && e.Code == int(C.GST_CORE_ERROR_NEGOTIATION)) ||
		strings.Contains(e.Debug, "not-negotiated")
}

// IsOfReading reports whether a source could not read on, as when its connection was closed. What it has read comes
// through nevertheless. A source that could not seek has brought nothing that can be used.
func (e *ElementError) IsOfReading() bool {
	return e.Domain == "gst-resource-error-quark" && e.Code != int(C.GST_RESOURCE_ERROR_SEEK)
}

// NotLinked reports whether media had no way to continue: a pad that is linked to nothing, or a link of the text that
// could not be made when its pad appeared.
func (e *ElementError) NotLinked() bool {
	const delayedLink = int(C.GST_PARSE_ERROR_DELAYED_LINK)
	return strings.Contains(e.Debug, "not-linked") || e.Domain == "gst_parse_error" && e.Code == delayedLink
}

// Mismatch is a pair of linked pads whose caps have nothing in common.
type Mismatch struct {
	Src, Sink         string // "element.pad"
	SrcCaps, SinkCaps string // what each offers
}

func (m *Mismatch) String() string {
	src, sink := m.SrcCaps, m.SinkCaps
	if a, b := MediaTypes(src), MediaTypes(sink); !slices.ContainsFunc(a, func(t string) bool {
		return slices.Contains(b, t)
	}) {
		// The media types differ; details would hide that.
		src, sink = strings.Join(a, " or "), strings.Join(b, " or ")
	}
	if strings.HasPrefix(m.Sink, capsLabel) {
		return fmt.Sprintf("%s offers %s, but not %s", m.Src, shorten(src), m.Sink)
	}
	return fmt.Sprintf("%s offers %s, but %s takes %s", m.Src, shorten(src), m.Sink, shorten(sink))
}

// capsLabel begins the label of an element that GStreamer makes of caps (shim_setup.c).
const capsLabel = "the caps "

// MediaTypes returns the media types that caps allow, such as video/x-raw.
func MediaTypes(caps string) []string {
	var found []string
	for s := range strings.SplitSeq(caps, ";") {
		media, _, _ := strings.Cut(strings.TrimSpace(s), ",")
		media, _, _ = strings.Cut(media, "(") // video/x-raw(memory:DMABuf)
		if !slices.Contains(found, media) {
			found = append(found, media)
		}
	}
	return found
}

var (
	// lists matches lists of values of a caps field, in braces.
	lists = regexp.MustCompile(`\{ [^}]* \}`)
	// anything matches a field that allows every number.
	anything = regexp.MustCompile(`, [a-z-]+=\([a-z]+\)\[ [01](/1)?, 2147483647(/1)? \]`)
)

// shorten reduces caps to what a person reads: the first two structures, without fields that allow
// everything, and the first items of long lists.
func shorten(caps string) string {
	const mostKinds, mostItems = 2, 6
	kinds := strings.Split(anything.ReplaceAllString(caps, ""), "; ")
	short := strings.Join(kinds[:min(len(kinds), mostKinds)], "; ")
	if len(kinds) > mostKinds {
		short += fmt.Sprintf("; … %d more", len(kinds)-mostKinds)
	}
	return lists.ReplaceAllStringFunc(short, func(list string) string {
		items := strings.Split(list, ", ")
		if len(items) <= mostItems+1 {
			return list
		}
		return fmt.Sprintf("%s, … %d more }", strings.Join(items[:mostItems], ", "), len(items)-mostItems)
	})
}

// ParseError reports why launch text is not a pipeline.
type ParseError struct {
	Message  string   // GStreamer's own text
	Missing  []string // elements that are not installed
	Mismatch *Mismatch
	Elements []describe.Element // the part of the pipeline that could be made
}

func (e *ParseError) Error() string {
	if e.Mismatch != nil {
		return e.Message + ": " + e.Mismatch.String()
	}
	return e.Message
}

// StateError reports a failed state change without details on the bus.
type StateError struct {
	Element string
	State   State
}

func (e *StateError) Error() string {
	return fmt.Sprintf("element %s: changing state to %s failed", e.Element, e.State)
}

// PropertyReason is why a property could not be set.
type PropertyReason int

// The reasons why a property could not be set.
const (
	NoProperty PropertyReason = iota + 1
	ReadOnly
	BadValue
	OutOfRange
)

// PropertyError reports a property that could not be set.
type PropertyError struct {
	Factory, Property, Value string
	Reason                   PropertyReason
	Hint                     string   // type and range, for people
	Known                    []string // the existing names, for NoProperty
}

func (e *PropertyError) Error() string {
	switch e.Reason {
	case NoProperty:
		return fmt.Sprintf("%s has no property %q", e.Factory, e.Property)
	case ReadOnly:
		return fmt.Sprintf("property %q of %s is read-only", e.Property, e.Factory)
	case OutOfRange:
		return fmt.Sprintf("%s=%s of %s is out of range: %s", e.Property, e.Value, e.Factory, e.Hint)
	default:
		return fmt.Sprintf("%s=%s of %s is not valid: it accepts %s", e.Property, e.Value, e.Factory, e.Hint)
	}
}

// flowError converts a GstFlowReturn to an error; nil for OK.
func flowError(ret C.GstFlowReturn) error {
	switch ret {
	case C.GST_FLOW_OK:
		return nil
	case C.GST_FLOW_FLUSHING:
		return ErrFlushing
	default:
		return fmt.Errorf("flow %s", C.GoString(C.gst_flow_get_name(ret)))
	}
}
