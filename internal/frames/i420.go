// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package frames

import (
	"errors"
	"fmt"

	"github.com/gstpublish/gstpublish/internal/gst"
)

var errNoSource = errors.New("frames: only frames offered by a source can be converted")

// Planar is a source's last frame in I420, once a consumer has requested it. The zero value is ready
// to use. It is not safe for concurrent use.
type Planar struct {
	converter *gst.Converter // for frames with the last one's caps; nil before the first
	buffer    gst.Buffer     // the converted last frame
	made      uint64         // the number of conversions
}

// Forget releases the conversion of a frame that is no longer the last one.
func (m *Planar) Forget() {
	m.buffer.Unref()
	m.buffer = gst.Buffer{}
}

// Close also releases the converter. Frames with other caps may follow.
func (m *Planar) Close() {
	m.Forget()
	m.converter.Close()
	m.converter = nil
}

// Made returns the number of conversions so far.
func (m *Planar) Made() uint64 { return m.made }

// make converts a frame unless that was done already.
func (m *Planar) make(f *Frame) (err error) {
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
	if f.Planar == nil {
		return Frame{}, errNoSource
	}
	if err := f.Planar.make(&f); err != nil {
		return Frame{}, fmt.Errorf("frames: converting a frame: %w", err)
	}
	if !f.Planar.converter.Same() {
		f.Buffer, f.Caps, f.FullRange = f.Planar.buffer, f.Planar.converter.Caps(), false
	}
	return f, nil
}
