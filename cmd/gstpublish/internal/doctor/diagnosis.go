// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package doctor examines the encoders of a machine, and writes the result for users, programs and bug reports.
package doctor

import (
	"runtime"
	"slices"
	"strings"

	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/problem"
	"github.com/gstpublish/gstpublish/internal/proof"
	"github.com/gstpublish/gstpublish/internal/report"
	"github.com/gstpublish/gstpublish/internal/version"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// Diagnosis is the result of doctor. docs/encoders.md documents it.
type Diagnosis struct {
	Gstpublish string            `json:"gstpublish"`
	GStreamer  string            `json:"gstreamer"`
	Width      int               `json:"width"` // of the frames that the encoders were tried with
	Height     int               `json:"height"`
	FPS        int               `json:"fps"`
	Plugins    map[string]string `json:"plugins"`   // versions of the candidates' plugins
	Libraries  map[string]string `json:"libraries"` // versions behind the installed software encoders
	Newer      []Newer           `json:"newer"`
	Devices    []string          `json:"devices"`
	Missing    []string          `json:"missing"` // elements that every encoder of a codec needs
	Codecs     []Codec           `json:"codecs"`
	Install    []string          `json:"install"` // Debian packages that are needed and missing
	Hints      []string          `json:"hints"`
}

// Newer is what a newer version of a library would bring.
type Newer struct {
	Library string `json:"library"`
	Since   string `json:"since"`
	Brings  string `json:"brings"`
}

// Codec is the part for one codec.
type Codec struct {
	Codec      pipeline.Codec `json:"codec"`
	Camera     string         `json:"camera"` // the encoder that would be chosen; empty for none
	Screen     string         `json:"screen"`
	Candidates []Candidate    `json:"candidates"`
}

// Candidate is an element of the catalogue, with one of its fronts if it is installed.
type Candidate struct {
	Element   string           `json:"element"`
	Family    catalogue.Family `json:"family"`
	Encoder   string           `json:"encoder,omitempty"` // with the elements in front; empty if not installed
	Plugin    string           `json:"plugin,omitempty"`
	Installed bool             `json:"installed"`
	Why       string           `json:"why,omitempty"`     // why it cannot be tried
	Package   string           `json:"package,omitempty"` // the Debian package that provides it
	Camera    *Trial           `json:"camera,omitempty"`
	Screen    *Trial           `json:"screen,omitempty"`
}

// Trial is a proof.Report.
type Trial struct {
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

func newTrial(r *proof.Report) *Trial {
	return &Trial{
		Proven: r.Proven, Reason: problem.InWords(r.Reason), FPS: report.Round(r.FPS, 10),
		First: report.Round(r.First.Seconds()*1000, 10),
		Late:  r.Late, Wrong: r.Wrong, Decoder: r.Decoder, Skipped: r.Skipped,
		Elapsed: report.Round(r.Elapsed.Seconds()*1000, 1),
	}
}

// Verdict returns an error if nothing can be encoded.
func (d *Diagnosis) Verdict() error {
	switch {
	case d.works():
		return nil
	case len(d.Missing) > 0:
		text := "no encoder can work without " + strings.Join(d.Missing, ", ")
		return problem.Hint(&problem.UnfitError{Text: text}, problem.InstallLine(d.Install))
	default:
		return problem.Hint(&problem.UnfitError{Text: "no encoder works on this machine"}, problem.InstallLine(d.Install))
	}
}

// works reports whether there is an encoder for any codec.
func (d *Diagnosis) works() bool {
	return slices.ContainsFunc(d.Codecs, func(c Codec) bool { return c.Camera != "" || c.Screen != "" })
}

// Versions is what `gstpublish version --json` prints.
type Versions struct {
	Gstpublish string `json:"gstpublish"`
	GStreamer  string `json:"gstreamer"`
	Libraries  string `json:"libraries"` // of gstpublish's own encoders; empty if they are not built in
	LiveKitSDK string `json:"livekit_sdk"`
	WebRTC     string `json:"webrtc"` // pion's
	Go         string `json:"go"`
	OS         string `json:"os"`
	Arch       string `json:"arch"`
}

// CurrentVersions returns the versions of this program.
func CurrentVersions() Versions {
	return Versions{
		Gstpublish: version.String(), GStreamer: pipeline.GStreamerVersion(), Libraries: pipeline.EncoderLibraries(),
		LiveKitSDK: version.Of("github.com/livekit/server-sdk-go/v2"), WebRTC: version.Of("github.com/pion/webrtc/v4"),
		Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH,
	}
}
