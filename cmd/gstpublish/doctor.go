// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/help"
	"github.com/gstpublish/gstpublish/internal/proof"
	"github.com/gstpublish/gstpublish/internal/report"
	"github.com/gstpublish/gstpublish/internal/version"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// doctorOptions holds the flags of doctor.
type doctorOptions struct {
	json, report       bool
	codec              string
	width, height, fps int
	noCache            bool
}

func (a *app) doctorCommand() *cli.Command {
	o := &doctorOptions{}
	return &cli.Command{
		Name:        "doctor",
		Usage:       "try the encoders of this machine, and report problems",
		UsageText:   "gstpublish doctor [OPTIONS]",
		Description: help.Doctor,
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "json", Destination: &o.json, Usage: "print everything as one JSON object"},
			&cli.BoolFlag{
				Name: "report", Destination: &o.report,
				Usage: "print a block to paste into a bug report, without secrets",
			},
			&cli.StringFlag{
				Name: "codec", Destination: &o.codec,
				Usage: "try only the encoders of this `CODEC`: vp8, h264, vp9, av1 or h265", DefaultText: "all",
			},
			&cli.IntFlag{Name: "width", Destination: &o.width, Value: 1280, Usage: "`WIDTH` of the frames, in px"},
			&cli.IntFlag{Name: "height", Destination: &o.height, Value: 720, Usage: "`HEIGHT` of the frames, in px"},
			&cli.IntFlag{Name: "fps", Destination: &o.fps, Value: 30, Usage: "nominal frame `RATE`"},
			noCacheFlag(&o.noCache),
		},
		Action: func(ctx context.Context, cmd *cli.Command) error {
			if err := a.noArguments(cmd); err != nil {
				return err
			}
			return a.doctor(ctx, o)
		},
	}
}

// diagnosis is the result of doctor. docs/encoders.md documents it.
type diagnosis struct {
	Gstpublish string            `json:"gstpublish"`
	GStreamer  string            `json:"gstreamer"`
	Width      int               `json:"width"` // of the frames that the encoders were tried with
	Height     int               `json:"height"`
	FPS        int               `json:"fps"`
	Plugins    map[string]string `json:"plugins"`   // versions of the candidates' plugins
	Libraries  map[string]string `json:"libraries"` // versions behind the installed software encoders
	Newer      []newerLibrary    `json:"newer"`
	Devices    []string          `json:"devices"`
	Missing    []string          `json:"missing"` // elements that every encoder of a codec needs
	Codecs     []codecDiagnosis  `json:"codecs"`
	Install    []string          `json:"install"` // Debian packages that are needed and missing
	Hints      []string          `json:"hints"`
}

// newerLibrary is what a newer version of a library would bring.
type newerLibrary struct {
	Library string `json:"library"`
	Since   string `json:"since"`
	Brings  string `json:"brings"`
}

// codecDiagnosis is the part for one codec.
type codecDiagnosis struct {
	Codec      pipeline.Codec       `json:"codec"`
	Camera     string               `json:"camera"` // the encoder that would be chosen; empty for none
	Screen     string               `json:"screen"`
	Candidates []candidateDiagnosis `json:"candidates"`
}

// candidateDiagnosis is an element of the catalogue, with one of its fronts if it is installed.
type candidateDiagnosis struct {
	Element   string           `json:"element"`
	Family    catalogue.Family `json:"family"`
	Encoder   string           `json:"encoder,omitempty"` // with the elements in front; empty if not installed
	Plugin    string           `json:"plugin,omitempty"`
	Installed bool             `json:"installed"`
	Why       string           `json:"why,omitempty"`     // why it cannot be tried
	Package   string           `json:"package,omitempty"` // the Debian package that provides it
	Camera    *trial           `json:"camera,omitempty"`
	Screen    *trial           `json:"screen,omitempty"`
}

// trial is a proof.Report.
type trial struct {
	Proven  bool     `json:"proven"`
	Reason  string   `json:"reason,omitempty"`
	FPS     float64  `json:"fps"`      // frames a second, encoded one after another
	First   float64  `json:"first_ms"` // time to the first sample, including the start
	Late    int      `json:"late"`     // frames that it delayed
	Wrong   int      `json:"wrong"`    // frames that looked different from the input
	Decoder string   `json:"decoder,omitempty"`
	Skipped []string `json:"skipped,omitempty"`
	Elapsed float64  `json:"elapsed_ms"`
}

func newTrial(r *proof.Report) *trial {
	return &trial{
		Proven: r.Proven, Reason: inWords(r.Reason), FPS: report.Round(r.FPS, 10),
		First: report.Round(r.First.Seconds()*1000, 10),
		Late:  r.Late, Wrong: r.Wrong, Decoder: r.Decoder, Skipped: r.Skipped,
		Elapsed: report.Round(r.Elapsed.Seconds()*1000, 1),
	}
}

// doctor examines the machine and prints the result.
func (a *app) doctor(ctx context.Context, o *doctorOptions) error {
	codecs, err := o.check()
	if err != nil {
		return err
	}
	proofs := &proof.Options{Logger: a.log}
	if !o.noCache {
		proofs.CacheDir = gstpublish.UserProofDir()
	}
	a.prover = proof.New(proofs)
	a.prover.Forget() // what is remembered may be wrong
	d := &diagnosis{
		Gstpublish: version.String(), GStreamer: pipeline.GStreamerVersion(),
		Width: o.width, Height: o.height, FPS: o.fps, Plugins: map[string]string{},
		Libraries: map[string]string{}, Newer: []newerLibrary{},
		Devices: deviceFiles("/dev"), Missing: []string{}, Install: []string{}, Hints: []string{},
	}
	for _, codec := range codecs {
		d.basics(codec)
	}
	if len(d.Missing) == 0 {
		a.status("trying the installed encoders; each takes a second or two, or 16 s if it hangs")
	}
	for _, codec := range codecs {
		c, err := a.examine(ctx, codec, o)
		if err != nil {
			return err
		}
		d.Codecs = append(d.Codecs, *c)
	}
	d.conclude()
	if err := a.printDiagnosis(d, o); err != nil {
		return err
	}
	return d.verdict()
}

func (o *doctorOptions) check() ([]pipeline.Codec, error) {
	if o.json && o.report {
		return nil, usagef("--json and --report exclude each other")
	}
	const most = 16384 // px
	for _, size := range []int{o.width, o.height} {
		if size < 1 || size > most {
			return nil, usagef("--width and --height must be between 1 and %d px, got %dx%d", most, o.width, o.height)
		}
	}
	if o.fps == 0 {
		return nil, usagef("--fps must be between 1 and %d, got 0", maxFPS)
	}
	if err := checkFPS(o.fps); err != nil || o.codec == "" {
		return catalogue.Codecs(), err
	}
	codec, err := pipeline.ParseCodec(o.codec)
	if err != nil {
		return nil, &usageError{err}
	}
	return []pipeline.Codec{codec}, nil
}

// basics checks for what every encoder of a codec needs.
func (d *diagnosis) basics(codec pipeline.Codec) {
	for _, m := range proof.MissingBasics(codec) {
		if !slices.Contains(d.Missing, m.Element) {
			d.Missing = append(d.Missing, m.Element)
		}
		d.install(m.Package)
	}
}

func (d *diagnosis) install(name string) {
	if name != "" && !slices.Contains(d.Install, name) {
		d.Install = append(d.Install, name)
		slices.Sort(d.Install)
	}
}

// examine tries the encoders of one codec.
func (a *app) examine(ctx context.Context, codec pipeline.Codec, o *doctorOptions) (*codecDiagnosis, error) {
	c := &codecDiagnosis{Codec: codec}
	complete := len(proof.MissingBasics(codec)) == 0
	want := proof.Want{Codec: codec, Width: o.width, Height: o.height, FPS: o.fps}
	for _, row := range catalogue.For(codec) {
		for _, candidate := range examineRow(&row) {
			if candidate.front != nil && complete {
				if err := a.try(ctx, candidate, proof.Candidate{Row: row, Front: *candidate.front}, want); err != nil {
					return nil, err
				}
			}
			c.Candidates = append(c.Candidates, candidate.candidateDiagnosis)
		}
	}
	if !complete {
		return c, nil
	}
	var err error
	if c.Camera, err = a.chosen(ctx, want); err != nil {
		return nil, err
	}
	want.Screencast = true
	c.Screen, err = a.chosen(ctx, want)
	return c, err
}

// examined is a candidate, with its front if it can be tried.
type examined struct {
	candidateDiagnosis

	front *catalogue.Front
}

// examineRow returns the candidates of a row, or why there are none.
func examineRow(row *catalogue.Row) []*examined {
	base := candidateDiagnosis{Element: row.Factory, Family: row.Family}
	var missing *pipeline.MissingElementError
	if errors.As(pipeline.Installed(row.Factory), &missing) {
		base.Why, base.Package = whyMissing(missing)
		return []*examined{{candidateDiagnosis: base}}
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
		return []*examined{{candidateDiagnosis: base}}
	}
	var found []*examined
	for _, front := range fronts {
		e := &examined{candidateDiagnosis: base, front: &front}
		e.Encoder = proof.Candidate{Row: *row, Front: front}.String()
		found = append(found, e)
	}
	return found
}

// try proves a candidate for cameras and for screens.
func (a *app) try(ctx context.Context, e *examined, c proof.Candidate, want proof.Want) error {
	for _, t := range []**trial{&e.Camera, &e.Screen} {
		want.Screencast = t == &e.Screen
		report, err := a.prover.Prove(ctx, c, want)
		if err != nil {
			return err
		}
		*t = newTrial(&report)
	}
	return nil
}

// chosen returns the encoder that would be chosen, from the prover's memory; "" for none.
func (a *app) chosen(ctx context.Context, want proof.Want) (string, error) {
	choice, err := a.prover.Choose(ctx, want)
	if none := (*pipeline.NoEncoderError)(nil); errors.As(err, &none) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return choice.String(), nil
}

// libraries notes which version of its library an installed software encoder has, and what a newer one would bring.
func (d *diagnosis) libraries(element, version string) {
	library, ok := catalogue.LibraryOf(element)
	if !ok || version == "" || d.Libraries[library.Name] != "" {
		return
	}
	d.Libraries[library.Name] = version
	for _, g := range library.Missing(version) {
		d.Newer = append(d.Newer, newerLibrary{library.Name, g.Since, g.Text})
	}
}

// conclude decides what to install and what else to do.
func (d *diagnosis) conclude() {
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

// printDiagnosis prints for a program, for a bug report or for a user.
func (a *app) printDiagnosis(d *diagnosis, o *doctorOptions) error {
	switch {
	case o.json:
		return json.NewEncoder(a.out).Encode(d)
	case o.report:
		_, err := fmt.Fprint(a.out, a.secrets.Redact(d.report(currentVersions(), readSystem("/"))))
		return err
	default:
		_, err := fmt.Fprint(a.out, d.text())
		return err
	}
}

// unfitError means that no encoder works on this machine.
type unfitError struct{ text string }

func (e *unfitError) Error() string { return e.text }

// verdict returns an error if nothing can be encoded.
func (d *diagnosis) verdict() error {
	switch {
	case d.works():
		return nil
	case len(d.Missing) > 0:
		text := "no encoder can work without " + strings.Join(d.Missing, ", ")
		return &hinted{&unfitError{text}, installLine(d.Install)}
	default:
		return &hinted{&unfitError{"no encoder works on this machine"}, installLine(d.Install)}
	}
}

// works reports whether there is an encoder for any codec.
func (d *diagnosis) works() bool {
	return slices.ContainsFunc(d.Codecs, func(c codecDiagnosis) bool { return c.Camera != "" || c.Screen != "" })
}
