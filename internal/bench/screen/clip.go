// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/gstpublish/gstpublish/internal/testclip"
)

// clip is a recording of a screen: raw I420 frames, tightly packed, at a steady rate. Publishers play its changes.
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
		return nil, fmt.Errorf("--width, --height and --fps must be above 0, got %d, %d and %d", width, height, fps)
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
		return fmt.Errorf("clip %s has %d bytes: it must be two I420 frames of %dx%d (%d bytes each) or more",
			c.path, info.Size(), c.width, c.height, size)
	}
	return nil
}

func (c *clip) close() error { return c.file.Close() }

func (c *clip) frameSize() int { return testclip.FrameSize(c.width, c.height) }

// luma returns the size of a frame's Y plane, which comes first, in bytes.
func (c *clip) luma() int { return c.width * c.height }

func (c *clip) interval() time.Duration { return time.Second / time.Duration(c.fps) }

// read reads a frame into dst, or into a new slice if dst is nil.
func (c *clip) read(i int, dst []byte) ([]byte, error) {
	if dst == nil {
		dst = make([]byte, c.frameSize())
	}
	if _, err := c.file.ReadAt(dst, int64(i)*int64(c.frameSize())); err != nil {
		return nil, fmt.Errorf("reading frame %d of the clip: %w", i, err)
	}
	return dst, nil
}

// changes returns the differences from frame to frame.
func (c *clip) changes() (*testclip.Clip, error) {
	return testclip.Reduce(c.width, c.height, c.fps, c.frames, func(i int, frame []byte) error {
		_, err := c.read(i, frame)
		return err
	})
}

// saveChanges writes the changes to a file in the folder, for publishers to play, and returns its path.
func saveChanges(changes *testclip.Clip, dir string) (path string, err error) {
	path = filepath.Join(dir, "changes")
	f, err := os.Create(path)
	if err != nil {
		return "", err
	}
	_, err = changes.WriteTo(f)
	return path, errors.Join(err, f.Close())
}

// shape has the frames of a clip that matter for the measurement.
type shape struct {
	// content has, for each frame, the index of the frame that first had the same content: its own if it differs from
	// the previous frame.
	content []int
	// changed are the frames that differ from the previous one. The first frame is not among them, since no viewer has
	// joined then.
	changed []int
	// rests are the last changed frames before the clip is still for at least a second.
	rests []int
}

// shapeOf finds the shape of a clip.
func shapeOf(c *testclip.Clip) *shape {
	s := &shape{content: make([]int, c.Frames()), changed: c.Changed()}
	for k, i := range s.changed {
		end := c.Frames()
		if k+1 < len(s.changed) {
			end = s.changed[k+1]
		}
		for same := i; same < end; same++ {
			s.content[same] = i
		}
		if end-i > c.FPS {
			s.rests = append(s.rests, i)
		}
	}
	return s
}

// motion is a range of frames without a rest, by its first and last changed frame.
type motion struct{ from, to int }

func (s *shape) motions() []motion {
	var all []motion
	for k, i := range s.changed {
		if k == 0 || slices.Contains(s.rests, s.changed[k-1]) {
			all = append(all, motion{from: i})
		}
		all[len(all)-1].to = i
	}
	return all
}
