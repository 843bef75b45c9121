// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package viewer

import (
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"time"
)

// Frame is a decoded frame. The caller owns its memory.
type Frame struct {
	// Width and Height are in px. They may differ from those of the previous frame.
	Width, Height int
	// YUV holds the planes Y, U and V, without padding in rows or between planes. U and V have
	// (Width+1)/2 by (Height+1)/2 samples, or Width by Height with FullChroma (4:4:4).
	YUV        []byte
	FullChroma bool
	// RTPTime is the RTP timestamp, at 90 kHz. LiveKit's server adds an offset; differences are the
	// publisher's.
	RTPTime uint32
	// Key reports whether the frame is a key frame.
	Key bool
	// Bytes is the size of its sample.
	Bytes int
	// Received is when the last packet arrived. Decoded is when the decoder output the frame.
	Received, Decoded time.Time
}

// RGBA converts the frame from BT.601 in limited range, which WebRTC receivers assume unless the
// stream signals another color space.
//
//go:norace
func (p *Frame) RGBA() *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, p.Width, p.Height))
	chromaWidth, chromaHeight := chromaSize(p.Width, p.Height, p.FullChroma)
	shift := 1
	if p.FullChroma {
		shift = 0
	}
	luma := p.YUV[:p.Width*p.Height]
	u := p.YUV[len(luma):][:chromaWidth*chromaHeight]
	v := p.YUV[len(luma)+len(u):][:chromaWidth*chromaHeight]
	for y := range p.Height {
		chroma := y >> shift * chromaWidth
		convertRow(img.Pix[y*img.Stride:][:4*p.Width], luma[y*p.Width:][:p.Width],
			u[chroma:][:chromaWidth], v[chroma:][:chromaWidth], shift)
	}
	return img
}

// chromaSize returns the size of the planes U and V.
func chromaSize(width, height int, full bool) (w, h int) {
	if full {
		return width, height
	}
	return (width + 1) / 2, (height + 1) / 2
}

// convertRow implements ITU-R BT.601-7, section 2.5, in fixed point with 16 fractional bits. Y
// ranges from 16 to 235, U and V from 16 to 240. shift is 1 if they have half the width, else 0.
//
//go:norace
func convertRow(dst, luma, u, v []byte, shift int) {
	const (
		scale = 1 << 16
		luma1 = scale * 255 / 219
		redV  = scale * 255 * 1402 / (224 * 1000)
		grnU  = scale * 255 * 344136 / (224 * 1000000)
		grnV  = scale * 255 * 714136 / (224 * 1000000)
		bluU  = scale * 255 * 1772 / (224 * 1000)
	)
	for x, l := range luma {
		y := (int(l) - 16) * luma1
		cb, cr := int(u[x>>shift])-128, int(v[x>>shift])-128
		pixel := dst[4*x : 4*x+4]
		pixel[0] = clip(y + redV*cr)
		pixel[1] = clip(y - grnU*cb - grnV*cr)
		pixel[2] = clip(y + bluU*cb)
		pixel[3] = 255
	}
}

// clip rounds a number with 16 fractional bits to a byte.
func clip(v int) byte { return byte(min(max((v+1<<15)>>16, 0), 255)) }

// SavePNG writes the frame to a file, as RGB. It replaces a file of that name. If writing fails, it
// leaves no file.
func SavePNG(path string, p *Frame) error {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("viewer: saving a frame: %w", err)
	}
	if err := errors.Join(png.Encode(f, p.RGBA()), f.Close()); err != nil {
		return errors.Join(fmt.Errorf("viewer: saving a frame to %s: %w", path, err), os.Remove(path))
	}
	return nil
}
