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
	"github.com/gstpublish/gstpublish/internal/viewer"
)

// clip is a recording of a screen at a steady rate, reduced to its changes. Publishers play these.
type clip struct {
	path          string // of raw I420; empty if the recording is reduced
	width, height int
	fps           int
	frames        int

	half *testclip.Clip // in I420
	full *testclip.Clip // nil if the recording is I420
	seek *testclip.Seeker
}

// openClip opens a recording: a clip's file as record-screen writes it, or raw I420 of that size and rate.
func openClip(path string, width, height, fps int) (c *clip, err error) {
	if width < 1 || height < 1 || fps < 1 {
		return nil, fmt.Errorf("--width, --height and --fps must be above 0, got %d, %d and %d", width, height, fps)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening the clip: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	var begin [8]byte
	if _, err = f.ReadAt(begin[:], 0); err != nil {
		return nil, fmt.Errorf("opening the clip %s: %w", path, err)
	}
	var half, full *testclip.Clip
	if !testclip.IsFile(begin[:]) {
		if half, err = readRaw(f, width, height, fps); err != nil {
			return nil, err
		}
		return newClip(path, half, nil), nil
	}
	if full, err = testclip.Read(f); err != nil {
		return nil, err
	}
	if half, err = full.Halve(); err != nil {
		return nil, err
	}
	if half == full {
		full = nil
	}
	return newClip("", half, full), nil
}

func newClip(path string, half, full *testclip.Clip) *clip {
	return &clip{
		path: path, width: half.Width, height: half.Height, fps: half.FPS, frames: half.Frames(),
		half: half, full: full, seek: half.Seek(),
	}
}

// readRaw reduces raw I420 frames, tightly packed.
func readRaw(f *os.File, width, height, fps int) (*testclip.Clip, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("opening the clip: %w", err)
	}
	size := int64(testclip.FrameSize(width, height))
	frames := int(info.Size() / size)
	if info.Size()%size != 0 || frames < 2 {
		return nil, fmt.Errorf("clip %s has %d bytes: it must be two I420 frames of %dx%d (%d bytes each) or more",
			f.Name(), info.Size(), width, height, size)
	}
	return testclip.Reduce(width, height, fps, frames, func(i int, frame []byte) error {
		_, err := f.ReadAt(frame, int64(i)*size)
		return err
	})
}

func (c *clip) interval() time.Duration { return time.Second / time.Duration(c.fps) }

// luma returns the Y plane of a frame. The next call changes its memory.
func (c *clip) luma(i int) []byte { return c.seek.Frame(i)[:c.width*c.height] }

// original returns a frame with the chroma of the recording.
func (c *clip) original(i int) *viewer.Frame {
	from := c.half
	if c.full != nil {
		from = c.full
	}
	return &viewer.Frame{Width: c.width, Height: c.height, YUV: from.Frame(i), FullChroma: c.full != nil}
}

// saveChanges writes the changes to a file in the folder, for publishers to play, and returns its path.
func saveChanges(changes *testclip.Clip, dir, name string) (path string, err error) {
	path = filepath.Join(dir, name)
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
