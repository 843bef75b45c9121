// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/gstpublish/gstpublish/sink"
)

// Text returns the record in words, for standard output.
func (p *Published) Text() string {
	line := fmt.Sprintf("t=%.1fs", p.Elapsed)
	if p.Track != "" {
		line = p.Track + ": " + line
	}
	switch {
	case p.Idle != "":
		line += " " + p.Codec + " " + p.idleText()
	case p.Codec != "":
		line += p.videoText()
	}
	if p.AudioPackets > 0 {
		line += fmt.Sprintf(" audio=%d", p.AudioPackets)
	}
	if p.Why != "" {
		line += " (" + p.Why + ")"
	}
	return line + p.layersText()
}

// idleText is for those who wonder where the numbers are.
func (p *Published) idleText() string {
	what := "nothing is sent"
	if len(p.Layers) > 0 {
		what = "nothing is encoded"
	}
	switch p.Idle {
	case sink.ReasonUnwatched.String():
		return "no viewers: " + what
	case sink.ReasonDisconnected.String():
		return "no connection: nothing is sent"
	case sink.ReasonNoFrames.String():
		if p.Detail != "" {
			return p.Idle + ": " + p.Detail
		}
		return p.Idle + ": " + what
	default:
		return p.Idle + ": " + what
	}
}

func (p *Published) videoText() string {
	dropped := p.DroppedQueueFull + p.DroppedUnbound + p.DroppedMuted + p.DroppedSwitching + p.DroppedUndecodable +
		p.WriteErrors
	if p.Screen != nil {
		dropped += p.DroppedFrameRate // Of a camera they are those that its smaller layers don't have.
	}
	text := fmt.Sprintf(" %s fps=%.1f kbit/s=%.0f frames=%d key=%d pli=%d dropped=%d",
		p.Codec, p.FPS, p.Kbits, p.Frames, p.KeyFrames, p.PLIs, dropped)
	if p.DroppedCongested > 0 {
		text += fmt.Sprintf(" congested=%d", p.DroppedCongested)
	}
	if p.Screen != nil {
		text += fmt.Sprintf(" unchanged=%d target=%.0f", p.Unchanged, p.Screen.Target)
		switch {
		case p.Screen.Exact:
			text += " exact"
		case p.Screen.Sharp:
			text += " sharp"
		}
	}
	n := &p.Network
	if n.Link > 0 && len(p.Layers) > 0 { // Without layers, it follows what is sent.
		sign := map[string]string{"at least": ">=", "at most": "<="}[n.Bound]
		text += fmt.Sprintf(" network%s%.0f", sign, n.Link)
	}
	if n.RTT > 0 {
		text += fmt.Sprintf(" rtt=%.0fms", math.Ceil(n.RTT))
	}
	if n.Queue >= worthTelling {
		text += fmt.Sprintf(" queue=%.0fms", n.Queue)
	}
	if n.Loss >= 0.1 {
		text += fmt.Sprintf(" loss=%.1f%%", n.Loss)
	}
	return text
}

// worthTelling is a time in a network's queues, in ms: less is there at any time.
const worthTelling = 10

// layersText returns a line for each layer, the largest first and the backup last. It omits an unused backup.
func (p *Published) layersText() string {
	var lines, backup string
	count := 0
	for _, l := range slices.Backward(p.Layers) {
		line := "\n  " + l.text(p.Event == "end")
		switch {
		case !l.Backup:
			lines += line
		case l.Encoder != "":
			backup += line
		default:
			continue
		}
		count += max(1, len(l.Sizes))
	}
	if count < 2 || p.Idle != "" {
		return ""
	}
	return lines + backup
}

func (l *Layer) text(atEnd bool) string {
	size, encoder := fmt.Sprintf("%dx%d", l.Width, l.Height), l.Encoder
	switch {
	case l.Backup:
		encoder += " (backup)"
	case len(l.Sizes) > 1:
		encoder += fmt.Sprintf(" (%d of the sizes %s in one stream)", l.Encoded, strings.Join(l.Sizes, ", "))
	}
	switch {
	case l.Width == 0:
		return "none      the frame is too small for this many layers"
	case atEnd || l.FPS > 0:
		return fmt.Sprintf("%-9s %s fps=%.1f kbit/s=%.0f frames=%d key=%d",
			size, encoder, l.FPS, l.Kbits, l.Frames, l.KeyFrames)
	case l.Idle == sink.ReasonCongested.String():
		return fmt.Sprintf("%-9s off: exceeds what the network carries", size)
	case l.Idle == sink.ReasonUnwatched.String():
		return fmt.Sprintf("%-9s no viewers", size)
	case l.Idle != "":
		return fmt.Sprintf("%-9s %s", size, l.Idle)
	default:
		return fmt.Sprintf("%-9s %s, no sample yet", size, encoder)
	}
}
