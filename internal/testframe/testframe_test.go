// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package testframe

import (
	"encoding/binary"
	"fmt"
	"image"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/gstpublish/gstpublish/appsrc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const testIndex = 0xa5c31e

func allTypes() []appsrc.BufferType {
	types := make([]appsrc.BufferType, 0, 11)
	for t := appsrc.BufferRGBA; t <= appsrc.BufferNV12; t++ {
		types = append(types, t)
	}
	return types
}

// toRGBA converts a frame back pixel by pixel, with the usual integer arithmetic for BT.601 in limited range.
func toRGBA(f *appsrc.VideoFrame) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, f.Width, f.Height))
	for y := range f.Height {
		for x := range f.Width {
			c := pixel(f, x, y)
			copy(img.Pix[y*img.Stride+x*4:], c[:])
			img.Pix[y*img.Stride+x*4+3] = 255
		}
	}
	return img
}

func pixel(f *appsrc.VideoFrame, x, y int) rgb {
	at := func(plane, x, y int) []byte { return f.Planes[plane].Data[y*f.Planes[plane].Stride+x:] }
	switch f.Type {
	case appsrc.BufferRGBA:
		return rgb(at(0, 4*x, y)[:3])
	case appsrc.BufferABGR:
		p := at(0, 4*x, y)
		return rgb{p[3], p[2], p[1]}
	case appsrc.BufferARGB:
		return rgb(at(0, 4*x, y)[1:4])
	case appsrc.BufferBGRA:
		p := at(0, 4*x, y)
		return rgb{p[2], p[1], p[0]}
	case appsrc.BufferRGB24:
		return rgb(at(0, 3*x, y)[:3])
	case appsrc.BufferI422:
		return fromYUV(int(at(0, x, y)[0]), int(at(1, x/2, y)[0]), int(at(2, x/2, y)[0]))
	case appsrc.BufferI444:
		return fromYUV(int(at(0, x, y)[0]), int(at(1, x, y)[0]), int(at(2, x, y)[0]))
	case appsrc.BufferI010:
		v := func(plane, x, y int) int { return (int(binary.LittleEndian.Uint16(at(plane, 2*x, y))) + 2) / 4 }
		return fromYUV(v(0, x, y), v(1, x/2, y/2), v(2, x/2, y/2))
	case appsrc.BufferNV12:
		uv := at(1, x/2*2, y/2)
		return fromYUV(int(at(0, x, y)[0]), int(uv[0]), int(uv[1]))
	default: // I420, I420A
		return fromYUV(int(at(0, x, y)[0]), int(at(1, x/2, y/2)[0]), int(at(2, x/2, y/2)[0]))
	}
}

func fromYUV(y, u, v int) rgb {
	c, d, e := 298*(y-16), u-128, v-128
	clip := func(v int) byte { return byte(min(max((v+128)>>8, 0), 255)) }
	return rgb{clip(c + 409*e), clip(c - 100*d - 208*e), clip(c + 516*d)}
}

// turn turns an image clockwise.
func turn(img *image.RGBA, r appsrc.Rotation) *image.RGBA {
	for range int(r) {
		w, h := img.Rect.Dx(), img.Rect.Dy()
		turned := image.NewRGBA(image.Rect(0, 0, h, w))
		for y := range h {
			for x := range w {
				turned.SetRGBA(h-1-y, x, img.RGBAAt(x, y))
			}
		}
		img = turned
	}
	return img
}

func mirror(img *image.RGBA) *image.RGBA {
	out := image.NewRGBA(img.Rect)
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			out.SetRGBA(img.Rect.Dx()-1-x, y, img.RGBAAt(x, y))
		}
	}
	return out
}

func TestDrawAndRead(t *testing.T) {
	sizes := []image.Point{{80, 64}, {160, 120}, {120, 160}, {161, 121}, {333, 187}, {641, 361}}
	for _, typ := range allTypes() {
		for _, size := range sizes {
			t.Run(fmt.Sprintf("%v %v", typ, size), func(t *testing.T) {
				f := Draw(typ, size.X, size.Y, testIndex)
				require.NoError(t, f.Validate())
				img := toRGBA(f)
				index, ok := Read(img, appsrc.Rotation0)
				require.True(t, ok)
				require.Equal(t, uint32(testIndex), index)
				require.NoError(t, CheckColours(img, appsrc.Rotation0, 1))
				turned, err := Orientation(img)
				require.NoError(t, err)
				require.Equal(t, appsrc.Rotation0, turned)
			})
		}
	}
}

func TestDraw4K(t *testing.T) {
	f := Draw(appsrc.BufferRGBA, 3840, 2160, MaxIndex)
	img := &image.RGBA{Pix: f.Planes[0].Data, Stride: f.Planes[0].Stride, Rect: image.Rect(0, 0, 3840, 2160)}
	index, ok := Read(img, appsrc.Rotation0)
	require.True(t, ok)
	require.Equal(t, uint32(MaxIndex), index)
	require.NoError(t, CheckColours(img, appsrc.Rotation0, 0))
}

func TestTurned(t *testing.T) {
	for _, size := range []image.Point{{160, 120}, {161, 121}, {97, 203}} {
		upright := toRGBA(Draw(appsrc.BufferI420, size.X, size.Y, testIndex))
		for r := appsrc.Rotation0; r <= appsrc.Rotation270; r++ {
			t.Run(fmt.Sprintf("%v by %v", size, r), func(t *testing.T) {
				img := turn(upright, r)
				got, err := Orientation(img)
				require.NoError(t, err)
				require.Equal(t, r, got)
				index, ok := Read(img, r)
				require.True(t, ok)
				require.Equal(t, uint32(testIndex), index)
				require.NoError(t, CheckColours(img, r, 1))
				_, ok = Read(img, (r+1)%4)
				require.False(t, ok, "read as if turned otherwise")
				require.Error(t, CheckColours(img, (r+1)%4, 30))
				_, err = Orientation(mirror(img))
				require.ErrorContains(t, err, "clockwise from the top left")
			})
		}
	}
}

func TestSubImage(t *testing.T) {
	img := toRGBA(Draw(appsrc.BufferRGBA, 160, 120, 7))
	around := image.NewRGBA(image.Rect(-10, -10, 200, 150))
	for y := range 120 {
		for x := range 160 {
			around.SetRGBA(x, y, img.RGBAAt(x, y))
		}
	}
	sub, ok := around.SubImage(image.Rect(0, 0, 160, 120)).(*image.RGBA)
	require.True(t, ok)
	index, ok := Read(sub, appsrc.Rotation0)
	require.True(t, ok)
	require.Equal(t, uint32(7), index)
	require.NoError(t, CheckColours(sub, appsrc.Rotation0, 0))
}

func TestIndices(t *testing.T) {
	f := Draw(appsrc.BufferRGBA, 160, 120, 0)
	for _, index := range []uint32{0, 1, 2, 255, 256, 0x800000, 0x555555, MaxIndex} {
		Redraw(f, index)
		got, ok := Read(toRGBA(f), appsrc.Rotation0)
		require.True(t, ok)
		require.Equal(t, index, got)
	}
	Redraw(f, MaxIndex+3)
	got, ok := Read(toRGBA(f), appsrc.Rotation0)
	require.True(t, ok)
	require.Equal(t, uint32(2), got, "indices wrap around")
}

// Read must reject a single wrong block, and images that are no frames.
func TestDamage(t *testing.T) {
	f := Draw(appsrc.BufferRGBA, 160, 120, testIndex)
	for i := range blocks {
		for _, c := range []rgb{{}, white(i), {128, 128, 128}} {
			Redraw(f, testIndex)
			before := slices.Clone(f.Planes[0].Data)
			fill(f, blockAt(i), c)
			_, ok := Read(toRGBA(f), appsrc.Rotation0)
			require.Equal(t, slices.Equal(before, f.Planes[0].Data), ok, "block %d, colour %v", i, c)
		}
	}
	for _, fillWith := range []byte{0, 128, 255} {
		img := image.NewRGBA(image.Rect(0, 0, 160, 120))
		for i := range img.Pix {
			img.Pix[i] = fillWith
		}
		_, ok := Read(img, appsrc.Rotation0)
		require.False(t, ok)
		require.ErrorContains(t, CheckColours(img, appsrc.Rotation0, 20), "patch red, top left is RGB")
		_, err := Orientation(img)
		require.Error(t, err)
	}
	tiny := image.NewRGBA(image.Rect(0, 0, 8, 8))
	_, ok := Read(tiny, appsrc.Rotation0)
	require.False(t, ok)
	require.ErrorContains(t, CheckColours(tiny, appsrc.Rotation0, 255), "8x8")
	_, err := Orientation(tiny)
	require.ErrorContains(t, err, "8x8")
}

// Mistakes in formats must show: a wrong byte order, swapped planes, a wrong row length.
func TestMixedUp(t *testing.T) {
	rgbTypes := allTypes()[:4]
	for _, drawn := range rgbTypes {
		for _, taken := range rgbTypes {
			f := Draw(drawn, 160, 120, 1)
			f.Type = taken
			err := CheckColours(toRGBA(f), appsrc.Rotation0, 3)
			require.Equal(t, drawn == taken, err == nil, "%v as %v", drawn, taken)
		}
	}
	swapped := Draw(appsrc.BufferI420, 160, 120, 1)
	swapped.Planes[1], swapped.Planes[2] = swapped.Planes[2], swapped.Planes[1]
	require.ErrorContains(t, CheckColours(toRGBA(swapped), appsrc.Rotation0, 3), "patch blue, bottom left")

	for _, typ := range []appsrc.BufferType{appsrc.BufferRGBA, appsrc.BufferI420, appsrc.BufferNV12} {
		skewed := Draw(typ, 160, 120, 1)
		for i := range typ.PlaneCount() {
			skewed.Planes[i].Stride -= 4
		}
		require.Error(t, CheckColours(toRGBA(skewed), appsrc.Rotation0, 3), "%v", typ)
	}
}

// Padding in rows belongs to the caller.
func TestPaintStrides(t *testing.T) {
	const width, height, padding, canary = 161, 121, 6, 0x77
	for _, typ := range allTypes() {
		planes := make([]appsrc.Plane, typ.PlaneCount())
		for i := range planes {
			rowBytes, rows := typ.PlaneSize(i, width, height)
			stride := rowBytes + padding
			planes[i] = appsrc.Plane{Data: make([]byte, stride*rows), Stride: stride}
			for j := range planes[i].Data {
				planes[i].Data[j] = canary
			}
		}
		f, err := appsrc.NewVideoFramePlanes(typ, width, height, planes...)
		require.NoError(t, err)
		Paint(f, testIndex)
		for i, p := range planes {
			rowBytes, rows := typ.PlaneSize(i, width, height)
			for y := range rows {
				for _, b := range p.Data[y*p.Stride+rowBytes : (y+1)*p.Stride] {
					require.Equal(t, byte(canary), b, "%v, plane %d, row %d", typ, i, y)
				}
			}
		}
		img := toRGBA(f)
		require.NoError(t, CheckColours(img, appsrc.Rotation0, 1), "%v", typ)
		index, ok := Read(img, appsrc.Rotation0)
		require.True(t, ok)
		require.Equal(t, uint32(testIndex), index)
	}
}

// The grid covers each byte: otherwise memory would keep parts of old frames.
func TestPaintCoversAll(t *testing.T) {
	for _, typ := range allTypes() {
		a, b := Draw(typ, 163, 125, 5), Draw(typ, 163, 125, 5)
		for i := range typ.PlaneCount() {
			for j := range b.Planes[i].Data {
				b.Planes[i].Data[j] ^= 0xff
			}
		}
		Paint(b, 5)
		for i := range typ.PlaneCount() {
			require.Equal(t, a.Planes[i].Data, b.Planes[i].Data, "%v, plane %d", typ, i)
		}
	}
}

func TestRedrawAllocatesNothing(t *testing.T) {
	for _, typ := range allTypes() {
		f := Draw(typ, 160, 120, 0)
		index := uint32(0)
		require.Zero(t, testing.AllocsPerRun(10, func() { index++; Redraw(f, index) }), "%v", typ)
		require.Zero(t, testing.AllocsPerRun(10, func() { Paint(f, index) }), "%v", typ)
	}
}

func TestDrawPanics(t *testing.T) {
	require.Panics(t, func() { Draw(appsrc.BufferI420, MinWidth-1, 100, 0) })
	require.Panics(t, func() { Draw(appsrc.BufferI420, 100, MinHeight-1, 0) })
	require.Panics(t, func() { Draw(appsrc.BufferType(11), 160, 120, 0) })
	require.Panics(t, func() { Draw(appsrc.BufferI420, 1<<20, 1<<20, 0) })
}

func BenchmarkRedraw(b *testing.B) {
	for _, typ := range []appsrc.BufferType{appsrc.BufferRGBA, appsrc.BufferI420} {
		b.Run(typ.String(), func(b *testing.B) {
			f := Draw(typ, 1920, 1080, 0)
			b.ReportAllocs()
			for i := range b.N {
				Redraw(f, uint32(i))
			}
		})
	}
}
