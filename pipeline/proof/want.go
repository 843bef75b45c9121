// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// Hardware says whether encoders that need a device may be chosen, or must be.
type Hardware int

// The choices.
const (
	HardwareAuto    Hardware = iota // those that are proven come first
	HardwareRequire                 // no other
	HardwareOff                     // none
)

var hardwareNames = [...]string{"auto", "require", "off"} // never written

func (h Hardware) String() string { return hardwareNames[h] }

// ParseHardware reads auto, require or off.
func ParseHardware(name string) (Hardware, error) {
	for i, n := range hardwareNames {
		if n == name {
			return Hardware(i), nil
		}
	}
	return 0, fmt.Errorf("proof: hardware must be one of %s, got %q", strings.Join(hardwareNames[:], ", "), name)
}

// Want is what an encoder is wanted for. The zero value asks for VP8 of a camera.
type Want struct {
	Codec catalogue.Codec
	// Width and Height of the pictures, in px. Default to 1280 and 720.
	Width, Height int
	// FPS is the nominal frame rate. Defaults to 30.
	FPS int
	// Bitrate is the target in bit/s. Defaults to 1,700,000.
	Bitrate int
	// Screencast asks for the settings for screen content.
	Screencast bool
	// TemporalLayers and SpatialLayers are how many layers it must be able to code into
	// one stream. Default to 1.
	TemporalLayers, SpatialLayers int
	// Encoder admits only the element of this name, in its several ways to be
	// fed. Defaults to all of the codec.
	Encoder string
	// Hardware defaults to HardwareAuto.
	Hardware Hardware
	// Except are candidates that aren't wanted, by their String.
	Except []string
}

func (w Want) withDefaults() Want {
	if w.Width == 0 || w.Height == 0 {
		w.Width, w.Height = 1280, 720
	}
	if w.FPS == 0 {
		w.FPS = 30
	}
	if w.Bitrate == 0 {
		w.Bitrate = 1_700_000
	}
	return w
}

// Candidate is an encoder and one way to feed it.
type Candidate struct {
	Row   catalogue.Row
	Front catalogue.Front
}

// String names the elements, as in "vapostproc ! vah264enc", and the format where
// another candidate has the same elements; the converter that everything passes
// isn't named.
func (c Candidate) String() string {
	names := make([]string, 0, len(c.Front.Elements)+1)
	for _, e := range c.Front.Elements {
		if e != "videoconvert" {
			names = append(names, e)
		}
	}
	name := strings.Join(append(names, c.Row.Factory), " ! ")
	alike := 0
	for _, f := range c.Row.Fronts {
		if slices.Equal(f.Elements, c.Front.Elements) {
			alike++
		}
	}
	if alike > 1 {
		name += " (" + c.Front.Format + ")"
	}
	return name
}

// Candidates are what this machine has for a codec, in the order in which they
// are tried, and the elements of the catalogue that it hasn't.
func Candidates(codec catalogue.Codec) (here []Candidate, missing []*pipeline.MissingElementError) {
	for _, row := range catalogue.For(codec) {
		if err := pipeline.Installed(row.Factory); err != nil {
			if m, ok := errors.AsType[*pipeline.MissingElementError](err); ok {
				missing = append(missing, m)
			}
			continue
		}
		fronts := pipeline.Fronts(&row)
		for _, front := range fronts {
			here = append(here, Candidate{Row: row, Front: front})
		}
		if len(fronts) == 0 {
			missing = append(missing, missingFront(&row)...)
		}
	}
	return here, missing
}

// missingFront are the elements that aren't there of the best way to an encoder.
func missingFront(row *catalogue.Row) (missing []*pipeline.MissingElementError) {
	for _, element := range row.Fronts[0].Elements {
		if m, ok := errors.AsType[*pipeline.MissingElementError](pipeline.Installed(element)); ok {
			missing = append(missing, m)
		}
	}
	return missing
}

// Report is what a proof found.
type Report struct {
	// Proven says that the encoder works. Else Reason says why not, in the words
	// of the element or the driver where it had any.
	Proven bool
	Reason string `json:",omitempty"`
	// FPS is how many pictures a second it encoded, one after the other; 0 where
	// that wasn't found.
	FPS float64 `json:",omitempty"`
	// First is how long the first picture took, with all that had to start.
	First time.Duration `json:",omitempty"`
	// Late is how many pictures the encoder held back at most.
	Late int `json:",omitempty"`
	// Wrong is how many of the decoded pictures didn't look as they should; more
	// than a few, and the encoder isn't proven.
	Wrong int `json:",omitempty"`
	// Decoder is the element that decoded the result; empty where none is
	// installed for the codec. Then only the form of the stream was looked at.
	Decoder string `json:",omitempty"`
	// Skipped are settings of the catalogue that the element hasn't.
	Skipped []string `json:",omitempty"`
	// Remembered says that an earlier process made the proof: see Options.CacheDir.
	Remembered bool `json:"-"`
	// Elapsed is what the proof took.
	Elapsed time.Duration `json:",omitempty"`
}
