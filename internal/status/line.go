// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package status writes the live line of a terminal: it describes a publication in as much detail as the width allows,
// and is rewritten in place below other lines.
package status

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gstpublish/gstpublish/internal/report"
	"github.com/gstpublish/gstpublish/sink"
)

// detail is how much a line says. Each is left out before the next, if there is no room for all.
type detail int

const (
	causes detail = iota // of drops
	encoder
	keys
	clock
	loss
	roundTrip
	size
	drops
	viewing
	codec
	nothing // but the state and the rates
)

// Line returns what a line of at most width columns says of a publication with some viewers.
func Line(p *report.Published, viewers, width int) string {
	for left := causes; left <= nothing; left++ {
		if line := compose(p, viewers, left); utf8.RuneCountInString(line) <= width {
			return line
		}
	}
	line := []rune(compose(p, viewers, nothing))
	if width < 1 {
		return ""
	}
	return string(line[:width-1]) + "…"
}

// compose writes all that is worth more than what has been left out.
func compose(p *report.Published, viewers int, left detail) string {
	parts := []string{state(p)}
	add := func(d detail, text string) {
		if text != "" && d >= left {
			parts = append(parts, text)
		}
	}
	add(codec, strings.TrimSpace(p.Codec+" "+encoderOf(p, left)))
	add(size, sizeOf(p))
	if p.Codec != "" {
		parts = append(parts, fmt.Sprintf("%.1f fps", p.FPS), rates(p))
	}
	if n := &p.Network; n.RTT > 0 {
		add(roundTrip, fmt.Sprintf("rtt %.0f ms", math.Ceil(n.RTT)))
		add(loss, fmt.Sprintf("loss %.1f %%", n.Loss))
	}
	if p.Codec != "" {
		add(keys, fmt.Sprintf("key %d", p.KeyFrames))
		add(drops, dropped(p, left))
	}
	add(viewing, fmt.Sprintf("viewers %d", viewers))
	elapsed := time.Duration(p.Elapsed * float64(time.Second)).Truncate(time.Second)
	add(clock, fmt.Sprintf("%d:%02d", int(elapsed.Minutes()), int(elapsed.Seconds())%60))
	return strings.Join(parts, "  ")
}

// state is the state of a publication, in a word or two.
func state(p *report.Published) string {
	switch {
	case p.Idle == sink.ReasonUnwatched.String():
		return "no viewers"
	case p.Idle == sink.ReasonDisconnected.String():
		return "reconnecting"
	case p.Idle == sink.ReasonNoFrames.String() && p.Detail != "":
		return p.Detail
	case p.Idle != "":
		return p.Idle
	case p.Screen != nil && p.Screen.Sharp:
		return "still"
	}
	return "live"
}

func encoderOf(p *report.Published, left detail) string {
	if left > encoder {
		return ""
	}
	return p.Encoder
}

// sizeOf is the largest size, and how many there are.
func sizeOf(p *report.Published) string {
	count, largest := 0, ""
	for i := range p.Layers {
		if l := &p.Layers[i]; !l.Backup && l.Width > 0 {
			count += max(1, len(l.Sizes))
			largest = fmt.Sprintf("%dx%d", l.Width, l.Height)
		}
	}
	if count > 1 {
		largest += fmt.Sprintf(" (%d sizes)", count)
	}
	return largest
}

// rates are what is sent, and what the encoders are asked for.
func rates(p *report.Published) string {
	target := 0.0
	for i := range p.Layers {
		if l := &p.Layers[i]; l.Watched && !l.Off {
			target += l.Target
		}
	}
	if target == 0 {
		return fmt.Sprintf("%.0f kbit/s", p.Kbits)
	}
	return fmt.Sprintf("%.0f/%.0f kbit/s", p.Kbits, target)
}

// dropped counts drops, by cause if there is room. Frames without viewers are not worth mentioning.
func dropped(p *report.Published, left detail) string {
	type cause struct {
		name  string
		count uint64
	}
	found := []cause{
		{"network", p.DroppedCongested},
		{"encoder", p.DroppedQueueFull},
		{"frame rate", p.DroppedFrameRate},
		{"muted", p.DroppedMuted},
		{"switching", p.DroppedSwitching},
		{"unbound", p.DroppedUnbound},
		{"undecodable", p.DroppedUndecodable},
		{"damaged", p.DroppedDamaged},
		{"backlog", p.DroppedBacklog},
		{"write errors", p.WriteErrors},
	}
	total := uint64(0)
	for _, c := range found {
		total += c.count
	}
	text := fmt.Sprintf("dropped %d", total)
	if total == 0 || left > causes {
		return text
	}
	slices.SortStableFunc(found, func(a, b cause) int { return cmp.Compare(b.count, a.count) })
	var names []string
	for _, c := range found {
		if c.count > 0 {
			names = append(names, fmt.Sprintf("%s %d", c.name, c.count))
		}
	}
	return text + " (" + strings.Join(names, ", ") + ")"
}
