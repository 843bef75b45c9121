// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"time"

	"github.com/gstpublish/gstpublish/internal/viewer"
)

// Watch returns the record of a viewer: stats, or end with the reason for it.
func Watch(event, why string, start time.Time, s viewer.Stats) *Watched {
	return &Watched{
		Head: Head{Event: event, Why: why}, Elapsed: Round(time.Since(start).Seconds(), 1000), Codec: s.Codec,
		Width: s.Width, Height: s.Height, FPS: Round(s.FPS, 100), Kbits: Round(s.BitsPerSecond/1000, 10),
		Decoded: s.Decoded, KeyFrames: s.KeyFrames, Lost: s.Lost, Discarded: s.Discarded, Unshown: s.Unshown,
		PLIs: s.PLIs, AudioPackets: s.AudioPackets,
		FirstFrame: Round(s.FirstFrame.Seconds()*1000, 10),
	}
}

// Text returns the record in words, for standard output.
func (w *Watched) Text() string {
	line := fmt.Sprintf("t=%.1fs", w.Elapsed)
	if w.Codec == "" {
		line += " nothing yet"
	} else {
		line += fmt.Sprintf(" %s %dx%d fps=%.1f kbit/s=%.0f frames=%d key=%d lost=%d",
			w.Codec, w.Width, w.Height, w.FPS, w.Kbits, w.Decoded, w.KeyFrames, w.Lost)
	}
	if w.Unshown > 0 {
		line += fmt.Sprintf(" not shown by browsers=%d", w.Unshown)
	}
	if w.AudioPackets > 0 {
		line += fmt.Sprintf(" audio=%d", w.AudioPackets)
	}
	if w.Why != "" {
		line += " (" + w.Why + ")"
	}
	return line
}
