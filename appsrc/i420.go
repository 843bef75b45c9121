// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package appsrc

import (
	"errors"
	"fmt"

	"github.com/gstpublish/gstpublish/internal/gst"
)

var errNoSource = errors.New("appsrc: only frames offered by a source can be converted")

// i420 is a source's last frame in I420, once somebody has asked for it.
type i420 struct {
	converter *gst.Converter // for frames with the last one's caps; nil before the first
	buffer    gst.Buffer     // made of the last frame
	made      uint64         // how many were converted
}

// forget gives back what was made of a frame that isn't the last any more.
func (m *i420) forget() {
	m.buffer.Unref()
	m.buffer = gst.Buffer{}
}

// close also gives back what frames with the same caps need.
func (m *i420) close() {
	m.forget()
	m.converter.Close()
	m.converter = nil
}

// make converts a picture unless that was done already.
func (m *i420) make(f *Frame) (err error) {
	if m.converter == nil {
		if m.converter, err = gst.NewConverter(f.Caps); err != nil {
			return err
		}
	}
	if m.converter.Same() || m.buffer.Valid() {
		return nil
	}
	m.buffer, err = m.converter.Convert(f.Buffer)
	if err == nil {
		m.made++
	}
	return err
}

// I420 is the same frame as encoders take it: in I420 and BT.601, in system memory,
// as videoconvert would make it. It is converted once, by the first who asks, for
// all consumers and all repeats. One that is so already comes back as it is.
//
// It may be called within Offer only, and as with any frame whoever keeps Buffer or
// Caps takes references: they go with the source's next frame. It fails for
// pictures in a device's memory.
func (f Frame) I420() (Frame, error) {
	if f.i420 == nil {
		return Frame{}, errNoSource
	}
	if err := f.i420.make(&f); err != nil {
		return Frame{}, fmt.Errorf("appsrc: converting a frame: %w", err)
	}
	if !f.i420.converter.Same() {
		f.Buffer, f.Caps = f.i420.buffer, f.i420.converter.Caps()
	}
	return f, nil
}
