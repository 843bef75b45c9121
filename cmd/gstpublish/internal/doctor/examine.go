// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/problem"
	"github.com/gstpublish/gstpublish/internal/proof"
	"github.com/gstpublish/gstpublish/internal/version"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// Examination says what to try, and with what.
type Examination struct {
	Codecs             []pipeline.Codec
	Width, Height, FPS int // of the frames
	Prover             *proof.Prover
	Begin              func() // is called before the first encoder is tried
}

// Examine tries the encoders of this machine.
func (x *Examination) Examine(ctx context.Context) (*Diagnosis, error) {
	d := &Diagnosis{
		Gstpublish: version.String(), GStreamer: pipeline.GStreamerVersion(),
		Width: x.Width, Height: x.Height, FPS: x.FPS, Plugins: map[string]string{},
		Libraries: map[string]string{}, Newer: []Newer{},
		Devices: deviceFiles("/dev"), Missing: []string{}, Install: []string{}, Hints: []string{},
	}
	for _, codec := range x.Codecs {
		d.basics(codec)
	}
	if len(d.Missing) == 0 {
		x.Begin()
	}
	for _, codec := range x.Codecs {
		c, err := x.examine(ctx, codec)
		if err != nil {
			return nil, err
		}
		d.Codecs = append(d.Codecs, *c)
	}
	d.conclude()
	return d, nil
}

// basics checks for what every encoder of a codec needs.
func (d *Diagnosis) basics(codec pipeline.Codec) {
	for _, m := range proof.MissingBasics(codec) {
		if !slices.Contains(d.Missing, m.Element) {
			d.Missing = append(d.Missing, m.Element)
		}
		d.install(m.Package)
	}
}

func (d *Diagnosis) install(name string) {
	if name != "" && !slices.Contains(d.Install, name) {
		d.Install = append(d.Install, name)
		slices.Sort(d.Install)
	}
}

// examine tries the encoders of one codec.
func (x *Examination) examine(ctx context.Context, codec pipeline.Codec) (*Codec, error) {
	c := &Codec{Codec: codec}
	complete := len(proof.MissingBasics(codec)) == 0
	want := proof.Want{Codec: codec, Width: x.Width, Height: x.Height, FPS: x.FPS}
	for _, row := range catalogue.For(codec) {
		for _, candidate := range examineRow(&row) {
			if candidate.front != nil && complete {
				if err := x.try(ctx, candidate, proof.Candidate{Row: row, Front: *candidate.front}, want); err != nil {
					return nil, err
				}
			}
			c.Candidates = append(c.Candidates, candidate.Candidate)
		}
	}
	if !complete {
		return c, nil
	}
	var err error
	if c.Camera, err = x.chosen(ctx, want); err != nil {
		return nil, err
	}
	want.Screencast = true
	c.Screen, err = x.chosen(ctx, want)
	return c, err
}

// examined is a candidate, with its front if it can be tried.
type examined struct {
	Candidate

	front *catalogue.Front
}

// examineRow returns the candidates of a row, or why there are none.
func examineRow(row *catalogue.Row) []*examined {
	base := Candidate{Element: row.Factory, Family: row.Family}
	var missing *pipeline.MissingElementError
	if errors.As(pipeline.Installed(row.Factory), &missing) {
		base.Why, base.Package = problem.WhyMissing(missing)
		return []*examined{{Candidate: base}}
	}
	base.Installed = true
	base.Plugin, _, _ = pipeline.ElementPlugin(row.Factory)
	fronts := pipeline.Fronts(row)
	if len(fronts) == 0 {
		var needs []string
		for _, f := range row.Fronts {
			for _, e := range f.Elements {
				if errors.As(pipeline.Installed(e), &missing) && !slices.Contains(needs, e) {
					needs = append(needs, e)
					base.Package = missing.Package
				}
			}
		}
		base.Why = "the elements that feed it are not installed: " + strings.Join(needs, ", ")
		return []*examined{{Candidate: base}}
	}
	var found []*examined
	for _, front := range fronts {
		e := &examined{Candidate: base, front: &front}
		e.Encoder = proof.Candidate{Row: *row, Front: front}.String()
		found = append(found, e)
	}
	return found
}

// try proves a candidate for cameras and for screens.
func (x *Examination) try(ctx context.Context, e *examined, c proof.Candidate, want proof.Want) error {
	for _, t := range []**Trial{&e.Camera, &e.Screen} {
		want.Screencast = t == &e.Screen
		report, err := x.Prover.Prove(ctx, c, want)
		if err != nil {
			return err
		}
		*t = newTrial(&report)
	}
	return nil
}

// chosen returns the encoder that would be chosen, from the prover's memory; "" for none.
func (x *Examination) chosen(ctx context.Context, want proof.Want) (string, error) {
	choice, err := x.Prover.Choose(ctx, want)
	if none := (*pipeline.NoEncoderError)(nil); errors.As(err, &none) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return choice.String(), nil
}

// libraries notes which version of its library an installed software encoder has, and what a newer one would bring.
func (d *Diagnosis) libraries(element, version string) {
	library, ok := catalogue.LibraryOf(element)
	if !ok || version == "" || d.Libraries[library.Name] != "" {
		return
	}
	d.Libraries[library.Name] = version
	for _, g := range library.Missing(version) {
		d.Newer = append(d.Newer, Newer{library.Name, g.Since, g.Text})
	}
}

// conclude decides what to install and what else to do.
func (d *Diagnosis) conclude() {
	for _, c := range d.Codecs {
		installed := false
		for _, candidate := range c.Candidates {
			installed = installed || candidate.Installed
			if candidate.Plugin != "" {
				_, version, _ := pipeline.ElementPlugin(candidate.Element)
				d.Plugins[candidate.Plugin] = version
			}
			d.libraries(candidate.Element, pipeline.ElementLibrary(candidate.Element))
		}
		if installed {
			continue
		}
		// The first software encoder that has a package is enough.
		for _, candidate := range c.Candidates {
			if candidate.Family == catalogue.Software && candidate.Package != "" {
				d.install(candidate.Package)
				break
			}
		}
	}
	d.Hints = append(d.Hints, hardwareHints("/dev", usableDevice)...)
}
