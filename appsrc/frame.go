// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package appsrc

import "math"

// Plane is one plane of a frame's pixels. It refers to the caller's memory and
// owns nothing.
type Plane struct {
	// Data starts at the top left pixel. Bytes after the last row are ignored.
	Data []byte
	// Stride is the number of bytes from the start of one row to the start of the next. Bytes after
	// a row's pixels are ignored.
	Stride int
}

// VideoFrame is one raw frame. It refers to the caller's memory: creating one copies no pixels. A
// frame may be reused, and its fields changed, whenever no CaptureFrame call is using it. It may be
// captured on several sources concurrently, since they only read it.
type VideoFrame struct {
	// Type is the layout of the pixels.
	Type BufferType
	// Width and Height are in pixels, 1 to [MaxDimension], odd or even.
	Width, Height int
	// Planes holds as many planes as Type has, in its order; the others are zero.
	Planes [MaxPlanes]Plane

	// Release decides who owns the memory behind Planes while CaptureFrame and the encoder use it.
	//
	// If Release is nil, CaptureFrame copies the pixels before it returns.
	//
	// Otherwise, CaptureFrame takes the memory by reference, without a copy. The caller must not
	// change the memory until Release is called. The source calls Release exactly once for each
	// call of CaptureFrame, even if that returns an error: as soon as nothing uses the memory any
	// more, and at the latest when the source is closed. It may do so from any goroutine, even
	// before CaptureFrame returns. Release must not block, and must not call the source.
	Release func()
}

// NewVideoFrame returns a frame of tightly packed planes, back to back in data without padding, as
// in the LiveKit SDKs. It refers to data. The error is a [*FrameError] that matches [ErrFormat],
// [ErrSize], or, if data is not exactly [FrameSize] bytes, [ErrLength].
func NewVideoFrame(typ BufferType, width, height int, data []byte) (*VideoFrame, error) {
	f := VideoFrame{Type: typ, Width: width, Height: height}
	if err := f.SetData(data); err != nil {
		return nil, err
	}
	return &f, nil
}

// NewVideoFramePlanes returns a frame of planes with individual strides, and refers to their
// memory. For the error see [VideoFrame.Validate].
func NewVideoFramePlanes(typ BufferType, width, height int, planes ...Plane) (*VideoFrame, error) {
	f := VideoFrame{Type: typ, Width: width, Height: height}
	if err := checkSize(typ, width, height); err != nil {
		return nil, err
	}
	if want := typ.PlaneCount(); len(planes) != want {
		return nil, frameError(typ, width, height, ErrPlanes, want, len(planes))
	}
	copy(f.Planes[:], planes)
	if err := f.Validate(); err != nil {
		return nil, err
	}
	return &f, nil
}

// SetData makes the frame refer to other data of the same type and size, tightly packed as in
// [NewVideoFrame], without an allocation. It is for callers who reuse a VideoFrame. On an error the
// frame is unchanged.
func (f *VideoFrame) SetData(data []byte) error {
	want, err := FrameSize(f.Type, f.Width, f.Height)
	if err != nil {
		return err
	}
	if len(data) != want {
		return frameError(f.Type, f.Width, f.Height, ErrLength, want, len(data))
	}
	f.Planes = [MaxPlanes]Plane{}
	for i := range f.Type.PlaneCount() {
		rowBytes, rows := f.Type.PlaneSize(i, f.Width, f.Height)
		size := rowBytes * rows
		f.Planes[i] = Plane{Data: data[:size:size], Stride: rowBytes}
		data = data[size:]
	}
	return nil
}

// Validate checks type, size and planes, as CaptureFrame does with each frame. It does not allocate
// unless it fails. A stride must be at least a row's bytes, and data must reach to the end of the
// last row. The error is [ErrNil], or a [*FrameError] that matches [ErrFormat], [ErrSize],
// [ErrPlanes], [ErrStride] or [ErrLength].
func (f *VideoFrame) Validate() error {
	if f == nil {
		return ErrNil
	}
	if err := checkSize(f.Type, f.Width, f.Height); err != nil {
		return err
	}
	count := f.Type.PlaneCount()
	if got := f.planesSet(); got != count {
		return frameError(f.Type, f.Width, f.Height, ErrPlanes, count, got)
	}
	for i := range count {
		if err := f.checkPlane(i); err != nil {
			return err
		}
	}
	return nil
}

// planesSet returns the number of planes up to the last one that has data.
func (f *VideoFrame) planesSet() int {
	for i := MaxPlanes; i > 0; i-- {
		if f.Planes[i-1].Data != nil {
			return i
		}
	}
	return 0
}

func (f *VideoFrame) checkPlane(i int) error {
	p, sample := &f.Planes[i], f.Type.format().sample
	rowBytes, rows := f.Type.PlaneSize(i, f.Width, f.Height)
	switch {
	case p.Stride < rowBytes, p.Stride%sample != 0:
		return planeError(f.Type, f.Width, f.Height, i, ErrStride, rowBytes, p.Stride)
	case p.Stride > math.MaxInt32: // GStreamer's strides have 32 bits.
		return planeError(f.Type, f.Width, f.Height, i, ErrStride, math.MaxInt32, p.Stride)
	}
	// In 64 bits, since the product of two sizes can overflow an int of 32 bits.
	want := int64(p.Stride)*int64(rows-1) + int64(rowBytes)
	if int64(len(p.Data)) < want {
		return planeError(f.Type, f.Width, f.Height, i, ErrLength, int(min(want, math.MaxInt)), len(p.Data))
	}
	return nil
}
