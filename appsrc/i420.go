// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package appsrc

import (
	"errors"
	"fmt"

	"github.com/gstpublish/gstpublish/internal/gst"
)

var errNoSource = errors.New("appsrc: only frames offered by a source can be converted")

// i420 is a source's last frame in I420, once a consumer has requested it.
type i420 struct {
	converter *gst.Converter // for frames with the last one's caps; nil before the first
	buffer    gst.Buffer     // the converted last frame
	made      uint64         // the number of conversions
}

// forget releases the conversion of a frame that is no longer the last one.
func (m *i420) forget() {
	m.buffer.Unref()
	m.buffer = gst.Buffer{}
}

// close also releases the converter.
func (m *i420) close() {
	m.forget()
	m.converter.Close()
	m.converter = nil
}

// make converts a frame unless that was done already.
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

// I420 returns the frame in the form that encoders need: I420 and BT.601 in system memory, as
// videoconvert would produce it. The first call converts the frame, for all consumers and all
// repeats. A frame that already has that form is returned unchanged.
//
// I420 may only be called from within Offer. A consumer that keeps Buffer or Caps must take its own
// references: they are released with the source's next frame. I420 fails for frames in a device's
// memory.
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
