// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package appsrc

import (
	"fmt"

	"github.com/gstpublish/gstpublish/internal/gst"
)

// sourceFormat holds what frames of one type and size need: caps, GStreamer's layout and a pool of
// buffers. It lasts until a frame differs.
type sourceFormat struct {
	typ           BufferType
	width, height int // upright
	caps          *gst.Caps
	layout        gst.Layout
	pool          *gst.Pool
}

func (f *sourceFormat) close() {
	f.pool.Close()
	f.caps.Unref()
	*f = sourceFormat{}
}

// set prepares f for frames of a type and upright size.
func (f *sourceFormat) set(typ BufferType, width, height, fps int) error {
	if f.caps != nil && f.typ == typ && f.width == width && f.height == height {
		return nil
	}
	f.close()
	// WebRTC receivers interpret YUV without a colour description as BT.601.
	colorimetry := "bt601"
	if typ <= BufferRGB24 {
		colorimetry = "sRGB"
	}
	caps, err := gst.ParseCaps(fmt.Sprintf(
		"video/x-raw,format=%s,width=%d,height=%d,framerate=%d/1,pixel-aspect-ratio=1/1,"+
			"interlace-mode=progressive,colorimetry=%s",
		typ.GStreamerFormat(), width, height, fps, colorimetry))
	if err != nil {
		return fmt.Errorf("appsrc: %w", err)
	}
	layout, err := gst.LayoutOf(typ.GStreamerFormat(), width, height)
	if err != nil {
		caps.Unref()
		return fmt.Errorf("appsrc: %w", err)
	}
	pool, err := gst.NewPool(caps, layout.Size)
	if err != nil {
		caps.Unref()
		return fmt.Errorf("appsrc: %w", err)
	}
	*f = sourceFormat{typ: typ, width: width, height: height, caps: caps, layout: layout, pool: pool}
	return nil
}

// buffer returns a buffer with the frame: by reference if the caller permits it and the frame needs
// no rotation, otherwise a copy in the pool. A wrapped buffer calls the frame's Release itself.
func (s *VideoSource) buffer(frame *VideoFrame, r Rotation) (b gst.Buffer, wrapped bool, err error) {
	width, height := frame.Width, frame.Height
	if r == Rotation90 || r == Rotation270 {
		width, height = height, width
	}
	if err = s.format.set(frame.Type, width, height, s.opts.FPS); err != nil {
		return gst.Buffer{}, false, err
	}
	if frame.Release != nil && r == Rotation0 {
		return wrap(frame), true, nil
	}
	b, err = s.format.pool.Acquire(func(data []byte) {
		for i, p := range s.format.layout.Planes {
			dst := Plane{Data: data[p.Offset:], Stride: p.Stride}
			if r == Rotation0 {
				copyPlane(dst, frame, i)
			} else {
				rotatePlane(dst, frame, i, r)
			}
		}
	})
	if err != nil {
		return gst.Buffer{}, false, fmt.Errorf("appsrc: %w", err)
	}
	return b, false, nil
}

// planes returns the frame's own planes, without the bytes after the last row.
func planes(frame *VideoFrame) (data [MaxPlanes][]byte, strides [MaxPlanes]int, count int) {
	count = frame.Type.PlaneCount()
	for i := range count {
		p := frame.Planes[i]
		rowBytes, rows := frame.Type.PlaneSize(i, frame.Width, frame.Height)
		data[i] = p.Data[:p.Stride*(rows-1)+rowBytes]
		strides[i] = p.Stride
	}
	return data, strides, count
}

// wrap refers to the frame's own planes.
func wrap(frame *VideoFrame) gst.Buffer {
	data, strides, count := planes(frame)
	return gst.Wrap(frame.Type.GStreamerFormat(), frame.Width, frame.Height, data[:count], strides[:count], frame.Release)
}

// shows reports whether the screen already shows this frame, before it is copied. Otherwise it records what changed.
func (s *VideoSource) shows(frame *VideoFrame) bool {
	f := &s.format
	s.compared = false
	if f.caps == nil || f.typ != frame.Type || f.width != frame.Width || f.height != frame.Height ||
		!s.comparable(f.caps) {
		return false
	}
	data, strides, count := planes(frame)
	return !s.changes.ComparePlanes(s.last.Buffer, f.caps, data[:count], strides[:count])
}

// showsBuffer is shows for a frame that is already a buffer.
func (s *VideoSource) showsBuffer(b gst.Buffer, caps *gst.Caps) bool {
	return s.comparable(caps) && !s.changes.Compare(s.last.Buffer, b, caps)
}

// comparable reports whether a screen could already show a frame with these caps, which is then compared.
func (s *VideoSource) comparable(caps *gst.Caps) bool {
	s.compared = s.changes != nil && s.last.Buffer.Valid() && s.last.Caps.Equal(caps)
	return s.compared
}

// copyPlane copies the rows of one plane of a validated frame.
func copyPlane(dst Plane, frame *VideoFrame, i int) {
	src := frame.Planes[i]
	rowBytes, rows := frame.Type.PlaneSize(i, frame.Width, frame.Height)
	if src.Stride == dst.Stride {
		copy(dst.Data, src.Data[:src.Stride*(rows-1)+rowBytes])
		return
	}
	for y := range rows {
		copy(dst.Data[y*dst.Stride:], src.Data[y*src.Stride:y*src.Stride+rowBytes])
	}
}
