// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package appsrc

import (
	"image"
	"image/color"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func fill(img interface {
	Set(x, y int, c color.Color)
	Bounds() image.Rectangle
}, at func(x, y int) color.Color,
) {
	b := img.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			img.Set(x, y, at(x, y))
		}
	}
}

// requirePixels compares an RGBA frame with an image, ignoring alpha.
func requirePixels(t *testing.T, want image.Image, f *VideoFrame) {
	t.Helper()
	require.NoError(t, f.Validate())
	require.Equal(t, BufferRGBA, f.Type)
	b := want.Bounds()
	require.Equal(t, b.Size(), image.Pt(f.Width, f.Height))
	for y := range f.Height {
		for x := range f.Width {
			c := color.RGBAModel.Convert(want.At(b.Min.X+x, b.Min.Y+y)).(color.RGBA)
			require.Equal(t, []byte{c.R, c.G, c.B}, f.row(0, y)[4*x:4*x+3], "pixel %d,%d", x, y)
		}
	}
}

func TestImageRGBA(t *testing.T) {
	img := image.NewRGBA(image.Rect(-3, 5, 6, 12))
	fill(img, func(x, y int) color.Color { return color.RGBA{byte(x), byte(y), byte(x * y), 255} })
	sub := img.SubImage(image.Rect(-1, 7, 4, 10)).(*image.RGBA)
	for _, m := range []*image.RGBA{img, sub} {
		f, err := NewVideoFrameFromImage(m)
		require.NoError(t, err)
		requirePixels(t, m, f)
		require.Nil(t, f.Release)
		require.Equal(t, 36, f.Planes[0].Stride)
		require.Same(t, &m.Pix[0], &f.Planes[0].Data[0], "by reference")
	}
}

// Half transparent pixels are shown on black.
func TestImageNRGBA(t *testing.T) {
	opaque := image.NewNRGBA(image.Rect(2, 2, 7, 9))
	fill(opaque, func(x, y int) color.Color { return color.NRGBA{byte(x * 30), byte(y * 20), 7, 255} })
	f, err := NewVideoFrameFromImage(opaque)
	require.NoError(t, err)
	requirePixels(t, opaque, f)
	require.Same(t, &opaque.Pix[0], &f.Planes[0].Data[0], "by reference")

	alpha := image.NewNRGBA(image.Rect(2, 2, 7, 9))
	fill(alpha, func(x, y int) color.Color { return color.NRGBA{200, 100, 50, byte(x * y * 4)} })
	alpha.Set(2, 2, color.NRGBA{200, 100, 50, 128})
	alpha.Set(3, 2, color.NRGBA{200, 100, 50, 0})
	f, err = NewVideoFrameFromImage(alpha)
	require.NoError(t, err)
	requirePixels(t, alpha, f)
	require.NotSame(t, &alpha.Pix[0], &f.Planes[0].Data[0])
	require.Equal(t, []byte{100, 50, 25}, f.row(0, 0)[:3]) // 200*128/255 = 100.4
	require.Equal(t, []byte{0, 0, 0}, f.row(0, 0)[4:7])

	// Only the part that is seen counts.
	alpha.Set(6, 8, color.NRGBA{1, 2, 3, 255})
	sub := alpha.SubImage(image.Rect(6, 8, 7, 9)).(*image.NRGBA)
	f, err = NewVideoFrameFromImage(sub)
	require.NoError(t, err)
	require.Same(t, &sub.Pix[0], &f.Planes[0].Data[0], "by reference")
}

func TestImageDrawn(t *testing.T) {
	bounds := image.Rect(-2, 3, 3, 6)
	at := func(x, y int) color.Color { return color.NRGBA64{uint16(x * 9999), uint16(y * 8888), 50000, 40000} }
	wide, wideN, cmyk := image.NewRGBA64(bounds), image.NewNRGBA64(bounds), image.NewCMYK(bounds)
	gray16, alpha := image.NewGray16(bounds), image.NewAlpha(bounds)
	paletted := image.NewPaletted(bounds, color.Palette{color.Black, color.RGBA{10, 20, 30, 255}, color.White})
	for _, img := range []interface {
		image.Image
		Set(x, y int, c color.Color)
	}{wide, wideN, cmyk, gray16, alpha, paletted} {
		fill(img, at)
		f, err := NewVideoFrameFromImage(img)
		require.NoError(t, err)
		requirePixels(t, img, f)
	}
	f, err := NewVideoFrameFromImage(paletted.SubImage(image.Rect(0, 4, 3, 6)))
	require.NoError(t, err)
	requirePixels(t, paletted.SubImage(image.Rect(0, 4, 3, 6)), f)
}

// limitedLuma and limitedChroma are the definitions, in floating point.
func limitedLuma(full byte) byte { return byte(math.Round(16 + float64(full)*219/255)) }

func limitedChroma(full byte) byte {
	return byte(math.Round(128 + (float64(full)-128)*224/255))
}

func TestLimitedRange(t *testing.T) {
	y, c := limitedRange()
	for i := range 256 {
		require.Equal(t, limitedLuma(byte(i)), y[i], "luma %d", i)
		require.Equal(t, limitedChroma(byte(i)), c[i], "chroma %d", i)
	}
	require.Equal(t, [2]byte{16, 235}, [2]byte{y[0], y[255]})
	require.Equal(t, [3]byte{16, 128, 240}, [3]byte{c[0], c[128], c[255]})
}

func TestImageGray(t *testing.T) {
	img := image.NewGray(image.Rect(-1, 3, 8, 8))
	fill(img, func(x, y int) color.Color { return color.Gray{byte(x*20 + y*13)} })
	img.Set(1, 4, color.Gray{0})
	img.Set(2, 4, color.Gray{255})
	sub := img.SubImage(image.Rect(1, 4, 6, 7)).(*image.Gray)
	f, err := NewVideoFrameFromImage(sub)
	require.NoError(t, err)
	require.NoError(t, f.Validate())
	require.Equal(t, BufferI420, f.Type)
	require.Equal(t, [2]int{5, 3}, [2]int{f.Width, f.Height})
	require.Equal(t, []byte{16, 235}, f.row(0, 0)[:2])
	for y := range 3 {
		for x := range 5 {
			require.Equal(t, limitedLuma(sub.GrayAt(1+x, 4+y).Y), f.row(0, y)[x])
		}
	}
	for plane := 1; plane <= 2; plane++ {
		require.Equal(t, []byte{128, 128, 128, 128, 128, 128}, f.Planes[plane].Data)
	}
}

// newYCbCr makes an image with samples that differ from their neighbours.
func newYCbCr(bounds image.Rectangle, ratio image.YCbCrSubsampleRatio) *image.YCbCr {
	img := image.NewYCbCr(bounds, ratio)
	for i := range img.Y {
		img.Y[i] = byte(i * 11)
	}
	for i := range img.Cb {
		img.Cb[i], img.Cr[i] = byte(i*29), byte(255-i*37)
	}
	return img
}

func TestImageYCbCr(t *testing.T) {
	const (
		r420 = image.YCbCrSubsampleRatio420
		r422 = image.YCbCrSubsampleRatio422
		r444 = image.YCbCrSubsampleRatio444
		r440 = image.YCbCrSubsampleRatio440
		r411 = image.YCbCrSubsampleRatio411
		r410 = image.YCbCrSubsampleRatio410
	)
	even, odd := image.Rect(0, 0, 16, 12), image.Rect(0, 0, 9, 7)
	tests := []struct {
		name        string
		ratio       image.YCbCrSubsampleRatio
		bounds, sub image.Rectangle
		want        BufferType
	}{
		{"420", r420, even, even, BufferI420},
		{"420 odd size", r420, odd, odd, BufferI420},
		{"420 one pixel", r420, image.Rect(0, 0, 1, 1), image.Rect(0, 0, 1, 1), BufferI420},
		{"420 part", r420, even, image.Rect(4, 2, 9, 7), BufferI420},
		{"420 part at odd x", r420, even, image.Rect(3, 2, 8, 6), BufferI444},
		{"420 part at odd y", r420, even, image.Rect(4, 1, 8, 6), BufferI444},
		{"420 elsewhere", r420, image.Rect(10, 20, 17, 27), image.Rect(10, 20, 17, 27), BufferI420},
		{"420 negative", r420, image.Rect(-4, -6, 5, 5), image.Rect(-4, -6, 5, 5), BufferI444},
		{"422", r422, odd, odd, BufferI422},
		{"422 part at odd y", r422, even, image.Rect(2, 3, 7, 8), BufferI422},
		{"422 part at odd x", r422, even, image.Rect(1, 2, 7, 8), BufferI444},
		{"444", r444, odd, image.Rect(3, 1, 8, 6), BufferI444},
		{"440", r440, odd, image.Rect(3, 1, 8, 6), BufferI444},
		{"411", r411, even, image.Rect(3, 1, 13, 6), BufferI444},
		{"410", r410, even, even, BufferI444},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			img := newYCbCr(tt.bounds, tt.ratio).SubImage(tt.sub).(*image.YCbCr)
			require.Equal(t, tt.sub, img.Rect)
			f, err := NewVideoFrameFromImage(img)
			require.NoError(t, err)
			require.NoError(t, f.Validate())
			require.Equal(t, tt.want, f.Type)
			require.Equal(t, tt.sub.Size(), image.Pt(f.Width, f.Height))
			requireYCbCr(t, img, f)
		})
	}
}

// requireYCbCr compares each pixel's samples with the image's own At.
func requireYCbCr(t *testing.T, img *image.YCbCr, f *VideoFrame) {
	t.Helper()
	hsub, vsub := formats[f.Type].planes[1].hsub, formats[f.Type].planes[1].vsub
	for y := range f.Height {
		for x := range f.Width {
			c := img.YCbCrAt(img.Rect.Min.X+x, img.Rect.Min.Y+y)
			want := [3]byte{limitedLuma(c.Y), limitedChroma(c.Cb), limitedChroma(c.Cr)}
			got := [3]byte{f.row(0, y)[x], f.row(1, y/vsub)[x/hsub], f.row(2, y/vsub)[x/hsub]}
			require.Equal(t, want, got, "pixel %d,%d", x, y)
		}
	}
}

// A viewer's decoder turns BT.601 in limited range into RGB: the colours must
// be those of the image.
func TestImageYCbCrColours(t *testing.T) {
	for _, c := range []color.RGBA{
		{0, 0, 0, 255},
		{255, 255, 255, 255},
		{255, 0, 0, 255},
		{0, 255, 0, 255},
		{0, 0, 255, 255},
		{18, 52, 86, 255},
		{200, 150, 100, 255},
	} {
		img := image.NewYCbCr(image.Rect(0, 0, 2, 2), image.YCbCrSubsampleRatio420)
		y, cb, cr := color.RGBToYCbCr(c.R, c.G, c.B)
		for i := range img.Y {
			img.Y[i] = y
		}
		img.Cb[0], img.Cr[0] = cb, cr
		f, err := NewVideoFrameFromImage(img)
		require.NoError(t, err)

		luma := (float64(f.Planes[0].Data[0]) - 16) / 219 * 255
		u := (float64(f.Planes[1].Data[0]) - 128) / 224
		v := (float64(f.Planes[2].Data[0]) - 128) / 224
		const kr, kb = 0.299, 0.114 // BT.601
		require.InDelta(t, c.R, luma+2*(1-kr)*v*255, 2, "R of %v", c)
		require.InDelta(t, c.B, luma+2*(1-kb)*u*255, 2, "B of %v", c)
		green := luma - (2*(1-kr)*kr*v+2*(1-kb)*kb*u)/(1-kr-kb)*255
		require.InDelta(t, c.G, green, 2, "G of %v", c)
	}
}

func TestImageErrors(t *testing.T) {
	_, err := NewVideoFrameFromImage(nil)
	require.ErrorIs(t, err, ErrNil)

	empty := image.Rect(0, 0, 0, 5)
	for _, img := range []image.Image{
		image.NewRGBA(empty), image.NewNRGBA(empty), image.NewGray(empty), image.NewPaletted(empty, nil),
		image.NewYCbCr(empty, image.YCbCrSubsampleRatio420),
		image.NewUniform(color.White), // endless
		&image.RGBA{},
	} {
		_, err := NewVideoFrameFromImage(img)
		require.ErrorIs(t, err, ErrSize, "%T", img)
	}
}

// Images made by hand, whose fields don't fit each other.
func TestImageMalformed(t *testing.T) {
	rect := image.Rect(0, 0, 6, 4)
	pix := make([]byte, 96)
	ycbcr := func(change func(*image.YCbCr)) *image.YCbCr {
		img := newYCbCr(rect, image.YCbCrSubsampleRatio420)
		change(img)
		return img
	}
	tests := []struct {
		name  string
		img   image.Image
		is    error
		plane int
	}{
		{"RGBA short", &image.RGBA{Pix: pix[:95], Stride: 24, Rect: rect}, ErrLength, 0},
		{"RGBA stride", &image.RGBA{Pix: pix, Stride: 23, Rect: rect}, ErrStride, 0},
		{"NRGBA short", &image.NRGBA{Pix: pix[:95], Stride: 24, Rect: rect}, ErrLength, 0},
		{"Gray short", &image.Gray{Pix: pix[:23], Stride: 6, Rect: rect}, ErrLength, 0},
		{"Gray no pixels", &image.Gray{Stride: 6, Rect: rect}, ErrLength, 0},
		{"Gray negative stride", &image.Gray{Pix: pix, Stride: -6, Rect: rect}, ErrStride, 0},
		{"Gray huge stride", &image.Gray{Pix: pix, Stride: math.MaxInt/2 + 1, Rect: rect}, ErrStride, 0},
		{"Y short", ycbcr(func(m *image.YCbCr) { m.Y = m.Y[:23] }), ErrLength, 0},
		{"Y negative stride", ycbcr(func(m *image.YCbCr) { m.YStride = -6 }), ErrStride, 0},
		{"Cb short", ycbcr(func(m *image.YCbCr) { m.Cb = m.Cb[:5] }), ErrLength, 1},
		{"Cr short", ycbcr(func(m *image.YCbCr) { m.Cr = nil }), ErrLength, 2},
		{"C negative stride", ycbcr(func(m *image.YCbCr) { m.CStride = -3 }), ErrStride, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, err := NewVideoFrameFromImage(tt.img)
			require.Nil(t, f)
			require.ErrorIs(t, err, tt.is)
			var fe *FrameError
			require.ErrorAs(t, err, &fe)
			require.Equal(t, tt.plane, fe.Plane)
		})
	}
}
