// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/gstpublish/gstpublish/internal/gst"
)

// launchText is launch text with its comments blanked, so that line numbers stay valid.
type launchText struct {
	file string // empty for text that is not from a file
	text string
}

// readLaunchFile reads a launch file: gst-launch's syntax on any number of lines. A line that
// begins with # is a comment; a backslash at the end of a line is allowed and ignored.
func readLaunchFile(path string, read func(path string) ([]byte, error)) (launchText, error) {
	data, err := read(path)
	if err != nil {
		return launchText{}, &LaunchError{Err: err}
	}
	lines := strings.Split(string(data), "\n")
	for i, line := range lines {
		line = strings.TrimRight(line, " \t\r")
		if strings.HasPrefix(strings.TrimSpace(line), "#") {
			line = ""
		}
		lines[i] = strings.TrimSuffix(line, "\\")
	}
	return launchText{file: filepath.Base(path), text: strings.Join(lines, "\n")}, nil
}

// ParseFS is ParseFile for a file system, such as an embedded one.
func ParseFS(fsys fs.FS, path string, opts *Options) (*Pipeline, error) {
	text, err := readLaunchFile(path, func(path string) ([]byte, error) { return fs.ReadFile(fsys, path) })
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

// joinArgs turns command-line words into launch text as gst-launch-1.0 does: spaces inside a word
// stay part of it.
func joinArgs(args []string) string {
	var b strings.Builder
	for i, arg := range args {
		if i > 0 {
			b.WriteByte(' ')
		}
		quoted := false
		for j := range len(arg) {
			switch {
			case arg[j] == '"' && (j == 0 || arg[j-1] != '\\'):
				quoted = !quoted
			case arg[j] == ' ' && !quoted:
				b.WriteByte('\\')
			}
			b.WriteByte(arg[j])
		}
	}
	return b.String()
}

func (l launchText) fail(line int, err error) error {
	return &LaunchError{File: l.file, Line: line, Err: err}
}

// parse checks the text and builds the pipeline. The check comes first because gst_parse reports
// one error at a time, without a line, and silently accepts values that are out of range.
func (l launchText) parse() (*gst.Pipeline, error) {
	gst.Init()
	endsInCaps, err := l.check()
	if err != nil {
		return nil, err
	}
	if endsInCaps {
		// gst_parse needs an element after caps; here the end is an output.
		l.text += " ! identity name=" + endName
	}
	p, err := gst.Parse(l.text)
	if parseErr := (*gst.ParseError)(nil); errors.As(err, &parseErr) {
		if len(parseErr.Missing) > 0 {
			return nil, l.fail(0, missingElement(parseErr.Missing[0]))
		}
		return nil, l.fail(0, explain(parseErr))
	}
	return p, err
}

// check finds errors in elements, properties and names, in the order of the text. Syntax that it
// does not know is left to GStreamer.
func (l launchText) check() (endsInCaps bool, err error) {
	if strings.TrimSpace(l.text) == "" {
		return false, l.fail(0, errors.New("the pipeline is empty"))
	}
	s := launchScanner{text: l.text, line: 1}
	named := map[string]int{}
	element := "" // the owner of the next properties; "" if unknown
	caps := false // inside caps, up to the next link
	for {
		w, ok := s.next()
		if !ok {
			return caps, nil
		}
		switch {
		case w.text == "!":
			element, caps = "", false
		case w.text == "(" || w.text == ")":
			element = ""
		case caps:
		case w.property != "":
			if err := checkProperty(element, w, named); err != nil {
				return false, l.fail(w.line, err)
			}
		case strings.Contains(w.text, "/"):
			element, caps = "", !strings.Contains(w.text, "://")
		case !identifier(w.text):
			element = "" // a reference such as mux. or demux.video_0
		default:
			element = w.text
			if !gst.HasFactory(element) {
				return false, l.fail(w.line, missingElement(element))
			}
		}
	}
}

func checkProperty(element string, w launchWord, named map[string]int) error {
	if w.property == "name" {
		if first, taken := named[w.value]; taken {
			return fmt.Errorf("two elements are named %q, the first in line %d", w.value, first)
		}
		named[w.value] = w.line
	}
	if element == "" || !identifier(w.property) {
		return nil
	}
	err := propertyError(gst.CheckProperty(element, w.property, w.value))
	if bad := (*PropertyError)(nil); errors.As(err, &bad) && bad.Reason == PropertyUnknown {
		if near := similar(bad.Property, bad.Known); len(near) > 0 {
			return fmt.Errorf("%w: did you mean %s?", bad, strings.Join(near, " or "))
		}
	}
	return err
}

func identifier(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
		if !letter && (i == 0 || c != '-' && (c < '0' || c > '9')) {
			return false
		}
	}
	return s != ""
}
