// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"time"
)

// clip is a recording of a screen: raw I420, tightly packed, one frame after
// another at a steady rate.
type clip struct {
	path          string
	width, height int
	fps           int
	frames        int
	file          *os.File
}

// openClip opens a recording. The caller closes it.
func openClip(path string, width, height, fps int) (*clip, error) {
	if width < 1 || height < 1 || fps < 1 {
		return nil, fmt.Errorf("a clip of %dx%d at %d frames/s: all of these are at least 1", width, height, fps)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening the clip: %w", err)
	}
	c := &clip{path: path, width: width, height: height, fps: fps, file: f}
	if err = c.count(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return c, nil
}

// count counts the frames.
func (c *clip) count() error {
	info, err := c.file.Stat()
	if err != nil {
		return fmt.Errorf("opening the clip: %w", err)
	}
	size := int64(c.frameSize())
	if c.frames = int(info.Size() / size); info.Size()%size != 0 || c.frames < 2 {
		return fmt.Errorf("clip %s has %d bytes: it has to be two I420 frames of %dx%d (%d bytes each) or more",
			c.path, info.Size(), c.width, c.height, size)
	}
	return nil
}

func (c *clip) close() error { return c.file.Close() }

func (c *clip) frameSize() int {
	chroma := ((c.width + 1) / 2) * ((c.height + 1) / 2)
	return c.width*c.height + 2*chroma
}

// luma is how many bytes of a frame are its Y plane, which comes first.
func (c *clip) luma() int { return c.width * c.height }

func (c *clip) interval() time.Duration { return time.Second / time.Duration(c.fps) }

// read reads a frame into dst, which is made where it is nil.
func (c *clip) read(i int, dst []byte) ([]byte, error) {
	if dst == nil {
		dst = make([]byte, c.frameSize())
	}
	if _, err := c.file.ReadAt(dst, int64(i)*int64(c.frameSize())); err != nil {
		return nil, fmt.Errorf("reading frame %d of the clip: %w", i, err)
	}
	return dst, nil
}

// readAll reads all frames into memory.
func (c *clip) readAll() ([][]byte, error) {
	all := make([]byte, c.frames*c.frameSize())
	frames := make([][]byte, c.frames)
	for i := range frames {
		frames[i] = all[i*c.frameSize():][:c.frameSize():c.frameSize()]
		if _, err := c.read(i, frames[i]); err != nil {
			return nil, err
		}
	}
	return frames, nil
}

// shape says which frames of a clip are worth looking at.
type shape struct {
	// content is, for each frame, the frame that first had its picture: itself
	// where it differs from the one before, else that one's.
	content []int
	// changed are the frames that differ from the one before. The first isn't
	// among them: no viewer is there yet.
	changed []int
	// rests are the last changed frames before the picture stands still for a
	// second or more.
	rests []int
}

// look compares each frame with the one before it, byte by byte.
func (c *clip) look() (*shape, error) {
	s := &shape{content: make([]int, c.frames)}
	last, err := c.read(0, nil)
	if err != nil {
		return nil, err
	}
	var next []byte
	for i := 1; i < c.frames; i++ {
		if next, err = c.read(i, next); err != nil {
			return nil, err
		}
		s.content[i] = s.content[i-1]
		if !bytes.Equal(last, next) {
			s.content[i] = i
			s.changed = append(s.changed, i)
		}
		last, next = next, last
	}
	for k, i := range s.changed {
		end := c.frames
		if k+1 < len(s.changed) {
			end = s.changed[k+1]
		}
		if end-i > c.fps {
			s.rests = append(s.rests, i)
		}
	}
	return s, nil
}
