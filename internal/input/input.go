// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package input turns the name of an input, such as a media file or a URL, into launch text that passes its codecs
// through where LiveKit takes them, and decodes the rest.
package input

import (
	"bytes"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
)

// Kind is a kind of input.
type Kind int

// The kinds of input.
const (
	None     Kind = iota // not an input, but perhaps the name of a launch file
	File                 // a media file
	URL                  // a stream or a file behind a URL
	Camera               // a device file of video4linux
	Standard             // standard input
)

// Input is an input that a user has named.
type Input struct {
	Kind Kind
	Name string // as it was written
	// FD is the file descriptor from which GStreamer reads a Standard input: see Read.
	FD int
	// y4m reports whether a Standard input is raw video in YUV4MPEG2.
	y4m bool
	// image is the kind of a File that needs a way of its own.
	image imageKind
	// form is the caps of the form in which a Camera's video is taken; empty for raw frames of the usual size.
	form string
}

// Of returns the input with a name. A name with spaces or line ends is no URL but launch text. A media file has a zero
// byte near its beginning, unlike text, or is raw video in YUV4MPEG2.
func Of(name string) Input {
	switch {
	case name == "-":
		return Input{Kind: Standard, Name: name}
	case strings.Contains(name, "://") && !strings.ContainsAny(name, " \n"):
		return Input{Kind: URL, Name: name}
	case strings.HasPrefix(name, "/dev/video"):
		return Input{Kind: Camera, Name: name}
	}
	begin := make([]byte, 4096)
	f, err := os.Open(name) //nolint:gosec // The user's own file.
	if err != nil {
		return Input{}
	}
	n, _ := f.Read(begin)
	_ = f.Close() // It was only read.
	if bytes.IndexByte(begin[:n], 0) >= 0 || bytes.HasPrefix(begin, y4mMagic) {
		return Input{Kind: File, Name: name, image: imageOf(begin[:n])}
	}
	return Input{}
}

// y4mMagic is how raw video in YUV4MPEG2 begins.
var y4mMagic = []byte("YUV4MPEG2 ")

// Check reports what is wrong with the name.
func (in Input) Check() error {
	if in.Kind != URL || !strings.HasPrefix(in.Name, tcpScheme) {
		return nil
	}
	if u, err := url.Parse(in.Name); err != nil || u.Hostname() == "" || u.Port() == "" {
		return fmt.Errorf("a TCP input must be like tcp://HOST:PORT, got %q", in.Name)
	}
	return nil
}

// IsOpenedOnce reports whether the input must not be opened for Look alone, since the other side may serve a single
// client, or sends nothing again: see Hold.
func (in Input) IsOpenedOnce() bool {
	return in.Kind == URL && slices.ContainsFunc([]string{tcpScheme, srtScheme, udpScheme}, func(scheme string) bool {
		return strings.HasPrefix(in.Name, scheme)
	})
}

// IsRemote reports whether the input is a stream that another machine sends for as long as it is there.
func (in Input) IsRemote() bool {
	return in.Kind == URL && !strings.HasPrefix(in.Name, "file:") && !in.Listens()
}

// Listens reports whether the input waits for a sender to connect. A look would take the sender's connection away.
func (in Input) Listens() bool {
	u, err := url.Parse(in.Name)
	if in.Kind != URL || err != nil {
		return false
	}
	return u.Scheme == "srt" && (u.Hostname() == "" || u.Query().Get("mode") == "listener")
}
