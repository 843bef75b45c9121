// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package standin

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
)

// Kind is the kind of an element.
type Kind string

// The kinds of elements.
const (
	Encode  Kind = "encode"
	Convert Kind = "convert"
)

// Key is how to request a key frame from an encoder.
type Key string

// The ways to request a key frame.
const (
	KeyEvent  Key = "event"  // GstForceKeyUnit
	KeySignal Key = "signal" // the action signal Spec.Signal; the event does nothing
	KeyNone   Key = "none"
)

// Change is the effect of a new target on a running encoder.
type Change string

// The effects of a new target.
const (
	ChangeLive  Change = "live"  // takes effect
	ChangeKey   Change = "key"   // takes effect, with a key frame
	ChangeFixed Change = "fixed" // has no effect
)

// Type is a property's type.
type Type string

// The types of properties.
const (
	Int       Type = "int"
	Uint      Type = "uint"
	Int64     Type = "int64"
	Uint64    Type = "uint64"
	Float     Type = "float"
	Double    Type = "double"
	Bool      Type = "bool"
	String    Type = "string"
	Enum      Type = "enum"
	Flags     Type = "flags"
	Structure Type = "structure" // GstStructure
)

// Spec describes an element as in GStreamer's public sources.
type Spec struct {
	Name     string
	Versions []string // of GStreamer, such as "1.22"
	Kind     Kind
	Codec    string // of encoders: H264, H265, VP8, VP9 or AV1
	// SinkCaps and SrcCaps are the pad templates' caps, one structure each.
	SinkCaps, SrcCaps []string
	Key               Key // of encoders, as are the following fields
	Signal            string
	Bitrate           Bitrate
	Change            Change
	Properties        []Property

	place place
}

// Bitrate is the property for an encoder's target.
type Bitrate struct {
	Property string // "extra-controls/video_bitrate" is a field of a structure
	Unit     int    // bit/s of one unit
}

// Property is a property of an element. All are readable and writable.
type Property struct {
	Name string
	Type Type
	// Min, Max and Default are decimal numbers. Default is a nick for enums, and nicks joined by + for flags. They are
	// empty if the type has none.
	Min, Max, Default string
	Values            []Value // of enums and flags

	place place
}

// Value is a value of an enum, or a bit of flags.
type Value struct {
	Nick  string
	Value int64
}

// place is a position in the spec files.
type place struct {
	file string
	line int
}

func (p place) String() string { return fmt.Sprintf("%s:%d", p.file, p.line) }

//go:embed elements
var elements embed.FS

// Specs returns all elements, in the order of their files. Each name has at most one spec for a version.
func Specs() ([]Spec, error) {
	dir, err := fs.Sub(elements, "elements")
	if err != nil {
		return nil, err
	}
	return readSpecs(dir)
}

// Find returns the element with a name in a version of GStreamer, such as "1.22".
func Find(name, version string) (*Spec, error) {
	specs, err := Specs()
	if err != nil {
		return nil, err
	}
	return find(specs, name, version)
}

func find(specs []Spec, name, version string) (*Spec, error) {
	var versions []string
	for i := range specs {
		if specs[i].Name != name {
			continue
		}
		if slices.Contains(specs[i].Versions, version) {
			return &specs[i], nil
		}
		versions = append(versions, specs[i].Versions...)
	}
	if versions == nil {
		return nil, fmt.Errorf("standin: there is no spec of %s", name)
	}
	return nil, fmt.Errorf("standin: there is no spec of %s as in GStreamer %s, only as in %q", name, version, versions)
}

// property returns the property with a name, or nil.
func (s *Spec) property(name string) *Property {
	for i := range s.Properties {
		if s.Properties[i].Name == name {
			return &s.Properties[i]
		}
	}
	return nil
}
