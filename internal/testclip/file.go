// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package testclip

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// A clip's file has numbers of four bytes, the least significant first, and pixels
// as they are:
//
//	magic "GPCLIP1\n", or "GPCLIP2\n" if frames are I444 instead of I420
//	width, height, frames a second, frames
//	the first frame
//	for each further frame:
//	    moves, spans                  how many of each
//	    for each move: to, from, size in bytes of the frame
//	    for each span: at, size       the same
//	    the bytes of all spans
const (
	magic     = "GPCLIP1\n"
	magicFull = "GPCLIP2\n"
)

// maxFrame bounds the size of a frame that Read accepts.
const maxFrame = 1 << 28

var errNoClip = errors.New("testclip: not a clip of this format")

// WriteTo writes the clip to a file's writer; Read reads it.
func (c *Clip) WriteTo(w io.Writer) (int64, error) {
	counted := &counter{w: w}
	out := bufio.NewWriter(counted)
	first := magic
	if c.FullChroma {
		first = magicFull
	}
	_, _ = out.WriteString(first) // Flush returns the first error.
	put(out, c.Width, c.Height, c.FPS, c.Frames())
	_, _ = out.Write(c.First)
	for i := 1; i < c.Frames(); i++ {
		changes := &c.Changes[i]
		put(out, len(changes.Moves), len(changes.Spans))
		for _, m := range changes.Moves {
			put(out, m.To, m.From, m.Size)
		}
		for _, s := range changes.Spans {
			put(out, s.At, len(s.Data))
		}
		for _, s := range changes.Spans {
			_, _ = out.Write(s.Data)
		}
	}
	if err := out.Flush(); err != nil {
		return counted.n, fmt.Errorf("testclip: writing: %w", err)
	}
	return counted.n, nil
}

// put writes numbers; the writer keeps its first error.
func put(out *bufio.Writer, numbers ...int) {
	for _, n := range numbers {
		var b [4]byte
		binary.LittleEndian.PutUint32(b[:], uint32(n))
		_, _ = out.Write(b[:])
	}
}

// counter counts what is written.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}

// IsFile reports whether the data begins as a clip's file.
func IsFile(data []byte) bool {
	return bytes.HasPrefix(data, []byte(magic)) || bytes.HasPrefix(data, []byte(magicFull))
}

// Read reads a clip that WriteTo has written. It refuses changes outside of the
// frame.
func Read(in io.Reader) (*Clip, error) {
	p := parser{in: bufio.NewReader(in)}
	first := p.bytes(len(magic))
	if !IsFile(first) {
		return nil, errNoClip
	}
	width, height, fps, frames := p.number(), p.number(), p.number(), p.number()
	if min(width, height, fps, frames) < 1 || max(width, height) > maxFrame/max(min(width, height), 1) {
		return nil, errNoClip
	}
	c := &Clip{Width: width, Height: height, FPS: fps, FullChroma: string(first) == magicFull, Changes: []Changes{{}}}
	c.First = p.bytes(c.frameSize())
	for len(c.Changes) < frames && p.err == nil {
		c.Changes = append(c.Changes, p.changes(len(c.First)))
	}
	if p.err != nil {
		return nil, fmt.Errorf("testclip: reading: %w", p.err)
	}
	return c, nil
}

// parser reads what a file has, and keeps the first error: what follows is zero.
type parser struct {
	in  *bufio.Reader
	err error
}

// bytes returns the next n bytes in memory of their own.
func (p *parser) bytes(n int) []byte {
	if p.err != nil {
		return nil
	}
	b := make([]byte, n)
	if _, p.err = io.ReadFull(p.in, b); p.err != nil {
		return nil
	}
	return b
}

// number returns the next number.
func (p *parser) number() int {
	var b [4]byte
	if p.err == nil {
		_, p.err = io.ReadFull(p.in, b[:])
	}
	if n := binary.LittleEndian.Uint32(b[:]); p.err == nil && n <= math.MaxInt32 {
		return int(n)
	}
	if p.err == nil {
		p.err = errNoClip
	}
	return 0
}

// changes returns those of a frame of so many bytes.
func (p *parser) changes(frame int) (c Changes) {
	moves, spans := p.number(), p.number()
	for len(c.Moves) < moves && p.err == nil {
		m := Move{p.number(), p.number(), p.number()}
		p.check(m.To+m.Size <= frame && m.From+m.Size <= frame)
		c.Moves = append(c.Moves, m)
	}
	total := 0
	var sizes []int
	for len(c.Spans) < spans && p.err == nil {
		at, size := p.number(), p.number()
		p.check(at+size <= frame)
		total += size
		p.check(total <= maxFrame)
		c.Spans, sizes = append(c.Spans, Span{At: at}), append(sizes, size)
	}
	if p.err != nil {
		return c
	}
	data := p.bytes(total) // All of a frame's in one piece: it is read as one.
	for i := 0; i < len(sizes) && p.err == nil; i++ {
		c.Spans[i].Data, data = data[:sizes[i]:sizes[i]], data[sizes[i]:]
	}
	return c
}

func (p *parser) check(ok bool) {
	if p.err == nil && !ok {
		p.err = errNoClip
	}
}
