// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

//go:build !noscreenenc

package screenenc_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/test/need"
)

// tiled repeats a part of a page, since drawing large frames takes long.
func tiled(w, h, n int) *frame {
	tile := page(min(w, 256), min(h, 144), n)
	p := newFrame(w, h)
	for i, plane := range p.planes {
		stride, rows := tile.size(i)
		width, height := p.size(i)
		for y := range height {
			row := plane[y*width : (y+1)*width]
			for x := 0; x < width; x += stride {
				copy(row[x:], tile.planes[i][y%rows*stride:][:stride])
			}
		}
	}
	return p
}

// size returns the size of a plane.
func (p *frame) size(plane int) (w, h int) {
	if plane == 0 {
		return p.w, p.h
	}
	return (p.w + 1) / 2, (p.h + 1) / 2
}

// TestLargestSizes checks the largest supported size, and its thinnest shapes.
func TestLargestSizes(t *testing.T) {
	need.Encoding(t)
	sizes := [][2]int{{4096, 2160}, {4095, 2159}, {4096, 16}, {17, 2160}}
	frames := []int{2, 1, 1, 1} // They take long.
	each(t, func(t *testing.T, e *element) {
		t.Helper()
		f := start(t, e, "target-bitrate=20000000 screen=true")
		var all []sample
		var drawn []*frame
		for i, size := range sizes {
			for n := range frames[i] {
				drawn = append(drawn, tiled(size[0], size[1], n))
				all = append(all, f.encode(drawn[len(drawn)-1]))
				require.Equal(t, n == 0, all[len(all)-1].key)
			}
		}
		decode(t, e, all, func(n int, d decoded) {
			require.Equal(t, [2]int{drawn[n].w, drawn[n].h}, [2]int{d.w, d.h})
			from := max(0, len(d.luma)-1<<19) // The lower end is enough to check.
			end := &frame{planes: [3][]byte{drawn[n].planes[0][from:]}}
			require.Greater(t, end.psnr(d.luma[from:]), 20.0, "frame %d", n)
		})
	})
}

// TestSizeOfEachFrame uses different sizes for consecutive frames.
func TestSizeOfEachFrame(t *testing.T) {
	need.Encoding(t)
	each(t, func(t *testing.T, e *element) {
		t.Helper()
		random := rand.New(rand.NewPCG(6, 7)) //nolint:gosec // the same each time
		f := start(t, e, "target-bitrate=4000000 screen=true")
		var all []sample
		var drawn []*frame
		for n := range 80 {
			drawn = append(drawn, tiled(16+random.IntN(400), 16+random.IntN(300), n))
			all = append(all, f.encode(drawn[n]))
			require.True(t, all[n].key, "frame %d", n)
		}
		decode(t, e, all, func(n int, d decoded) {
			require.Equal(t, [2]int{drawn[n].w, drawn[n].h}, [2]int{d.w, d.h})
			require.Greater(t, drawn[n].psnr(d.luma), 15.0, "frame %d", n)
		})
	})
}

// TestBitrateOfAnySize has far too few bits for a size, then far too many: nothing fails, no key
// frame comes, and all samples can be decoded.
func TestBitrateOfAnySize(t *testing.T) {
	need.Encoding(t)
	each(t, func(t *testing.T, e *element) {
		t.Helper()
		for _, size := range [][2]int{{16, 16}, {1280, 720}, {1920, 1080}} {
			f := start(t, e, "")
			var all []sample
			for n := range 8 {
				f.set("target-bitrate", []int{30_000, 50_000_000, 1000, 200_000_000}[n/2])
				f.set("screen", n%2 == 0)
				all = append(all, f.encode(tiled(size[0], size[1], 5*n)))
				require.Equal(t, n == 0, all[n].key)
			}
			decode(t, e, all, nil)
		}
	})
}

// layout is the arrangement of planes in a format.
type layout struct {
	format string
	planes func(p *frame) (planes [][]byte, strides []int)
}

var layouts = [...]layout{ // never written
	{"I420", func(p *frame) ([][]byte, []int) {
		cw, _ := p.size(1)
		return p.planes[:], []int{p.w, cw, cw}
	}},
	{"YV12", func(p *frame) ([][]byte, []int) {
		cw, _ := p.size(1)
		return [][]byte{p.planes[0], p.planes[2], p.planes[1]}, []int{p.w, cw, cw}
	}},
	{"NV12", func(p *frame) ([][]byte, []int) { return packed(p, 1, 2) }},
	{"NV21", func(p *frame) ([][]byte, []int) { return packed(p, 2, 1) }},
}

func packed(p *frame, first, second int) (planes [][]byte, strides []int) {
	var chroma []byte
	for i := range p.planes[first] {
		chroma = append(chroma, p.planes[first][i], p.planes[second][i])
	}
	cw, _ := p.size(1)
	return [][]byte{p.planes[0], chroma}, []int{p.w, 2 * cw}
}

// pushAs passes a frame in another format, or with other strides, to the encoder.
func (f *encoder) pushAs(format string, w, h int, planes [][]byte, strides []int) {
	f.t.Helper()
	caps, err := gst.ParseCaps(fmt.Sprintf(
		"video/x-raw,format=%s,width=%d,height=%d,framerate=30/1,colorimetry=bt601", format, w, h))
	require.NoError(f.t, err)
	defer caps.Unref()
	b := gst.Wrap(format, w, h, planes, strides, nil)
	defer b.Unref()
	_, err = f.src.Push(b, caps, int64(f.n)*int64(time.Second/30), int64(time.Second/30))
	require.NoError(f.t, err)
	f.n++
}

// TestFormats checks that every 8-bit format with half the chroma resolution either way produces
// the same samples as I420, through videoconvert and, if the element supports it, directly.
// Otherwise the pipeline fails.
func TestFormats(t *testing.T) {
	const w, h = 161, 91
	each(t, func(t *testing.T, e *element) {
		t.Helper()
		converted := *e
		converted.name = "videoconvert ! " + e.name
		for _, l := range layouts {
			plain, through, direct := start(t, e, ""), start(t, &converted, ""), start(t, e, "")
			taken := l.format == "I420" || l.format == "NV12" && e.name == "gpav1enc"
			for n := range 4 {
				p := page(w, h, n)
				want := plain.encode(p).data
				planes, strides := l.planes(p)
				through.pushAs(l.format, w, h, planes, strides)
				require.Equal(t, want, through.pull().data, "%s, frame %d", l.format, n)
				if taken {
					direct.pushAs(l.format, w, h, planes, strides)
					require.Equal(t, want, direct.pull().data, "%s, frame %d", l.format, n)
				}
			}
			if !taken {
				planes, strides := l.planes(page(w, h, 0))
				direct.pushAs(l.format, w, h, planes, strides)
				require.ErrorContains(t, direct.p.Next(wait).Err, "negotiated", l.format)
			}
		}
	})
}

// guarded copies planes, with a gap after each row, to memory in which either no byte before them
// or none after them can be read.
func guarded(t *testing.T, p *frame, gap int, after bool) (planes [][]byte, strides []int) {
	t.Helper()
	for i := range p.planes {
		w, h := p.size(i)
		stride := w + gap
		plane := make([]byte, stride*(h-1)+w) // The last row has no gap.
		for y := range h {
			copy(plane[y*stride:], p.planes[i][y*w:(y+1)*w])
		}
		planes, strides = append(planes, guard(t, plane, after)), append(strides, stride)
	}
	return planes, strides
}

func guard(t *testing.T, data []byte, after bool) []byte {
	t.Helper()
	edge := os.Getpagesize()
	room := (len(data) + edge - 1) / edge * edge
	all, err := syscall.Mmap(-1, 0, edge+room+edge, syscall.PROT_READ|syscall.PROT_WRITE,
		syscall.MAP_ANON|syscall.MAP_PRIVATE)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, syscall.Munmap(all)) })
	require.NoError(t, syscall.Mprotect(all[:edge], syscall.PROT_NONE))
	require.NoError(t, syscall.Mprotect(all[edge+room:], syscall.PROT_NONE))
	from := edge
	if after {
		from = edge + room - len(data)
	}
	copy(all[from:], data)
	return all[from:][:len(data):len(data)]
}

// TestStrides checks that gaps between rows and the addresses of planes make no difference, and
// that the encoder reads nothing beyond a frame, which would end the process.
func TestStrides(t *testing.T) {
	each(t, func(t *testing.T, e *element) {
		t.Helper()
		for _, size := range [][2]int{{16, 16}, {161, 91}, {178, 118}} {
			w, h := size[0], size[1]
			for _, gap := range []int{0, 1, 3, 64, 1001} {
				before, befores := guarded(t, page(w, h, 1), gap, false)
				after, afters := guarded(t, page(w, h, 2), gap, true)
				plain, f := start(t, e, "screen=true"), start(t, e, "screen=true")
				f.pushAs("I420", w, h, before, befores)
				require.Equal(t, plain.encode(page(w, h, 1)).data, f.pull().data, "%v, gap %d", size, gap)
				f.pushAs("I420", w, h, after, afters)
				require.Equal(t, plain.encode(page(w, h, 2)).data, f.pull().data, "%v, gap %d", size, gap)
			}
		}
	})
}

// TestCroppedFrames checks that a part of a frame in the memory of the whole, as appsrc passes it
// on, is encoded like a copy.
func TestCroppedFrames(t *testing.T) {
	const w, h = 161, 91
	each(t, func(t *testing.T, e *element) {
		t.Helper()
		whole, err := gst.ParseCaps("video/x-raw,format=I420,width=320,height=180,framerate=30/1,colorimetry=bt601")
		require.NoError(t, err)
		defer whole.Unref()
		part := whole.Variant(w, h, 0, 0)
		defer part.Unref()
		plain, f := start(t, e, "screen=true"), start(t, e, "screen=true")
		for n := range 4 {
			p := page(320, 180, n)
			planes, strides := layouts[0].planes(p)
			b := gst.Wrap("I420", p.w, p.h, planes, strides, nil)
			view := b.Crop(part, w, h)
			_, err = f.src.Push(view, part, int64(n)*int64(time.Second/30), int64(time.Second/30))
			view.Unref()
			b.Unref()
			require.NoError(t, err)
			require.Equal(t, plain.encode(p.crop(w, h)).data, f.pull().data, "frame %d", n)
		}
	})
}

// the upper left corner
func (p *frame) crop(w, h int) *frame {
	part := newFrame(w, h)
	for i := range part.planes {
		from, _ := p.size(i)
		width, height := part.size(i)
		for y := range height {
			copy(part.planes[i][y*width:(y+1)*width], p.planes[i][y*from:])
		}
	}
	return part
}
