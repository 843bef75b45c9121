// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package testclip

// Halve returns a clip with full chroma in I420, as a publisher of 4:2:0 would convert it: a sample of chroma is the
// mean of the four pixels that it stands for. A clip that is I420 already is returned as it is.
func (c *Clip) Halve() (*Clip, error) {
	if !c.FullChroma {
		return c, nil
	}
	p := c.Play()
	half := make([]byte, FrameSize(c.Width, c.Height))
	return Reduce(c.Width, c.Height, c.FPS, c.Frames(), func(i int, frame []byte) error {
		if i > 0 {
			p.Next()
		}
		if i == 0 || !c.Changes[i].Empty() {
			halve(half, p.Pixels(), c.Width, c.Height)
		}
		copy(frame, half)
		return nil
	})
}

// halve converts an I444 frame to I420.
func halve(dst, src []byte, width, height int) {
	luma := width * height
	copy(dst[:luma], src[:luma])
	w, h := (width+1)/2, (height+1)/2
	for i := range 2 {
		from, to := src[luma*(1+i):][:luma], dst[luma+i*w*h:][:w*h]
		for y := range h {
			upper := from[2*y*width:][:width]
			lower := from[min(2*y+1, height-1)*width:][:width]
			halveRow(to[y*w:][:w], upper, lower)
		}
	}
}

// halveRow averages two rows. Of an odd width, the last pixel counts twice.
//
//go:norace
func halveRow(dst, upper, lower []byte) {
	last := len(upper) - 1
	for x := range dst {
		a, b := 2*x, min(2*x+1, last)
		dst[x] = byte((int(upper[a]) + int(upper[b]) + int(lower[a]) + int(lower[b]) + 2) / 4)
	}
}
