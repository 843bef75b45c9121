// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package advice says in plain words what a GStreamer element's error means, and what to do about it. GStreamer itself
// often reports only the last consequence, such as "Internal data stream error" of a demuxer whose decoder is the wrong
// one.
//
// The package is pure: it receives what is known of a failure, and knows nothing of GStreamer's objects.
package advice

import (
	"fmt"
	"slices"
	"strings"
)

// Pad is a pad and its caps.
type Pad struct {
	Label string // "element.pad"
	Caps  string // what it has or takes, as GStreamer writes caps
}

// element returns the name of the pad's element.
func (p Pad) element() string {
	name, _, _ := strings.Cut(p.Label, ".")
	return name
}

// Missing is something that an element looked for and did not find.
type Missing struct {
	Kind   string // "decoder", "encoder", "element", "urisource" or "urisink"
	Name   string // GStreamer's words for it
	Detail string // caps, the name of an element or a protocol
}

// Failure is what is known of an element's error.
type Failure struct {
	Element, Factory string // the element that failed, by name, and what it was made by
	Domain           string // GLib's error domain, "gst-stream-error-quark"
	Code             int    // in that domain
	Message, Debug   string // of GStreamer
	Src, Sink        *Pad   // two linked pads whose caps do not agree; nil if there are none
	Loose            []Pad  // source pads that are linked to nothing, in the order of the text
	Waiting          []Pad  // sink pads that are linked to nothing
	Missing          []Missing
	Takes            string // the caps that the element's sink pad takes; "" if unknown
	// Installed reports whether an element is there. The default is that each one is.
	Installed func(element string) bool
	// Fits reports whether two caps have something in common. The default is that they have.
	Fits func(a, b string) bool
}

// Advice is what to tell a person.
type Advice struct {
	Cause string // what is wrong; "" if GStreamer's own words are the best there are
	Cure  string // what to do; "" if that is unknown
}

// Explain returns what an error means. Both fields are empty if it has nothing to add.
func Explain(f *Failure) Advice {
	for _, explain := range []func(*Failure) (Advice, bool){
		missingPlugin, mismatch, looseEnds, unparsed, system, generic, byCode,
	} {
		if a, ok := explain(f); ok {
			return a
		}
	}
	return Advice{}
}

// missingPlugin explains what was not found, if that is why.
func missingPlugin(f *Failure) (Advice, bool) {
	if len(f.Missing) == 0 || !f.is(core, 12) && !f.is(stream, 3, 6) {
		return Advice{}, false
	}
	m := f.Missing[0]
	a := Advice{Cause: "there is no " + m.Name, Cure: "`gstpublish doctor` lists what is installed"}
	switch m.Kind {
	case "decoder", "encoder":
		a.Cause = fmt.Sprintf("no installed element is a %s of %s", m.Kind, nameOf(m.Detail))
		if known := find(m.Detail); m.Kind == "decoder" && known != nil && len(known.decoders) > 0 {
			a.Cure = "install the Debian package " + Package(known.decoders[0]) + ", which has " + known.decoders[0]
		}
	case "element":
		a.Cause = "no element " + m.Detail
		if pkg := Package(m.Detail); pkg != "" {
			a.Cure = "install the Debian package " + pkg
		}
	case "urisource", "urisink":
		a.Cause = fmt.Sprintf("no installed element reads addresses that begin with %q", m.Detail+":")
		a.Cure = "check the address, or install the plugin for it"
	}
	return a, true
}

// mismatch explains two linked pads whose caps do not agree.
func mismatch(f *Failure) (Advice, bool) {
	if f.Src == nil || f.Sink == nil {
		return Advice{}, false
	}
	return f.between(*f.Src, *f.Sink)
}

// between explains why one pad's media does not get into another. It is false if it could.
func (f *Failure) between(src, sink Pad) (Advice, bool) {
	if sameMedia(src.Caps, sink.Caps) {
		return f.details(src, sink)
	}
	a := Advice{
		Cause: fmt.Sprintf("%s has %s, but %s takes %s", src.Label, nameOf(src.Caps), sink.Label, nameOf(sink.Caps)),
		Cure:  "put an element between them that converts it",
	}
	decoder := f.decoderFor(src.Caps)
	switch {
	case kind(sink.Caps) != "" && kind(src.Caps) != kind(sink.Caps):
		a.Cure = "leave " + sink.element() + " out, or choose a source that has " + kind(sink.Caps)
	case decoder == "":
	case raw(sink.Caps):
		a.Cure = "put " + decoder + " between them"
	default:
		a.Cure = "put " + decoder + " in the place of " + sink.element()
	}
	return a, true
}

// looseEnds explains media that had no way to continue.
func looseEnds(f *Failure) (Advice, bool) {
	if len(f.Loose) == 0 || !strings.Contains(f.Debug, "not-linked") && !strings.Contains(f.Debug, "not-negotiated") &&
		!strings.Contains(f.Debug, "delayed linking") {
		return Advice{}, false
	}
	if len(f.Waiting) == 0 {
		return Advice{
			Cause: "it has " + list(f.Loose) + ", and nothing is linked to it",
			Cure:  fmt.Sprintf("link it, as in \"%s. ! decodebin ! videoconvert\"", f.Loose[0].element()),
		}, true
	}
	sink := f.Waiting[0]
	if len(f.Loose) == 1 {
		if a, ok := f.between(f.Loose[0], sink); ok {
			return a, true
		}
	}
	for _, src := range f.Loose {
		if sameMedia(src.Caps, sink.Caps) && f.fits(src.Caps, sink.Caps) {
			return Advice{
				Cause: fmt.Sprintf("it has %s, and none of it is linked to %s", list(f.Loose), sink.Label),
				Cure:  fmt.Sprintf("name the pad, as in \"%s ! %s\"", src.Label, sink.element()),
			}, true
		}
	}
	return f.noneFits(sink), true
}

// noneFits explains a demuxer that has nothing for what waits behind it.
func (f *Failure) noneFits(sink Pad) Advice {
	a := Advice{
		Cause: fmt.Sprintf("it has %s, but %s takes %s", list(f.Loose), sink.Label, nameOf(sink.Caps)),
		Cure:  "leave " + sink.element() + " out, or choose a source that has " + kind(sink.Caps),
	}
	for _, src := range f.Loose {
		if kind(src.Caps) == kind(sink.Caps) {
			if b, ok := f.between(src, sink); ok {
				a.Cure = b.Cure
			}
			break
		}
	}
	return a
}

// unparsed explains a decoder that was given bytes without caps: its parser is missing.
func unparsed(f *Failure) (Advice, bool) {
	m := find(f.Takes)
	if m == nil || m.parser == "" || !f.is(core, 7) {
		return Advice{}, false
	}
	return Advice{
		Cause: "it does not know what it gets",
		Cure:  "put " + m.parser + f.install(m.parser) + " before it",
	}, true
}

// list names pads and what they have.
func list(pads []Pad) string {
	words := make([]string, len(pads))
	for i, p := range pads {
		words[i] = fmt.Sprintf("%s at %s", nameOf(p.Caps), p.Label)
	}
	return strings.Join(words, " and ")
}

func raw(caps string) bool {
	m := find(caps)
	return m != nil && len(m.decoders) == 0 && strings.HasPrefix(m.name, "raw")
}

// kind is "video" or "sound"; "" for anything else.
func kind(caps string) string {
	switch group, _, _ := strings.Cut(caps, "/"); group {
	case "video", "image":
		return "video"
	case "audio":
		return "sound"
	default:
		return ""
	}
}

func (f *Failure) fits(a, b string) bool { return f.Fits == nil || f.Fits(a, b) }

// sameMedia reports whether two caps have a kind of media in common.
func sameMedia(a, b string) bool {
	if a == "ANY" || b == "ANY" {
		return true
	}
	for _, t := range mediaTypes(a) {
		if slices.Contains(mediaTypes(b), t) {
			return find(a) == find(b)
		}
	}
	return false
}
