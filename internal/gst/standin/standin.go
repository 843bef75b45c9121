// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package standin registers elements under the names of hardware encoders and converters, for tests
// on machines that have no such hardware.
//
// A stand-in has the pads, caps, properties, ranges and enum nicks of the real element, which
// elements/*.txt takes from GStreamer's public sources, and wraps a software encoder. On demand it
// fails as drivers do.
//
// Differences: a stand-in is a bin, so it also has a bin's properties; buffers stay in system
// memory whatever memory their caps name; of the properties only the target and
// min-force-key-unit-interval have an effect, and all can be set in every state. A new target
// restarts H.265's with a key frame even if the spec says otherwise, as in x265enc. AV1's caps have
// no frame rate.
package standin

/*
#cgo pkg-config: gstreamer-1.0 gstreamer-base-1.0 gstreamer-video-1.0
#cgo CFLAGS: -O2 -Wall -Wextra -Werror=implicit-function-declaration
#include <stdlib.h>
#include "standin.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"unsafe"

	"github.com/gstpublish/gstpublish/internal/gst"
)

// registry is what this process has registered. There is one per process, as of GStreamer's own registry.
var registry struct {
	mu      sync.Mutex
	entries map[string]entry
	faults  map[string]Fault // of factories that are not registered yet
}

type entry struct {
	version string
	spec    *C.StandinSpec
}

// Register makes a stand-in for the element of a version of GStreamer available in this process. It replaces the real
// element, if there is one, and cannot be undone. To register it again is no error, unless the version differs.
// Register is safe for concurrent use.
func Register(name, version string) error {
	spec, err := Find(name, version)
	if err != nil {
		return err
	}
	return register(spec, version)
}

func register(spec *Spec, version string) error {
	gst.Init()
	registry.mu.Lock()
	defer registry.mu.Unlock()
	if e, ok := registry.entries[spec.Name]; ok {
		if e.version != version {
			return fmt.Errorf("standin: registering %s of %s: it is there as in %s", spec.Name, version, e.version)
		}
		return nil
	}
	made, err := spec.build()
	if err != nil {
		return fmt.Errorf("standin: registering %s of %s: %w", spec.Name, version, err)
	}
	if fault, ok := registry.faults[spec.Name]; ok {
		made.set(fault)
	}
	if C.standin_register(made.spec) == 0 {
		C.standin_spec_free(made.spec)
		return fmt.Errorf("standin: registering %s of %s: GStreamer refused it", spec.Name, version)
	}
	if registry.entries == nil {
		registry.entries = map[string]entry{}
	}
	registry.entries[spec.Name] = entry{version, made.spec}
	return nil
}

// builder builds a spec in C. Its strings live until free.
type builder struct {
	strings []*C.char
}

func (b *builder) text(s string) *C.char {
	c := C.CString(s)
	b.strings = append(b.strings, c)
	return c
}

func (b *builder) free() {
	for _, s := range b.strings {
		C.free(unsafe.Pointer(s))
	}
}

var keys = map[Key]C.StandinKey{
	KeyEvent: C.STANDIN_KEY_EVENT, KeySignal: C.STANDIN_KEY_SIGNAL, KeyNone: C.STANDIN_KEY_NONE,
}

var changes = map[Change]C.StandinChange{
	ChangeLive: C.STANDIN_CHANGE_LIVE, ChangeKey: C.STANDIN_CHANGE_KEY, ChangeFixed: C.STANDIN_CHANGE_FIXED,
}

var types = map[Type]C.StandinType{
	Int: C.STANDIN_INT, Uint: C.STANDIN_UINT, Int64: C.STANDIN_INT64, Uint64: C.STANDIN_UINT64,
	Float: C.STANDIN_FLOAT, Double: C.STANDIN_DOUBLE, Bool: C.STANDIN_BOOL, String: C.STANDIN_STRING,
	Enum: C.STANDIN_ENUM, Flags: C.STANDIN_FLAGS, Structure: C.STANDIN_STRUCTURE,
}

func (s *Spec) build() (entry, error) {
	var b builder
	defer b.free()
	made := C.standin_spec_new(b.text(s.Name), b.text(s.Codec), b.text(s.converter()),
		b.text(strings.Join(s.SinkCaps, "; ")), b.text(strings.Join(s.SrcCaps, "; ")))
	if made == nil {
		return entry{}, errors.New("its caps are malformed, or the software in it isn't installed")
	}
	C.standin_spec_key(made, keys[s.Key], b.text(s.Signal))
	property, field := s.Bitrate.split()
	C.standin_spec_bitrate(made, b.text(property), b.text(field), C.guint64(s.Bitrate.Unit), changes[s.Change])
	for i := range s.Properties {
		if err := b.property(made, &s.Properties[i]); err != nil {
			C.standin_spec_free(made)
			return entry{}, err
		}
	}
	return entry{spec: made}, nil
}

// converter returns the element that a converter wraps. One that only moves frames between kinds of memory changes
// nothing; others do what their names say.
func (s *Spec) converter() string {
	switch {
	case s.Kind != Convert:
		return ""
	case strings.HasSuffix(s.Name, "upload") || strings.HasSuffix(s.Name, "download"):
		return "identity"
	case strings.HasSuffix(s.Name, "cudaconvert"):
		return "videoconvert"
	case strings.HasSuffix(s.Name, "cudascale"):
		return "videoscale"
	default:
		return "videoconvertscale"
	}
}

func (b *builder) property(spec *C.StandinSpec, p *Property) error {
	def := p.Default
	if p.Type == Enum || p.Type == Flags {
		n, err := p.choice(def)
		if err != nil {
			return fmt.Errorf("%s: %w", p.place, err)
		}
		def = strconv.FormatInt(n, 10)
	}
	text := b.text(def)
	if p.Type == String && def == "" {
		text = nil
	}
	made := C.standin_spec_property(spec, b.text(p.Name), types[p.Type], b.text(p.Min), b.text(p.Max), text)
	for _, v := range p.Values {
		C.standin_property_value(made, C.gint(int32(v.Value)), b.text(v.Nick)) //nolint:gosec // flags use all 32 bits
	}
	return nil
}
