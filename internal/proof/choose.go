// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"context"
	"errors"
	"slices"

	"github.com/gstpublish/gstpublish/pipeline"
)

// Choice is the encoder to use.
type Choice struct {
	Candidate

	// Report is its proof; zero from a nil Prover.
	Report Report
	// Rejected are the candidates before it that are installed but do not work.
	Rejected []pipeline.Rejection
}

// admits returns why a candidate is not permitted; "" if it is.
func (w *Want) admits(c Candidate) string {
	switch {
	case w.Encoder != "" && c.Row.Factory != w.Encoder:
		return "another encoder was requested"
	case w.Hardware == pipeline.HardwareOff && c.Row.Hardware():
		return "hardware is off"
	case w.Hardware == pipeline.HardwareRequire && !c.Row.Hardware():
		return "it is a software encoder"
	case w.TemporalLayers > max(c.Row.Layers.Temporal, 1), w.SpatialLayers > max(c.Row.Layers.Spatial, 1):
		return "it does not support this many layers in one stream"
	case slices.Contains(w.Except, c.String()):
		return "it failed before"
	default:
		return ""
	}
}

// look finds the codec's candidates, and the error to return if none of them works, which lists
// what is missing. err reports what is wrong with Encoder.
func (w Want) look() (here []Candidate, none *pipeline.NoEncoderError, err error) {
	if w.Encoder != "" {
		if _, err := pipeline.FindEncoder(w.Codec, w.Encoder); err != nil {
			return nil, nil, err
		}
	}
	here, missing := Candidates(w.Codec)
	none = &pipeline.NoEncoderError{Codec: w.Codec, Hardware: w.Hardware, Encoder: w.Encoder}
	for _, m := range missing {
		if w.Encoder == "" || w.Encoder == m.Element {
			none.Missing = append(none.Missing, m)
		}
	}
	return here, none, nil
}

// Choose returns the first candidate that is proven, in the catalogue's order. If proofs are not
// possible (a *pipeline.HookError or a nil Prover), it returns the first installed software encoder,
// unproven. The error is a *pipeline.NoEncoderError, ctx's cause, or what is wrong with Want.Encoder.
func (p *Prover) Choose(ctx context.Context, w Want) (Choice, error) {
	w = w.withDefaults()
	here, none, err := w.look()
	if err != nil {
		return Choice{}, err
	}
	for _, c := range here {
		reason := w.admits(c)
		if reason == "" {
			choice, err := p.try(ctx, c, w, none)
			if err != nil {
				return Choice{}, err
			}
			if choice.Usable {
				choice.Rejected = none.Rejected
				return choice.Choice, nil
			}
			reason = choice.Report.Reason
		}
		none.Rejected = append(none.Rejected, pipeline.Rejection{Encoder: c.String(), Reason: reason})
	}
	return Choice{}, none
}

// trial is a candidate that may be chosen.
type trial struct {
	Choice

	Usable bool // otherwise Report.Reason has the reason
}

// try proves a candidate. If that is not possible, software is usable; without a Prover, so is the
// hardware encoder that the caller names.
func (p *Prover) try(ctx context.Context, c Candidate, w Want, none *pipeline.NoEncoderError) (trial, error) {
	t := trial{Choice: Choice{Candidate: c}}
	unproven := "no proof was made"
	if p != nil {
		var err error
		t.Report, err = p.Prove(ctx, c, w)
		if err == nil {
			t.Usable = t.Report.Proven
			return t, nil
		}
		if !errors.As(err, &none.Hook) {
			return t, err
		}
		unproven = "it could not be proven"
	}
	t.Usable = !c.Row.Hardware() || p == nil && w.Encoder != ""
	if !t.Usable {
		t.Report.Reason = unproven
	}
	return t, nil
}
