// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/gstpublish/gstpublish/internal/viewer"
)

const (
	// cropZoom is how many times the images of crops are magnified.
	cropZoom = 2
	// cropGap is the px between crops.
	cropGap = 8
)

// parseCrop reads X,Y,W,H. The result has even numbers, for chroma.
func parseCrop(text string) (image.Rectangle, error) {
	parts := strings.Split(text, ",")
	var n [4]int
	var err error
	for i := 0; i < len(n) && err == nil && len(parts) == len(n); i++ {
		n[i], err = strconv.Atoi(parts[i])
	}
	if err != nil || len(parts) != len(n) || min(n[0], n[1]) < 0 || min(n[2], n[3]) < 1 {
		return image.Rectangle{}, fmt.Errorf("--crop must be X,Y,W,H in px, got %q", text)
	}
	x, y := n[0]&^1, n[1]&^1
	return image.Rect(x, y, x+(n[2]+1)&^1, y+(n[3]+1)&^1), nil
}

// crops are the same place of the screen in two frames: in motion, and in the clip's last frame.
type crops struct{ motion, last *image.RGBA }

// cropFrame returns the frame of the clip that is cropped in motion: the one in the middle of those that change.
func (b *benchmark) cropFrame() int {
	if b.cropAt >= 0 && b.cropAt < b.clip.frames || len(b.shape.changed) == 0 {
		return max(b.cropAt, 0)
	}
	return b.shape.changed[len(b.shape.changed)/2]
}

// originalCrops returns the crops of the recording.
func (b *benchmark) originalCrops() crops {
	motion := b.cropImage(cut(b.clip.original(b.cropFrame()), b.crop))
	return crops{motion, b.cropImage(cut(b.clip.original(b.clip.frames-1), b.crop))}
}

// cropsOf returns the crops of what a viewer has: of the newest decoded frame of each or of an earlier one.
func (b *benchmark) cropsOf(m *match, cropped []*viewer.Frame) crops {
	at := 0
	for at+1 < len(cropped) && m.frames[at+1] <= b.cropFrame() {
		at++
	}
	return crops{b.cropImage(cropped[at]), b.cropImage(cropped[len(cropped)-1])}
}

// cropImage converts a crop. Where the frame does not reach, it is empty.
func (b *benchmark) cropImage(p *viewer.Frame) *image.RGBA {
	img := image.NewRGBA(image.Rectangle{Max: b.crop.Size()})
	draw.Draw(img, img.Rect, p.RGBA(), image.Point{}, draw.Src)
	return img
}

// cut returns a copy of a place of a frame, which begins at even pixels.
func cut(p *viewer.Frame, place image.Rectangle) *viewer.Frame {
	place = place.Intersect(image.Rect(0, 0, p.Width, p.Height))
	c := &viewer.Frame{Width: place.Dx(), Height: place.Dy(), FullChroma: p.FullChroma}
	c.YUV = appendPlane(nil, p.YUV, p.Width, place)
	width, height := p.Width, p.Height
	if !p.FullChroma {
		width, height = (width+1)/2, (height+1)/2
		place = image.Rect(place.Min.X/2, place.Min.Y/2, (place.Max.X+1)/2, (place.Max.Y+1)/2)
	}
	chroma := p.YUV[p.Width*p.Height:]
	c.YUV = appendPlane(c.YUV, chroma, width, place)
	c.YUV = appendPlane(c.YUV, chroma[width*height:], width, place)
	return c
}

// appendPlane appends a place of a plane.
func appendPlane(dst, plane []byte, width int, place image.Rectangle) []byte {
	for y := place.Min.Y; y < place.Max.Y; y++ {
		dst = append(dst, plane[y*width+place.Min.X:][:place.Dx()]...)
	}
	return dst
}

// sheet returns crops magnified, each publisher's in a row.
func sheet(rows []crops) *image.RGBA {
	one := rows[0].last.Rect.Size().Mul(cropZoom)
	all := image.NewRGBA(image.Rect(0, 0, 2*one.X+cropGap, len(rows)*(one.Y+cropGap)-cropGap))
	draw.Draw(all, all.Rect, image.NewUniform(color.Gray{128}), image.Point{}, draw.Src)
	for i, row := range rows {
		at := image.Pt(0, i*(one.Y+cropGap))
		magnify(all, at, row.motion)
		magnify(all, at.Add(image.Pt(one.X+cropGap, 0)), row.last)
	}
	return all
}

// magnify draws an image with each pixel as a square.
func magnify(dst *image.RGBA, at image.Point, src *image.RGBA) {
	size := src.Rect.Size().Mul(cropZoom)
	for y := range size.Y {
		for x := range size.X {
			dst.SetRGBA(at.X+x, at.Y+y, src.RGBAAt(src.Rect.Min.X+x/cropZoom, src.Rect.Min.Y+y/cropZoom))
		}
	}
}

// writeCrops writes an image for each codec, limit and link: the recording above, then another publisher, then ours. It
// returns lines that say what is in them.
func (b *benchmark) writeCrops(results []*result) (string, error) {
	if b.crop.Empty() {
		return "", nil
	}
	sorted := slices.Clone(results)
	slices.SortStableFunc(sorted, func(a, o *result) int {
		switch {
		case a.Publisher == b.againstName && o.Publisher != b.againstName:
			return -1
		case a.Publisher != b.againstName && o.Publisher == b.againstName:
			return 1
		}
		return 0
	})
	var text strings.Builder
	done := map[string]bool{}
	for _, first := range results {
		name := first.sheetName()
		if done[name] {
			continue
		}
		done[name] = true
		rows, names := []crops{b.originalCrops()}, []string{"the recording"}
		for _, r := range sorted {
			if r.crops.last != nil && r.Repeat == 0 && r.sheetName() == name {
				rows, names = append(rows, r.crops), append(names, strings.TrimSpace(r.Publisher+" "+r.Encoder))
			}
		}
		if err := savePNG(filepath.Join(b.out, name), sheet(rows)); err != nil {
			return "", err
		}
		fmt.Fprintf(&text, "%s, from above: %s; on the left frame %d, on the right the last one.\n",
			name, strings.Join(names, ", "), b.cropFrame())
	}
	return text.String(), nil
}

// sheetName returns the name of the file with the crops of a result beside those of other publishers.
func (r *result) sheetName() string {
	name := fmt.Sprintf("crops-%s-%s-%d", r.Codec, r.kindAndLink(), r.Bitrate)
	return strings.NewReplacer(", ", "-", " ", "-", "/", "").Replace(name) + ".png"
}
