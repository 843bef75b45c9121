// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package testclip

import "slices"

// markEvery is how many frames are from one whole frame that a Seeker keeps to the next.
const markEvery = 32

// Seeker returns the frames of a clip in any order. It keeps some of them whole, so that going back takes few steps. It
// is not safe for concurrent use.
type Seeker struct {
	player *Player
	marks  map[int][]byte // whole frames, by index
}

// Seek returns a Seeker for the clip.
func (c *Clip) Seek() *Seeker { return &Seeker{player: c.Play(), marks: map[int][]byte{0: c.First}} }

// Frame returns a frame of the clip. The next call changes its memory. The index must be one of the clip.
func (s *Seeker) Frame(index int) []byte {
	p := s.player
	mark := index / markEvery * markEvery
	for s.marks[mark] == nil {
		mark -= markEvery
	}
	if index < p.index || mark > p.index {
		copy(p.frame, s.marks[mark])
		p.index = mark
	}
	for p.index < index && p.Next() {
		if p.index%markEvery == 0 && s.marks[p.index] == nil {
			s.marks[p.index] = slices.Clone(p.frame)
		}
	}
	return p.frame
}
