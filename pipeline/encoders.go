// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/launch"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// Hardware says whether encoders that need a device may or must be chosen.
type Hardware int

// The values of Hardware.
const (
	HardwareAuto    Hardware = iota // proven hardware comes first
	HardwareRequire                 // only hardware
	HardwareOff                     // only software
)

var hardwareNames = [...]string{"auto", "require", "off"} // never written

func (h Hardware) String() string { return hardwareNames[h] }

// ParseHardware parses auto, require or off.
func ParseHardware(name string) (Hardware, error) {
	for i, n := range hardwareNames {
		if n == name {
			return Hardware(i), nil
		}
	}
	return 0, fmt.Errorf("pipeline: hardware must be one of %s, got %q", strings.Join(hardwareNames[:], ", "), name)
}

// Rejection is a candidate, and why it was not chosen.
type Rejection struct {
	Encoder string // its elements, as in "vapostproc ! vah264enc"
	Reason  string
}

// NoEncoderError means that no candidate is left, and why.
type NoEncoderError struct {
	Codec    Codec
	Hardware Hardware
	Encoder  string // the only element that was admitted; empty for any
	Rejected []Rejection
	Missing  []*MissingElementError
	// Hook is why candidates could not be proven; nil if they could.
	Hook *HookError
}

func (e *NoEncoderError) Error() string {
	kind := "encoder"
	if e.Hardware == HardwareRequire {
		kind = "hardware encoder"
	}
	msg := fmt.Sprintf("no %s for %s works on this machine", kind, e.Codec)
	var parts []string
	for _, r := range e.Rejected {
		parts = append(parts, r.Encoder+": "+r.Reason)
	}
	if missing := e.missing(); missing != "" {
		parts = append(parts, missing)
	}
	if e.Hook != nil {
		parts = append(parts, e.Hook.Error())
	}
	if len(parts) == 0 {
		return msg
	}
	return msg + ": " + strings.Join(parts, "; ")
}

// Unwrap returns Hook, and the elements that are not installed if no candidate was
// rejected.
func (e *NoEncoderError) Unwrap() []error {
	var errs []error
	if e.Hook != nil {
		errs = append(errs, e.Hook)
	}
	if len(e.Rejected) > 0 {
		return errs
	}
	for _, m := range e.Missing {
		errs = append(errs, m)
	}
	return errs
}

// missing lists the elements that are not installed, by the package that has them.
func (e *NoEncoderError) missing() string {
	byPackage := map[string][]string{}
	var packages []string
	for _, m := range e.Missing {
		if !slices.Contains(packages, m.Package) {
			packages = append(packages, m.Package)
		}
		byPackage[m.Package] = append(byPackage[m.Package], m.Element)
	}
	parts := make([]string, 0, len(packages))
	for _, p := range packages {
		names := strings.Join(byPackage[p], ", ")
		if p != "" {
			names += " (Debian package " + p + ")"
		}
		parts = append(parts, names)
	}
	if len(parts) == 0 {
		return ""
	}
	return "not installed: " + strings.Join(parts, ", ")
}

// HookError reports that encoders cannot be proven: the copy of the program that is started for a
// proof did not get as far as the initialization of gstpublish's packages. The installed software
// encoders are used then.
type HookError struct {
	Reason string
	Err    error // the system's error; may be nil
}

func (e *HookError) Error() string {
	text := "pipeline: encoders cannot be proven: the child process, a copy of this program, must reach the " +
		"initialization of gstpublish's packages: " + e.Reason
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns Err.
func (e *HookError) Unwrap() error { return e.Err }

// installed reports whether all elements of a front are installed.
func installed(front catalogue.Front) bool {
	for _, e := range front.Elements {
		if !gst.HasFactory(e) {
			return false
		}
	}
	return true
}

// Fronts returns an encoder's fronts whose elements are installed, best first.
func Fronts(row *catalogue.Row) []catalogue.Front {
	gst.Init()
	var fronts []catalogue.Front
	for _, f := range row.Fronts {
		if installed(f) {
			fronts = append(fronts, f)
		}
	}
	return fronts
}

// Installed returns a *MissingElementError if GStreamer lacks an element.
func Installed(element string) error {
	gst.Init()
	if gst.HasFactory(element) {
		return nil
	}
	return missingElement(element)
}

// FindEncoder returns the row of an installed encoder for a codec. If the encoder is not installed,
// the error is a *MissingElementError.
func FindEncoder(codec Codec, name string) (catalogue.Row, error) {
	gst.Init()
	row, known := catalogue.Find(name)
	switch {
	case !known:
		return row, unknownEncoder(name)
	case row.Codec != codec:
		return row, fmt.Errorf("pipeline: %s encodes %s, not %s", name, row.Codec, codec)
	case !gst.HasFactory(name):
		return row, fmt.Errorf("pipeline: encoding %s: %w", codec, missingElement(name))
	}
	return row, nil
}

func unknownEncoder(name string) error {
	var known []string
	for _, r := range catalogue.Rows() {
		known = append(known, r.Factory)
	}
	hint := ""
	if near := launch.Similar(name, known); len(near) > 0 {
		hint = ": did you mean " + strings.Join(near, " or ") + "?"
	}
	return fmt.Errorf("pipeline: encoder %q is not in the catalogue%s", name, hint)
}

// LayersError means that an encoder does not support the requested layers in one stream.
type LayersError struct {
	Encoder           string
	Temporal, Spatial int // as requested
	Knows             catalogue.Layers
}

func (e *LayersError) Error() string {
	return fmt.Sprintf("pipeline: %s encodes at most %d temporal and %d spatial layers in one stream, not %d and %d",
		e.Encoder, max(e.Knows.Temporal, 1), max(e.Knows.Spatial, 1), e.Temporal, e.Spatial)
}
