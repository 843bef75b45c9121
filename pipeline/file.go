// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/gst/describe"
	"github.com/gstpublish/gstpublish/internal/launch"
)

// Parse builds a pipeline from launch text. Launch text is code: without Options.Policy it can read and
// write files, open connections and load plugins, so do not take it from strangers.
//
// What the text leaves unlinked becomes its outputs. The
// error is a *LaunchError around a *MissingElementError, a *PropertyError or GStreamer's own
// message.
func Parse(text string, opts *Options) (*Pipeline, error) {
	return build(launchText{text: text}, opts)
}

// ParseArgs builds a pipeline from command-line words, quoted as for gst-launch-1.0.
func ParseArgs(args []string, opts *Options) (*Pipeline, error) {
	return build(launchText{args: append([]string{}, args...)}, opts)
}

// ParseFile builds a pipeline from a launch file: launch text on several lines, with comments in
// lines that begin with #.
func ParseFile(path string, opts *Options) (*Pipeline, error) {
	text, err := readLaunchFile(path, os.ReadFile, opts)
	if err != nil {
		return nil, err
	}
	return build(text, opts)
}

// Header is what a launch file says about itself: in the comment at its beginning, and by its variables.
type Header struct {
	Title     string // the first paragraph of the comment
	Publishes string // the paragraph that begins with "Publishes:", without that; or empty
	Needs     string // the same for "Needs:"
	Variables []Variable
}

// Variable is a variable of a launch file, ${name} or ${name:-default}.
type Variable struct {
	Name     string
	Default  string
	Optional bool // there is a default, which may be empty
}

// ReadHeader reads the header of a launch file, without building the pipeline.
func ReadHeader(fsys fs.FS, path string) (*Header, error) {
	data, err := fs.ReadFile(fsys, path)
	if err != nil {
		return nil, fmt.Errorf("pipeline: reading a launch file: %w", err)
	}
	read := launch.ReadHeader(string(data))
	h := &Header{Title: read.Title, Publishes: read.Publishes, Needs: read.Needs}
	for _, v := range launch.Variables(string(data)) {
		h.Variables = append(h.Variables, Variable(v))
	}
	return h, nil
}

// Describe returns what the text has built, for people: a line for each element with the properties that it sets, and
// below it where its pads lead. What gstpublish adds is not in it.
func (p *Pipeline) Describe() string {
	return strings.ReplaceAll(describe.Text(p.written), gst.OwnPrefix+"caps", "caps")
}

// expand replaces the variables of a launch file.
func (l launchText) expand(opts *Options) (launchText, error) {
	lookup := func(string) (string, bool) { return "", false }
	if opts != nil && opts.Variable != nil {
		lookup = opts.Variable
	}
	expansion, err := launch.Expand(l.text, lookup)
	if err != nil {
		t := &parsed{file: l.file, text: launch.New(l.text)}
		return l, t.fail(err)
	}
	l.text, l.origin = expansion.Text, expansion
	return l, nil
}
