// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/gstpublish/gstpublish/internal/viewer"
	"github.com/gstpublish/gstpublish/sink"
)

const outputCategory = "Output"

// reportOptions are how numbers are printed.
type reportOptions struct {
	format   string
	interval time.Duration
}

func (o *reportOptions) flags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{
			Name: "stats", Destination: &o.format, Category: outputCategory,
			Usage: "`FORMAT` of the numbers on standard output: text, json (an object a line) or none", DefaultText: "text",
		},
		&cli.DurationFlag{
			Name: "stats-interval", Destination: &o.interval, Value: time.Second, Category: outputCategory,
			Usage: "`TIME` from one line of numbers to the next",
		},
	}
}

func (o *reportOptions) check(quiet bool) error {
	switch o.format {
	case "":
		o.format = "text"
		if quiet {
			o.format = "none"
		}
	case "text", "json", "none":
	default:
		return usagef("--stats %q: it is text, json or none", o.format)
	}
	if o.interval < 10*time.Millisecond {
		return usagef("--stats-interval %v: it is at least 10ms", o.interval)
	}
	return nil
}

// record is one line of output: its fields for JSON, text for people.
type record interface{ text() string }

// round keeps one part in so many of a number.
func round(x, parts float64) float64 { return math.Round(x*parts) / parts }

// reporter prints records.
type reporter struct {
	w      io.Writer
	format string
	gone   bool // whoever read them is
}

func newReporter(w io.Writer, o *reportOptions) *reporter { return &reporter{w: w, format: o.format} }

// print prints a record, in one write. It tells whether somebody reads it still.
func (r *reporter) print(what record) bool {
	if r.gone || r.format == "none" {
		return !r.gone
	}
	line := what.text()
	if r.format == "json" {
		data, err := json.Marshal(what)
		if err != nil {
			return true // Not of numbers and strings.
		}
		line = string(data)
	}
	_, err := fmt.Fprintln(r.w, line)
	r.gone = err != nil
	return !r.gone
}

// meter makes rates of counts.
type meter struct {
	start, last   time.Time
	frames, bytes uint64
}

func newMeter() *meter {
	now := time.Now()
	return &meter{start: now, last: now}
}

// total is a meter over all of the time.
func (m *meter) total() *meter { return &meter{start: m.start, last: m.start} }

// rates are those since the call before, in frames and kbit a second.
func (m *meter) rates(now time.Time, frames, bytes uint64) (fps, kbits float64) {
	seconds := now.Sub(m.last).Seconds()
	if seconds > 0 {
		fps, kbits = float64(frames-m.frames)/seconds, float64(bytes-m.bytes)*8/1000/seconds
	}
	m.last, m.frames, m.bytes = now, frames, bytes
	return fps, kbits
}

// published is what run tells. Rates are since the record before; of the end, over
// all of the time. Counts only grow.
type published struct {
	Event   string  `json:"event"` // stats or end
	Why     string  `json:"why,omitempty"`
	Elapsed float64 `json:"elapsed_s"`
	Codec   string  `json:"codec,omitempty"`
	Encoder string  `json:"encoder,omitempty"`
	FPS     float64 `json:"fps"`
	Kbits   float64 `json:"kbit_s"`
	counts
	Screen *screenRecord `json:"screen,omitempty"` // of screens
}

// screenRecord is screencast.Status.
type screenRecord struct {
	Estimate float64 `json:"estimate_kbit_s"` // 0 if there is none
	Target   float64 `json:"target_kbit_s"`   // of the encoder, at the nominal frame rate
	Floor    float64 `json:"floor_kbit_s"`    // of that
	Sent     float64 `json:"sent_kbit_s"`     // in the last second
	FPS      float64 `json:"fps"`             // that is kept to
	Sharp    bool    `json:"sharp"`           // it is at rest, and as good as it gets
}

// counts are sink.Stats.
type counts struct {
	Offered            uint64 `json:"offered"`
	Unchanged          uint64 `json:"unchanged"`
	Repeats            uint64 `json:"repeats"`
	Frames             uint64 `json:"frames"`
	Bytes              uint64 `json:"bytes"`
	KeyFrames          uint64 `json:"key_frames"`
	PLIs               uint64 `json:"plis"`
	KeyRequests        uint64 `json:"key_requests"`
	DroppedQueueFull   uint64 `json:"dropped_queue_full"`
	DroppedFrameRate   uint64 `json:"dropped_frame_rate"`
	DroppedUnbound     uint64 `json:"dropped_unbound"`
	DroppedMuted       uint64 `json:"dropped_muted"`
	DroppedSwitching   uint64 `json:"dropped_switching"`
	DroppedUndecodable uint64 `json:"dropped_undecodable"`
	WriteErrors        uint64 `json:"write_errors"`
	EncoderSwitches    uint64 `json:"encoder_switches"`
	EncoderFailures    uint64 `json:"encoder_failures"`
	AudioPackets       uint64 `json:"audio_packets"`
	AudioBytes         uint64 `json:"audio_bytes"`
}

func publishRecord(event, why string, m *meter, s sink.Stats) *published {
	now := time.Now()
	fps, kbits := m.rates(now, s.Sent, s.SentBytes)
	p := &published{
		Event: event, Why: why, Elapsed: round(now.Sub(m.start).Seconds(), 1000),
		Codec: mimeName(s.Codec), Encoder: s.Encoder, FPS: round(fps, 100), Kbits: round(kbits, 10),
	}
	p.counts = counts{
		Offered: s.Offered, Unchanged: s.Unchanged, Repeats: s.Repeats, DroppedFrameRate: s.DroppedFrameRate,
		Frames: s.Sent, Bytes: s.SentBytes, KeyFrames: s.KeyFrames,
		PLIs: s.PLIs, KeyRequests: s.KeyRequests,
		DroppedQueueFull: s.DroppedQueueFull, DroppedUnbound: s.DroppedUnbound,
		DroppedMuted: s.DroppedMuted, DroppedSwitching: s.DroppedSwitching,
		DroppedUndecodable: s.DroppedUndecodable, WriteErrors: s.WriteErrors,
		EncoderSwitches: s.EncoderSwitches, EncoderFailures: s.EncoderFailures,
		AudioPackets: s.AudioSent, AudioBytes: s.AudioSentBytes,
	}
	if screen := s.Screen; screen.Target > 0 {
		p.Screen = &screenRecord{
			Estimate: kbits1(screen.Estimate), Target: kbits1(screen.Target), Floor: kbits1(screen.Floor),
			Sent: kbits1(screen.SentRate), FPS: round(screen.FPS, 100), Sharp: screen.Sharp,
		}
	}
	return p
}

// kbits1 is a rate in kbit/s, to one decimal place.
func kbits1(bps int) float64 { return round(float64(bps)/1000, 10) }

func (p *published) text() string {
	line := fmt.Sprintf("t=%.1fs", p.Elapsed)
	if p.Codec != "" {
		dropped := p.DroppedQueueFull + p.DroppedFrameRate + p.DroppedUnbound + p.DroppedMuted + p.DroppedSwitching +
			p.DroppedUndecodable + p.WriteErrors
		line += fmt.Sprintf(" %s fps=%.1f kbit/s=%.0f frames=%d key=%d pli=%d dropped=%d",
			p.Codec, p.FPS, p.Kbits, p.Frames, p.KeyFrames, p.PLIs, dropped)
	}
	if p.Screen != nil {
		line += fmt.Sprintf(" unchanged=%d target=%.0f", p.Unchanged, p.Screen.Target)
		if p.Screen.Sharp {
			line += " sharp"
		}
	}
	if p.AudioPackets > 0 {
		line += fmt.Sprintf(" audio=%d", p.AudioPackets)
	}
	if p.Why != "" {
		line += " (" + p.Why + ")"
	}
	return line
}

// watched is what watch tells. Rates are over the last two seconds. Counts only
// grow.
type watched struct {
	Event        string  `json:"event"` // stats or end
	Why          string  `json:"why,omitempty"`
	Elapsed      float64 `json:"elapsed_s"`
	Codec        string  `json:"codec,omitempty"`
	Width        int     `json:"width"`
	Height       int     `json:"height"`
	FPS          float64 `json:"fps"`
	Kbits        float64 `json:"kbit_s"`
	Pictures     uint64  `json:"pictures"`
	KeyFrames    uint64  `json:"key_frames"`
	Lost         uint64  `json:"lost"` // packets
	Discarded    uint64  `json:"discarded"`
	PLIs         uint64  `json:"plis"`
	AudioPackets uint64  `json:"audio_packets"`
	FirstPicture float64 `json:"first_picture_ms"` // since subscribing; 0 before
}

func watchRecord(event, why string, start time.Time, s viewer.Stats) *watched {
	return &watched{
		Event: event, Why: why, Elapsed: round(time.Since(start).Seconds(), 1000), Codec: s.Codec,
		Width: s.Width, Height: s.Height, FPS: round(s.FPS, 100), Kbits: round(s.BitsPerSecond/1000, 10),
		Pictures: s.Pictures, KeyFrames: s.KeyFrames, Lost: s.Lost, Discarded: s.Discarded,
		PLIs: s.PLIs, AudioPackets: s.AudioPackets,
		FirstPicture: round(s.FirstPicture.Seconds()*1000, 10),
	}
}

func (w *watched) text() string {
	line := fmt.Sprintf("t=%.1fs", w.Elapsed)
	if w.Codec == "" {
		line += " nothing yet"
	} else {
		line += fmt.Sprintf(" %s %dx%d fps=%.1f kbit/s=%.0f pictures=%d key=%d lost=%d",
			w.Codec, w.Width, w.Height, w.FPS, w.Kbits, w.Pictures, w.KeyFrames, w.Lost)
	}
	if w.AudioPackets > 0 {
		line += fmt.Sprintf(" audio=%d", w.AudioPackets)
	}
	if w.Why != "" {
		line += " (" + w.Why + ")"
	}
	return line
}
