// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package input

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/media"
)

// The elements behind a source that is held: a queue keeps what it brings for the pipeline that will publish it, and
// the other branch has the same for Look.
const (
	heldName = gst.OwnPrefix + "held"
	copyName = gst.OwnPrefix + "copy"
	lookName = gst.OwnPrefix + "look"
	heldTee  = gst.OwnPrefix + "tee"

	unlimited = " max-size-buffers=0 max-size-time=0 max-size-bytes=67108864"

	holdText = " ! tee name=" + heldTee + " ! queue name=" + heldName + unlimited +
		"  " + heldTee + ". ! queue name=" + copyName + unlimited + " ! appsink name=" + lookName
)

// copyStep is how long to wait at a time for what the source brings.
const copyStep = 20 * time.Millisecond

// Held is a source that is connected, and whose stream is kept from its beginning: for servers that accept a single
// client, and so that nothing is missing that came during Look. Close must be called.
type Held struct {
	in     Input
	source string // its factory
	gp     *gst.Pipeline
	sink   *gst.AppSink // of the copy; nil after Look
	known  bool         // Look has seen what the stream has
}

// Hold opens an input that is opened once. ctx limits that.
func Hold(ctx context.Context, in Input) (*Held, error) {
	gst.Init()
	text := in.connection()
	factory, _, _ := strings.Cut(text, " ")
	gp, err := gst.Parse(text + holdText) //nolint:contextcheck // It waits for nothing.
	if err != nil {
		return nil, err
	}
	h := &Held{in: in, source: factory, gp: gp}
	if h.sink, err = gst.NewAppSink(gp.ByName(lookName), queued); err == nil {
		err = gp.Hold(heldName)
	}
	for _, s := range []gst.State{gst.StatePaused, gst.StatePlaying} {
		if err == nil {
			err = gp.SetState(ctx, s)
		}
	}
	if err != nil {
		h.Close() //nolint:contextcheck // It closes also when ctx is done.
		return nil, err
	}
	return h, nil
}

// Look calls the function Look for the beginning of the stream. Call it at most once.
func (h *Held) Look(ctx context.Context, want Want) (Streams, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return Streams{}, fmt.Errorf("input: looking at %s: %w", h.in.Name, err)
	}
	looked := make(chan struct{})
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		h.copyTo(write, looked)
	}()
	streams, err := Look(ctx, Input{Kind: Standard, Name: h.in.Name, FD: int(read.Fd())}, want)
	_ = read.Close() // It was only read.
	close(looked)
	<-copied
	h.endCopy()
	h.known = err == nil
	return streams, err
}

// copyTo writes what the source brings until it ends, or until looked is closed, and closes w.
func (h *Held) copyTo(w io.WriteCloser, looked <-chan struct{}) {
	defer w.Close()
	var data []byte
	for {
		select {
		case <-looked:
			return
		default:
		}
		sample, err := h.sink.Pull(copyStep, data)
		if errors.Is(err, gst.ErrTimeout) {
			continue
		}
		if err != nil {
			return
		}
		if data = sample.Data; len(data) == 0 {
			continue
		}
		if _, err = w.Write(data); err != nil {
			return // Enough has been read.
		}
	}
}

// endCopy removes the branch for Look. Its end of the stream, if there was one, is not that of the pipeline.
func (h *Held) endCopy() {
	if h.sink == nil {
		return
	}
	_ = h.sink.Discard() // It is removed.
	h.gp.DropBranch(copyName, lookName)
	h.sink.Close()
	h.sink = nil
}

// Continue makes the options of package pipeline continue this stream with the text of its input. Call it after Look.
// It returns an error if the stream failed before anything could be seen of it. If it failed later, what has come is
// published, and then the pipeline ends with that error.
func (h *Held) Continue(options media.Options) error {
	for {
		switch m := h.gp.Next(0); m.Type {
		case gst.MessageError, gst.MessageLost:
			if !h.known {
				return m.Err
			}
		case gst.MessageNone:
			media.Continue(options, h.gp, h.source)
			return nil
		case gst.MessageEOS, gst.MessageWarning:
		}
	}
}

// Close disconnects, unless a pipeline continues the stream.
func (h *Held) Close() {
	if h.sink != nil {
		_ = h.sink.Discard() // The pipeline ends.
	}
	_ = h.gp.SetState(context.Background(), gst.StateNull) // Close says the same.
	if h.sink != nil {
		h.sink.Close()
		h.sink = nil
	}
	_ = h.gp.Close(context.Background()) // An element that does not stop is given up.
}
