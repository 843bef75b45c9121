// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"errors"

	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// Admitted are the candidates that Choose would try, in their order, none of
// them proven. The error, where there are none, is a *NoEncoderError, or what is
// wrong with Want.Encoder.
func Admitted(w Want) ([]Candidate, error) {
	w = w.withDefaults()
	if w.Encoder != "" {
		if _, err := pipeline.FindEncoder(w.Codec, w.Encoder); err != nil {
			return nil, err
		}
	}
	here, missing := Candidates(w.Codec)
	none := &NoEncoderError{Want: w}
	var admitted []Candidate
	for _, c := range here {
		if reason := w.admits(c); reason != "" {
			none.Rejected = append(none.Rejected, Rejection{c.String(), reason})
			continue
		}
		admitted = append(admitted, c)
	}
	if len(admitted) > 0 {
		return admitted, nil
	}
	for _, m := range missing {
		if w.Encoder == "" || w.Encoder == m.Element {
			none.Missing = append(none.Missing, m)
		}
	}
	return nil, none
}

// MissingBasics are the elements that aren't installed of those that every
// encoder of a codec needs beside itself.
func MissingBasics(codec catalogue.Codec) []*pipeline.MissingElementError {
	needed := []string{"appsrc", "videoconvert", "capsfilter", "appsink"}
	switch codec {
	case catalogue.H264:
		needed = append(needed, "h264parse")
	case catalogue.H265:
		needed = append(needed, "h265parse")
	case catalogue.AV1:
		needed = append(needed, "av1parse")
	case catalogue.VP8, catalogue.VP9: // Their packets need no parser.
	}
	var missing []*pipeline.MissingElementError
	for _, element := range needed {
		if m, ok := errors.AsType[*pipeline.MissingElementError](pipeline.Installed(element)); ok {
			missing = append(missing, m)
		}
	}
	return missing
}
