// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package appsrc

// rotatePlane writes one plane of a validated frame to dst, turned clockwise.
func rotatePlane(dst Plane, frame *VideoFrame, i int, r Rotation) {
	p := frame.Type.format().planes[i]
	rowBytes, rows := frame.Type.PlaneSize(i, frame.Width, frame.Height)
	g := grid{src: frame.Planes[i], dst: dst, w: rowBytes / p.group, h: rows}
	if p.hsub != p.vsub && r != Rotation180 {
		g.quarterHalved(r, frame.Width, frame.Height)
		return
	}
	switch p.group {
	case 1:
		g.rotate1(r)
	case 2:
		g.rotate2(r)
	case 3:
		g.rotate3(r)
	case 4:
		g.rotate4(r)
	}
}

// grid is a plane of w by h groups of bytes on its way from src to dst.
type grid struct {
	src, dst Plane
	w, h     int
}

// steps tells where in dst the first group of row y goes, and how far the
// following ones are apart, in bytes.
func (g grid) steps(r Rotation, y, group int) (at, step int) {
	switch r {
	case Rotation90:
		return (g.h - 1 - y) * group, g.dst.Stride
	case Rotation180:
		return (g.h-1-y)*g.dst.Stride + (g.w-1)*group, -group
	default: // Rotation270
		return (g.w-1)*g.dst.Stride + y*group, -g.dst.Stride
	}
}

func (g grid) rotate1(r Rotation) {
	for y := range g.h {
		at, step := g.steps(r, y, 1)
		for _, v := range g.src.Data[y*g.src.Stride:][:g.w] {
			g.dst.Data[at] = v
			at += step
		}
	}
}

func (g grid) rotate2(r Rotation) {
	for y := range g.h {
		at, step := g.steps(r, y, 2)
		row := g.src.Data[y*g.src.Stride:]
		for x := range g.w {
			*(*[2]byte)(g.dst.Data[at:]) = *(*[2]byte)(row[2*x:])
			at += step
		}
	}
}

func (g grid) rotate3(r Rotation) {
	for y := range g.h {
		at, step := g.steps(r, y, 3)
		row := g.src.Data[y*g.src.Stride:]
		for x := range g.w {
			*(*[3]byte)(g.dst.Data[at:]) = *(*[3]byte)(row[3*x:])
			at += step
		}
	}
}

func (g grid) rotate4(r Rotation) {
	for y := range g.h {
		at, step := g.steps(r, y, 4)
		row := g.src.Data[y*g.src.Stride:]
		for x := range g.w {
			*(*[4]byte)(g.dst.Data[at:]) = *(*[4]byte)(row[4*x:])
			at += step
		}
	}
}

// quarterHalved turns a chroma plane of 4:2:2 by a quarter. What was halved in
// width must be halved in width again: a sample of the result is the mean of
// two rows of the source, and each column of the source serves two rows.
func (g grid) quarterHalved(r Rotation, width, height int) {
	for y := range width {
		for x := range (height + 1) / 2 {
			// The place in the source, in whole pixels, of columns 2x and 2x+1.
			a, b, column := 2*x, min(2*x+1, height-1), width-1-y
			if r == Rotation90 {
				a, b, column = height-1-a, height-1-b, y
			}
			sum := int(g.src.Data[a*g.src.Stride+column/2]) + int(g.src.Data[b*g.src.Stride+column/2])
			g.dst.Data[y*g.dst.Stride+x] = byte((sum + 1) / 2)
		}
	}
}
