// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package describe tells what a pipeline consists of: its elements, the properties that were changed, and its links. It
// also knows the names of raw formats.
package describe

/*
#cgo pkg-config: gstreamer-1.0 gstreamer-audio-1.0 gstreamer-video-1.0
#include <stdlib.h>
#include "describe.h"
*/
import "C"

import (
	"errors"
	"strconv"
	"strings"
	"unsafe"
)

// Element is an element of a pipeline.
type Element struct {
	Depth         int // 0, and one more for each bin of the text around it
	Name, Factory string
	Properties    []Property // those that differ from their defaults
	Links         []Link
	Open          []Pad // its own pads that are linked to nothing
}

// Property is a property with its value in the syntax of launch text, without quotes.
type Property struct{ Name, Value string }

// Link leads from a source pad to a pad of another element.
type Link struct{ Pad, Element, ElementPad string }

// Pad is a pad.
type Pad struct {
	Name  string
	IsSrc bool
}

// Pipeline describes a GstBin with its elements in the order of the text.
func Pipeline(bin unsafe.Pointer) []Element {
	text := C.describe_bin((*C.GstBin)(bin))
	defer C.g_free(C.gpointer(unsafe.Pointer(text)))
	return parse(C.GoString(text))
}

// Value returns the value of a property of a GObject in the syntax of launch text, without quotes, or "" if there is
// none.
func Value(object unsafe.Pointer, property string) string {
	name := C.CString(property)
	defer C.free(unsafe.Pointer(name))
	text := C.describe_property((*C.GObject)(object), name)
	defer C.g_free(C.gpointer(unsafe.Pointer(text)))
	return C.GoString(text)
}

func parse(text string) []Element {
	var elements []Element
	for line := range strings.SplitSeq(text, "\x1e") {
		fields := strings.Split(line, "\x1f")
		if fields[0] == "E" {
			depth, _ := strconv.Atoi(fields[1])
			elements = append(elements, Element{Depth: depth, Name: fields[2], Factory: fields[3]})
			continue
		}
		if len(elements) == 0 {
			continue
		}
		e := &elements[len(elements)-1]
		switch fields[0] {
		case "P":
			e.Properties = append(e.Properties, Property{fields[1], fields[2]})
		case "L":
			e.Links = append(e.Links, Link{fields[1], fields[2], fields[3]})
		case "U":
			e.Open = append(e.Open, Pad{fields[1], fields[2] == "src"})
		}
	}
	return elements
}

// Formats returns the names of raw formats of a media type, video/x-raw or audio/x-raw; nil for any other.
func Formats(media string) []string {
	var text *C.char
	switch media {
	case "video/x-raw":
		text = C.describe_video_formats()
	case "audio/x-raw":
		text = C.describe_audio_formats()
	default:
		return nil
	}
	defer C.g_free(C.gpointer(unsafe.Pointer(text)))
	return strings.Fields(C.GoString(text))
}

// Words describes the pipeline that gst-launch-1.0 makes of command-line words: for comparison with ours.
func Words(words []string) ([]Element, error) {
	argv := make([]*C.char, len(words)+1)
	for i, word := range words {
		argv[i] = C.CString(word)
		defer C.free(unsafe.Pointer(argv[i]))
	}
	var fault *C.char
	element := C.describe_parse(&argv[0], &fault)
	if element == nil {
		defer C.g_free(C.gpointer(unsafe.Pointer(fault)))
		return nil, errors.New(C.GoString(fault))
	}
	defer C.gst_object_unref(C.gpointer(unsafe.Pointer(element)))
	return Pipeline(unsafe.Pointer(element)), nil
}

// shown returns a value as launch text has it, unless it is a password.
func shown(p Property) string {
	for _, part := range []string{"pw", "passw", "passphrase", "secret"} {
		if strings.Contains(p.Name, part) {
			return "[hidden]"
		}
	}
	if p.Value == "" || strings.ContainsAny(p.Value, " \t\n\"\\!") {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(p.Value) + `"`
	}
	return p.Value
}

// Text writes elements for people, as they would be in launch text, each on a line, with their links below them.
func Text(elements []Element) string {
	var b strings.Builder
	for _, e := range elements {
		indent := strings.Repeat("  ", e.Depth)
		b.WriteString(indent + e.Factory + " name=" + e.Name)
		for _, p := range e.Properties {
			b.WriteString(" " + p.Name + "=" + shown(p))
		}
		b.WriteByte('\n')
		for _, l := range e.Links {
			b.WriteString(indent + "  " + l.Pad + " -> " + l.Element + "." + l.ElementPad + "\n")
		}
		for _, pad := range e.Open {
			if pad.IsSrc {
				b.WriteString(indent + "  " + pad.Name + " -> published\n")
			} else {
				b.WriteString(indent + "  " + pad.Name + " is linked to nothing yet\n")
			}
		}
	}
	return b.String()
}
