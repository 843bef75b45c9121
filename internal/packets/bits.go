// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package packets

// maxTemplates is the number of template IDs in a dependency descriptor.
const maxTemplates = 64

// structure writes the layers, targets, templates and chains of a stream.
func (d *descriptor) structure() {
	b, targets := &d.bits, d.spatial*d.temporal
	b.put(d.offset, 6)
	b.put(targets-1, 5)
	for i := range targets {
		next := 1 // the next temporal layer
		switch {
		case i == targets-1:
			next = 3 // no more
		case (i+1)%d.temporal == 0:
			next = 2 // the next spatial layer
		}
		b.put(next, 2)
	}
	for template := range targets {
		for target := range targets {
			t := d.temporal
			b.put(templated(template/t, template%t, target/t, target%t), 2)
		}
	}
	b.put(0, targets) // No template has references.
	b.upTo(d.spatial, targets+1)
	for target := range targets {
		b.upTo(target/d.temporal, d.spatial)
	}
	for range targets * d.spatial {
		b.put(0, 4)
	}
	d.resolutions()
}

// resolutions writes the sizes, if all are known.
func (d *descriptor) resolutions() {
	known := true
	for _, size := range d.sizes[:d.spatial] {
		known = known && size[0] > 0 && size[1] > 0
	}
	d.bits.flag(known)
	for _, size := range d.sizes[:d.spatial] {
		if known {
			d.bits.put(size[0]-1, 16)
			d.bits.put(size[1]-1, 16)
		}
	}
}

// bitWriter writes the highest bit first.
type bitWriter struct {
	data [maxDescriptor]byte
	n    int
}

func (b *bitWriter) reset() { *b = bitWriter{} }

func (b *bitWriter) bytes() []byte { return b.data[:(b.n+7)/8] }

func (b *bitWriter) flag(set bool) {
	if set {
		b.put(1, 1)
	} else {
		b.put(0, 1)
	}
}

func (b *bitWriter) put(value, size int) {
	for i := size - 1; i >= 0; i-- {
		b.data[b.n/8] |= byte(value>>i&1) << (7 - b.n%8)
		b.n++
	}
}

// upTo writes a value that is less than n: ns(n) of the specification.
func (b *bitWriter) upTo(value, n int) {
	w := 0
	for x := n; x > 0; x >>= 1 {
		w++
	}
	m := 1<<w - n
	if value < m {
		b.put(value, w-1)
		return
	}
	value += m
	b.put(value>>1, w-1)
	b.put(value&1, 1)
}
