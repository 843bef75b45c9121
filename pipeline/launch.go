// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/launch"
)

// launchText is launch text, and where it is from.
type launchText struct {
	file string // empty for text that is not from a file
	text string
	args []string // instead of text: the words of a command line

	origin *launch.Expansion // of text with variables; nil for other text

	policy *Policy // nil permits everything
}

// readLaunchFile reads a launch file: gst-launch's syntax on any number of lines. A line that
// begins with # is a comment; a backslash at the end of a line is allowed and ignored. Variables are
// replaced by their values.
func readLaunchFile(
	path string, read func(path string) ([]byte, error), opts *Options,
) (launchText, error) {
	data, err := read(path)
	if err != nil {
		return launchText{}, &LaunchError{Err: err}
	}
	return launchText{file: filepath.Base(path), text: string(data)}.expand(opts)
}

// ParseFS is ParseFile for a file system, such as an embedded one.
func ParseFS(fsys fs.FS, path string, opts *Options) (*Pipeline, error) {
	text, err := readLaunchFile(path, func(path string) ([]byte, error) { return fs.ReadFile(fsys, path) }, opts)
	if err != nil {
		return nil, err
	}
	return build(text, opts)
}

// Init loads GStreamer and its registry of plugins, which takes seconds if there is no registry
// yet. Other functions call it when needed; call it to choose the time. It is safe for concurrent
// use.
func Init() { gst.Init() }

// GStreamerVersion returns the version of the GStreamer library, such as "1.22.0".
func GStreamerVersion() string { return gst.Version() }

// EncoderLibraries lists the libraries behind gstpublish's own encoders with their versions, such as "libvpx v1.12.0,
// libaom 3.6.0". It is empty in a build with the tag noscreenenc.
func EncoderLibraries() string { return gst.Libraries() }

// parsed is the launch text of a pipeline.
type parsed struct {
	file   string
	text   *launch.Text
	origin *launch.Expansion // where the text comes from; nil for text that is as it was written
	tokens []launch.Token
}

// parse checks the text and builds the pipeline.
func (l launchText) parse() (*gst.Pipeline, error) {
	gp, _, err := l.build()
	return gp, err
}

// build checks the text and builds the pipeline. The check comes first because gst_parse reports
// one error at a time, without a line, and silently accepts values that are out of range.
func (l launchText) build() (*gst.Pipeline, *parsed, error) {
	gst.Init()
	t := &parsed{file: l.file, text: launch.New(l.text), origin: l.origin}
	if l.args != nil {
		t.text = launch.FromWords(l.args)
	}
	t.tokens = t.text.Tokens(gst.HasFactory)
	permitted := t.text
	if l.policy != nil {
		// First of all: a check of properties loads plugins.
		text, err := launch.Restrict(t.tokens, l.policy.Elements)
		if err != nil {
			return nil, t, t.fail(err)
		}
		permitted = launch.New(text)
	}
	if err := t.text.Check(t.tokens); err != nil {
		return nil, t, t.fail(err)
	}
	if l.policy != nil {
		t = &parsed{file: l.file, text: permitted, tokens: permitted.Tokens(gst.HasFactory)}
	}
	p, err := gst.Parse(t.text.ForGStreamer(t.tokens))
	if parseErr := (*gst.ParseError)(nil); errors.As(err, &parseErr) {
		return nil, t, t.parseFailure(parseErr)
	}
	if err != nil {
		return nil, t, err
	}
	if err := launch.Unfed(t.tokens, p.Describe()); err != nil {
		return nil, t, errors.Join(t.fail(err), p.Close(context.Background())) // It is still in NULL.
	}
	return p, t, nil
}

// parseFailure explains an error that only GStreamer has found.
func (t *parsed) parseFailure(err *gst.ParseError) error {
	if len(err.Missing) > 0 {
		return t.fail(&launch.MissingError{Element: err.Missing[0]})
	}
	token := launch.Culprit(t.tokens, err.Elements, err.Message)
	err.Message = launch.Named(t.tokens, err.Message)
	if token != nil {
		return t.fail(&launch.Error{Start: token.Start, End: token.End, Err: explain(err)})
	}
	return t.fail(explain(err))
}

// at returns an error about an element with the place where the text makes it.
func (t *parsed) at(gp *gst.Pipeline, err error) error {
	late := (*latePadsError)(nil)
	if !errors.As(err, &late) {
		return err
	}
	if token := launch.Maker(t.tokens, gp.Describe(), late.element); token != nil {
		return &launch.Error{Start: token.Start, End: token.End, Err: err}
	}
	return err
}

// fail returns an error of the text, with its place if that is known.
func (t *parsed) fail(err error) error {
	failure := &LaunchError{File: t.file, Err: err}
	if place := (*launch.Error)(nil); errors.As(err, &place) {
		failure.Err = place.Err
		if place.End > place.Start {
			text, start, end := t.text, place.Start, place.End
			if t.origin != nil {
				text, start, end = t.origin.Source(start, end)
			}
			at := text.Place(start)
			failure.Line, failure.Column = at.Line, at.Column
			failure.Excerpt = text.Excerpt(start, end)
		}
	}
	failure.Err = typed(failure.Err)
	return failure
}

// typed returns an error of launch text as one of this package's types.
func typed(err error) error {
	if missing := (*launch.MissingError)(nil); errors.As(err, &missing) {
		return missingElement(missing.Element)
	}
	if refused := (*launch.PolicyError)(nil); errors.As(err, &refused) {
		return &PolicyError{Element: refused.Element, Property: refused.Property, Reason: refused.Reason}
	}
	err = propertyError(err)
	if bad := (*PropertyError)(nil); errors.As(err, &bad) && bad.Reason == PropertyUnknown {
		if near := launch.Similar(bad.Property, bad.Known); len(near) > 0 {
			return fmt.Errorf("%w: did you mean %s?", bad, strings.Join(near, " or "))
		}
	}
	return err
}
