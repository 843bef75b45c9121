// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package media

import (
	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/inside"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// Parts are the ends of a pipeline that encodes what a program pushes. The pipeline owns them, and
// closes them with itself.
type Parts struct {
	Input  *gst.AppSrc // the end of the stream is sent here
	Output *gst.AppSink
	Codec  catalogue.Codec // of the output
	// Explain adds known causes to the failure of an element.
	Explain func(error) error
}

// Assemble finds the parts in the elements of launch text. If it returns an error, it may have
// found some of them.
type Assemble func(*gst.Pipeline) (Parts, error)

// Origin says how a pipeline comes about, apart from its launch text. The zero value adds nothing.
type Origin struct {
	Assemble Assemble // nil for a pipeline with the outputs of its text
	// Source is a pipeline that plays and is held: its source, of the factory SourceOf, takes the place of that in the
	// text. The caller must close it after the pipeline was built.
	Source   *gst.Pipeline
	SourceOf string
}

// Options are those of package pipeline.
type Options interface {
	Put(k inside.Key, o Origin)
}

// Prepare makes the options of package pipeline assemble a pipeline in this way. The text then gets
// no outputs by itself, and no tails.
func Prepare(options Options, assemble Assemble) {
	options.Put(inside.Key{}, Origin{Assemble: assemble})
}

// Continue makes the options of package pipeline build a pipeline that continues what a source of that factory has
// begun. If the pipeline begins again, it does so with the source in its text.
func Continue(options Options, source *gst.Pipeline, factory string) {
	options.Put(inside.Key{}, Origin{Source: source, SourceOf: factory})
}

// Tail returns launch text that converts any stream of a codec to the form that RTP needs.
func Tail(c catalogue.Codec) string {
	tail := "capsfilter caps=" + c.StreamCaps()
	switch c {
	case catalogue.H264, catalogue.H265:
		// Parameter sets go with every key frame, since a viewer who joins late has missed the earlier ones.
		return c.Parser() + " config-interval=-1 ! " + tail
	case catalogue.AV1:
		return c.Parser() + " ! " + tail
	case catalogue.VP8, catalogue.VP9:
	}
	return tail
}
