// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package appsrc

import (
	"image"
	"image/draw"
	"math"
)

// NewVideoFrameFromImage makes a frame of an image. Video has no alpha: what is
// transparent is shown on black.
//
//   - *image.RGBA and an opaque *image.NRGBA become RGBA by reference: the frame
//     refers to the image's pixels. (All alpha of an NRGBA is read to find out.)
//   - *image.YCbCr is full range, as in JPEG, while video is limited range. Its
//     planes are copied and rescaled, without a detour through RGB, which would
//     lose chroma: 4:2:0 becomes I420, 4:2:2 I422, all others I444. So does a
//     sub-image that starts between two chroma samples.
//   - *image.Gray becomes I420, copied and rescaled likewise.
//   - All others become RGBA, copied by [draw.Draw].
//
// Release is nil, so that CaptureFrame copies the frame. A caller who sets it
// must heed that a frame by reference is the image's own memory.
//
// The error is [ErrNil], or a [*FrameError] that matches [ErrSize], or
// [ErrStride] or [ErrLength] for an image whose fields don't fit each other.
func NewVideoFrameFromImage(img image.Image) (*VideoFrame, error) {
	switch m := img.(type) {
	case nil:
		return nil, ErrNil
	case *image.RGBA:
		return frameFromPix(m.Rect, m.Pix, m.Stride)
	case *image.NRGBA:
		f, err := frameFromPix(m.Rect, m.Pix, m.Stride)
		if err != nil || m.Opaque() {
			return f, err
		}
	case *image.YCbCr:
		return frameFromYCbCr(m)
	case *image.Gray:
		return frameFromGray(m)
	}
	return frameDrawn(img)
}

// frameFromPix refers to four-byte pixels. An image's slice always starts at the top left pixel of
// its bounds, even in a sub-image.
func frameFromPix(bounds image.Rectangle, pix []byte, stride int) (*VideoFrame, error) {
	return NewVideoFramePlanes(BufferRGBA, bounds.Dx(), bounds.Dy(), Plane{Data: pix, Stride: stride})
}

// newPackedFrame returns a frame with its own memory.
func newPackedFrame(typ BufferType, bounds image.Rectangle) (*VideoFrame, error) {
	size, err := FrameSize(typ, bounds.Dx(), bounds.Dy())
	if err != nil {
		return nil, err
	}
	return NewVideoFrame(typ, bounds.Dx(), bounds.Dy(), make([]byte, size))
}

// frameDrawn copies any image. image.RGBA is premultiplied, so ignoring its alpha shows it on
// black.
func frameDrawn(img image.Image) (*VideoFrame, error) {
	bounds := img.Bounds()
	f, err := newPackedFrame(BufferRGBA, bounds)
	if err != nil {
		return nil, err
	}
	dst := &image.RGBA{
		Pix:    f.Planes[0].Data,
		Stride: f.Planes[0].Stride,
		Rect:   image.Rect(0, 0, f.Width, f.Height),
	}
	draw.Draw(dst, dst.Rect, img, bounds.Min, draw.Src)
	return f, nil
}

func frameFromGray(m *image.Gray) (*VideoFrame, error) {
	f, err := newPackedFrame(BufferI420, m.Rect)
	if err != nil {
		return nil, err
	}
	if err := checkReach(f, 0, m.Pix, m.Stride, m.PixOffset(m.Rect.Max.X-1, m.Rect.Max.Y-1)); err != nil {
		return nil, err
	}
	y, _ := limitedRange()
	for row := range f.Height {
		y.rescale(f.row(0, row), m.Pix[row*m.Stride:])
	}
	for plane := 1; plane <= 2; plane++ {
		for i := range f.Planes[plane].Data {
			f.Planes[plane].Data[i] = 128 // no colour
		}
	}
	return f, nil
}

func frameFromYCbCr(m *image.YCbCr) (*VideoFrame, error) {
	typ, direct := ycbcrType(m)
	f, err := newPackedFrame(typ, m.Rect)
	if err != nil {
		return nil, err
	}
	if err := checkYCbCr(f, m); err != nil {
		return nil, err
	}
	y, c := limitedRange()
	for row := range f.Height {
		y.rescale(f.row(0, row), m.Y[row*m.YStride:])
	}
	for i, src := range [...][]byte{m.Cb, m.Cr} {
		rescaleChroma(f, i+1, m, src, direct, &c)
	}
	return f, nil
}

// ycbcrType returns the buffer type for an image, and whether its chroma planes have that type's
// layout. They do not if the image starts between two chroma samples, or left of or above 0, since
// COffset rounds towards 0.
func ycbcrType(m *image.YCbCr) (typ BufferType, direct bool) {
	x, y := m.Rect.Min.X, m.Rect.Min.Y
	evenX, evenY := x >= 0 && x%2 == 0, y >= 0 && y%2 == 0
	switch {
	case m.SubsampleRatio == image.YCbCrSubsampleRatio420 && evenX && evenY:
		return BufferI420, true
	case m.SubsampleRatio == image.YCbCrSubsampleRatio422 && evenX:
		return BufferI422, true
	default:
		return BufferI444, m.SubsampleRatio == image.YCbCrSubsampleRatio444
	}
}

// rescaleChroma fills one chroma plane from src, which is m's Cb or Cr.
func rescaleChroma(f *VideoFrame, plane int, m *image.YCbCr, src []byte, direct bool, c *rangeTable) {
	_, rows := f.Type.PlaneSize(plane, f.Width, f.Height)
	for row := range rows {
		dst := f.row(plane, row)
		if direct {
			c.rescale(dst, src[row*m.CStride:])
			continue
		}
		for x := range dst { // I444: one sample for each pixel.
			dst[x] = c[src[m.COffset(m.Rect.Min.X+x, m.Rect.Min.Y+row)]]
		}
	}
}

func checkYCbCr(f *VideoFrame, m *image.YCbCr) error {
	last := m.Rect.Max.Sub(image.Pt(1, 1))
	if err := checkReach(f, 0, m.Y, m.YStride, m.YOffset(last.X, last.Y)); err != nil {
		return err
	}
	chroma := m.COffset(last.X, last.Y)
	if err := checkReach(f, 1, m.Cb, m.CStride, chroma); err != nil {
		return err
	}
	return checkReach(f, 2, m.Cr, m.CStride, chroma)
}

// checkReach returns an error if an image's slice is shorter than its own size and stride require;
// image's own methods would panic. last is the offset of its last sample.
func checkReach(f *VideoFrame, plane int, data []byte, stride, last int) error {
	switch {
	case stride < 0:
		rowBytes, _ := f.Type.PlaneSize(plane, f.Width, f.Height)
		return planeError(f.Type, f.Width, f.Height, plane, ErrStride, rowBytes, stride)
	case stride > math.MaxInt32: // Above that, last may have overflowed.
		return planeError(f.Type, f.Width, f.Height, plane, ErrStride, math.MaxInt32, stride)
	}
	if last >= len(data) {
		return planeError(f.Type, f.Width, f.Height, plane, ErrLength, last+1, len(data))
	}
	return nil
}

// row returns the pixels of one row of a plane.
func (f *VideoFrame) row(plane, row int) []byte {
	rowBytes, _ := f.Type.PlaneSize(plane, f.Width, f.Height)
	start := row * f.Planes[plane].Stride
	return f.Planes[plane].Data[start : start+rowBytes]
}

// rangeTable maps full-range samples to limited-range ones.
type rangeTable [256]byte

// limitedRange returns the tables for luma (0 to 255 becomes 16 to 235) and for chroma (128 stays,
// and 0 to 255 becomes 16 to 240), according to BT.601, rounded.
func limitedRange() (luma, chroma rangeTable) {
	for i := range 256 {
		luma[i] = byte(16 + (i*219+127)/255)
		// 128 + (i-128)*224/255, with 112 moved from the 128 into the fraction, so that its
		// numerator is never negative and always rounds the same way.
		chroma[i] = byte(16 + (112*255+(i-128)*224+127)/255)
	}
	return luma, chroma
}

// rescale fills dst with the rescaled samples of src, which is at least as long.
func (t *rangeTable) rescale(dst, src []byte) {
	src = src[:len(dst)]
	for i, v := range src {
		dst[i] = t[v]
	}
}
