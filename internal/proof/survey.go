// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"errors"

	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// Admitted returns the candidates that Choose would try, in order, none of them proven. If there
// are none, the error is a *pipeline.NoEncoderError, or what is wrong with Want.Encoder.
func Admitted(w Want) ([]Candidate, error) {
	here, none, err := w.withDefaults().look()
	if err != nil {
		return nil, err
	}
	var admitted []Candidate
	for _, c := range here {
		if reason := w.admits(c); reason != "" {
			none.Rejected = append(none.Rejected, pipeline.Rejection{Encoder: c.String(), Reason: reason})
			continue
		}
		admitted = append(admitted, c)
	}
	if len(admitted) > 0 {
		return admitted, nil
	}
	return nil, none
}

// MissingBasics returns the elements that every encoder of a codec needs besides itself and that
// are not installed.
func MissingBasics(codec catalogue.Codec) []*pipeline.MissingElementError {
	needed := []string{"appsrc", "videoconvert", "capsfilter", "appsink"}
	if parser := codec.Parser(); parser != "" {
		needed = append(needed, parser)
	}
	var missing []*pipeline.MissingElementError
	for _, element := range needed {
		if m, ok := errors.AsType[*pipeline.MissingElementError](pipeline.Installed(element)); ok {
			missing = append(missing, m)
		}
	}
	return missing
}
