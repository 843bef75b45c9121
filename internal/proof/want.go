// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/gstpublish/gstpublish/internal/video"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// Want describes the required encoder. The zero value asks for VP8 for a camera.
type Want struct {
	Codec catalogue.Codec
	// Width and Height of the frames, in px. The defaults are 1280 and 720.
	Width, Height int
	// FPS is the nominal frame rate. The default is 30.
	FPS int
	// Bitrate is the target in bit/s. The default is 1,700,000.
	Bitrate int
	// Screencast selects the settings for screens.
	Screencast bool
	// TemporalLayers and SpatialLayers are the numbers of layers that it must support in one
	// stream. The default is 1.
	TemporalLayers, SpatialLayers int
	// Encoder permits only the element with this name, with any of its fronts. The default is all
	// encoders of the codec.
	Encoder string
	// Hardware is HardwareAuto by default.
	Hardware pipeline.Hardware
	// Except lists candidates to skip, by their String.
	Except []string
}

func (w Want) withDefaults() Want {
	if w.Width == 0 || w.Height == 0 {
		w.Width, w.Height = video.DefaultWidth, video.DefaultHeight
	}
	if w.FPS == 0 {
		w.FPS = video.DefaultFPS
	}
	if w.Bitrate == 0 {
		w.Bitrate = video.DefaultBitrate
	}
	return w
}

// Candidate is an encoder with one of its fronts.
type Candidate struct {
	Row   catalogue.Row
	Front catalogue.Front
}

// String names the elements, as in "vapostproc ! vah264enc", and the format if another candidate
// has the same elements. It omits the converter that every candidate has.
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

// Candidates returns this machine's candidates for a codec, in the order in which they are tried,
// and the elements of the catalogue that are not installed.
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

// missingFront returns the elements of an encoder's best front that are not installed.
func missingFront(row *catalogue.Row) (missing []*pipeline.MissingElementError) {
	for _, element := range row.Fronts[0].Elements {
		if m, ok := errors.AsType[*pipeline.MissingElementError](pipeline.Installed(element)); ok {
			missing = append(missing, m)
		}
	}
	return missing
}

// Report is the result of a proof.
type Report struct {
	// Proven reports whether the encoder works. If not, Reason says why, in the words of the
	// element or the driver if there are any.
	Proven bool
	Reason string `json:",omitempty"`
	// FPS is how many frames a second it encoded, one after another; 0 if unknown.
	FPS float64 `json:",omitempty"`
	// First is the time to the first sample, including the start.
	First time.Duration `json:",omitempty"`
	// Late is the maximum number of frames that the encoder delayed.
	Late int `json:",omitempty"`
	// Wrong is the number of decoded frames that looked wrong; with more than a few, the encoder is
	// not proven.
	Wrong int `json:",omitempty"`
	// Decoder is the element that decoded the result; empty if none is installed for the codec.
	// Then only the form of the stream was checked.
	Decoder string `json:",omitempty"`
	// Skipped are settings of the catalogue that the element lacks.
	Skipped []string `json:",omitempty"`
	// Remembered reports whether the proof comes from an earlier process: see Options.CacheDir.
	Remembered bool `json:"-"`
	// Elapsed is the duration of the proof.
	Elapsed time.Duration `json:",omitempty"`
}
