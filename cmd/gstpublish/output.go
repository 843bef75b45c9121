// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/sink"
)

// record is one line of output: its fields for JSON, text for a user.
type record interface{ text() string }

// round rounds x to a multiple of 1/parts.
func round(x, parts float64) float64 { return math.Round(x*parts) / parts }

// reporter prints records.
type reporter struct {
	w      io.Writer
	format string
	gone   bool // the reader is gone
}

func newReporter(w io.Writer, o *reportOptions) *reporter { return &reporter{w: w, format: o.format} }

// print prints a record, in one write. It reports whether the output still has a reader.
func (r *reporter) print(what record) bool {
	if r.gone || r.format == "none" {
		return !r.gone
	}
	line := what.text()
	if r.format == "json" {
		data, err := json.Marshal(what)
		if err != nil {
			return true // not with numbers and strings
		}
		line = string(data)
	}
	_, err := fmt.Fprintln(r.w, line)
	r.gone = err != nil
	return !r.gone
}

// meter turns counts into rates.
type meter struct {
	start, last   time.Time
	frames, bytes uint64
	layers        map[string]*meter // by name
}

func newMeter() *meter { return (&meter{start: time.Now()}).total() }

// total returns a meter over the whole time.
func (m *meter) total() *meter {
	return &meter{start: m.start, last: m.start, layers: map[string]*meter{}}
}

// rates returns the rates since the previous call, in frames and kbit a second.
func (m *meter) rates(now time.Time, frames, bytes uint64) (fps, kbits float64) {
	seconds := now.Sub(m.last).Seconds()
	if seconds > 0 {
		fps, kbits = float64(frames-m.frames)/seconds, float64(bytes-m.bytes)*8/1000/seconds
	}
	m.last, m.frames, m.bytes = now, frames, bytes
	return fps, kbits
}

// layer returns the meter of a layer.
func (m *meter) layer(name string) *meter {
	if m.layers[name] == nil {
		m.layers[name] = m.total()
	}
	return m.layers[name]
}

// moment is the state of a publication.
type moment struct {
	sink.Stats
	network gstpublish.NetworkStats
	away    bool
}

// published is a record of run. Rates are since the previous record, or at the end over the whole
// time. Counts only grow; they are of all layers together.
type published struct {
	Event   string  `json:"event"` // stats or end
	Why     string  `json:"why,omitempty"`
	Idle    string  `json:"idle,omitempty"`        // why nothing was sent: see sink.Reason
	Detail  string  `json:"idle_detail,omitempty"` // which element of the pipeline produces nothing
	Elapsed float64 `json:"elapsed_s"`
	Codec   string  `json:"codec,omitempty"`
	Encoder string  `json:"encoder,omitempty"`
	Format  string  `json:"format,omitempty"`         // of video that the pipeline has encoded
	Warning string  `json:"format_warning,omitempty"` // which viewers cannot decode that
	Viewers string  `json:"viewer_warning,omitempty"` // that viewers seem to be unable to decode it
	// Conversions are how the pipeline's media was changed for viewers.
	Conversions []string `json:"conversions,omitempty"`
	FPS         float64  `json:"fps"` // of the layer with the most
	Kbits       float64  `json:"kbit_s"`
	counts
	Screen  *screenRecord `json:"screen,omitempty"` // for screens
	Layers  []layerRecord `json:"layers,omitempty"` // from small to large; none if the pipeline encodes its video
	Network networkRecord `json:"network"`
}

// layerRecord is sink.LayerStats.
type layerRecord struct {
	Label     string        `json:"label"` // q, h or f, from small to large; svc for all sizes in one stream; backup
	Layer     string        `json:"layer"` // q, h or f
	Backup    bool          `json:"backup,omitempty"`
	Codec     string        `json:"codec"`
	Encoder   string        `json:"encoder,omitempty"`
	Width     int           `json:"width"`
	Height    int           `json:"height"`
	Sizes     []string      `json:"sizes,omitempty"`         // those in one stream, from small to large
	Encoded   int           `json:"encoded_sizes,omitempty"` // how many of them are encoded now
	Quantizer int           `json:"quantizer"`               // the last frame's, on the codec's own scale; -1 if unknown
	Watched   bool          `json:"watched"`                 // has viewers; otherwise it is not encoded
	Idle      string        `json:"idle,omitempty"`          // why it is not sent now: see sink.Reason
	Off       bool          `json:"off"`                     // the network can't carry it; it is not encoded either
	Share     float64       `json:"share_kbit_s"`            // of the estimate; 0 if unknown
	FPS       float64       `json:"fps"`
	Kbits     float64       `json:"kbit_s"`
	Frames    uint64        `json:"frames"`
	Bytes     uint64        `json:"bytes"`
	KeyFrames uint64        `json:"key_frames"`
	Chroma    string        `json:"chroma"` // 4:2:0 or 4:4:4
	Screen    *screenRecord `json:"screen,omitempty"`
}

// networkRecord is gstpublish.NetworkStats. Rates have all headers in them, and are of video.
type networkRecord struct {
	Connected       bool    `json:"connected"`
	Estimate        float64 `json:"estimate_kbit_s"` // how much to encode; at most about the demand; 0 if unknown
	Pacing          float64 `json:"pacing_kbit_s"`   // how fast one frame may leave
	Link            float64 `json:"link_kbit_s"`     // what the link has been shown to carry; 0 if unknown
	Bound           string  `json:"link_bound"`      // "at least" or "at most" that
	Demand          float64 `json:"demand_kbit_s"`   // the most that would be sent
	Arrived         float64 `json:"arrived_kbit_s"`
	State           string  `json:"state"`
	RTT             float64 `json:"rtt_ms"`       // 0 if unknown
	Queue           float64 `json:"queue_ms"`     // the part of it spent in queues
	Loss            float64 `json:"loss_percent"` // of packets, recently
	Packets         uint64  `json:"packets"`
	Retransmissions uint64  `json:"retransmissions"`
	Refused         uint64  `json:"retransmissions_refused"` // requests that were not answered
	Probes          uint64  `json:"probes"`
	ProbeBytes      uint64  `json:"probe_bytes"`
}

// screenRecord is sink.ScreenStats.
type screenRecord struct {
	Estimate float64 `json:"estimate_kbit_s"` // 0 if there is none
	Target   float64 `json:"target_kbit_s"`   // of the encoder, at the nominal frame rate
	Floor    float64 `json:"floor_kbit_s"`    // of that
	Sent     float64 `json:"sent_kbit_s"`     // in the last second
	FPS      float64 `json:"fps"`             // that is kept to
	Sharp    bool    `json:"sharp"`           // it is still, and as good as it gets, or all but exact
	Exact    bool    `json:"exact"`           // the encoder has lost nothing of it
}

// counts are sink.Stats.
type counts struct {
	Offered            uint64 `json:"offered"`
	Unchanged          uint64 `json:"unchanged"`
	Refused            uint64 `json:"refused"` // for their time stamps
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
	DroppedUnwatched   uint64 `json:"dropped_unwatched"`
	DroppedCongested   uint64 `json:"dropped_congested"`
	DroppedSwitching   uint64 `json:"dropped_switching"`
	DroppedUndecodable uint64 `json:"dropped_undecodable"`
	DroppedDamaged     uint64 `json:"dropped_damaged"`
	DroppedBacklog     uint64 `json:"dropped_backlog"`
	Gaps               uint64 `json:"gaps"` // where samples of a pipeline were missing
	WriteErrors        uint64 `json:"write_errors"`
	TimestampsMissing  uint64 `json:"timestamps_missing"`
	TimestampsReplaced uint64 `json:"timestamps_replaced"`
	TimestampSteps     uint64 `json:"timestamp_steps"` // how often their clock was set
	EncoderSwitches    uint64 `json:"encoder_switches"`
	EncoderFailures    uint64 `json:"encoder_failures"`
	AudioIdle          string `json:"audio_idle,omitempty"` // why no sound is sent: see sink.Reason
	AudioDetail        string `json:"audio_idle_detail,omitempty"`
	AudioPackets       uint64 `json:"audio_packets"`
	AudioBytes         uint64 `json:"audio_bytes"`
}

func publishRecord(event, why string, m *meter, s moment) *published {
	now := time.Now()
	p := &published{
		Event: event, Why: why, Elapsed: round(now.Sub(m.start).Seconds(), 1000),
		Codec: mimeName(s.Codec), Encoder: s.Encoder,
		Format: s.Format, Warning: s.FormatWarning, Viewers: s.ViewerWarning, Conversions: s.Conversions,
		Screen: recordOfScreen(s.Screen), Network: recordOfNetwork(s),
	}
	if event == "stats" {
		p.Idle, p.Detail = idleness(m, s), s.ReasonDetail
	}
	fps, kbits := m.rates(now, s.Sent, s.SentBytes)
	for i, l := range s.Layers {
		if i == 0 {
			fps = 0
		}
		r := recordOfLayer(m, now, l)
		fps = max(fps, r.FPS)
		p.Layers = append(p.Layers, r)
	}
	p.FPS, p.Kbits = round(fps, 100), round(kbits, 10)
	p.counts = counts{
		Offered: s.Offered, Unchanged: s.Unchanged, Refused: s.Refused, Repeats: s.Repeats,
		DroppedFrameRate: s.DroppedFrameRate,
		Frames:           s.Sent, Bytes: s.SentBytes, KeyFrames: s.KeyFrames,
		PLIs: s.PLIs, KeyRequests: s.KeyRequests,
		DroppedQueueFull: s.DroppedQueueFull, DroppedUnbound: s.DroppedUnbound,
		DroppedMuted: s.DroppedMuted, DroppedUnwatched: s.DroppedUnwatched, DroppedCongested: s.DroppedCongested,
		DroppedSwitching: s.DroppedSwitching, DroppedUndecodable: s.DroppedUndecodable,
		DroppedDamaged: s.DroppedDamaged, DroppedBacklog: s.DroppedBacklog, Gaps: s.Gaps, WriteErrors: s.WriteErrors,
		TimestampsMissing: s.TimestampsMissing, TimestampsReplaced: s.TimestampsReplaced, TimestampSteps: s.TimestampSteps,
		EncoderSwitches: s.EncoderSwitches, EncoderFailures: s.EncoderFailures,
		AudioIdle: s.AudioReason.String(), AudioDetail: s.AudioReasonDetail,
		AudioPackets: s.AudioSent, AudioBytes: s.AudioSentBytes,
	}
	return p
}

// idleness returns why no sample was sent since the previous record; empty if some were, or if
// there were none to send.
func idleness(m *meter, s moment) string {
	switch {
	case s.Codec == "" || s.Sent > m.frames:
		return ""
	case s.away:
		return sink.ReasonDisconnected.String()
	}
	return s.Reason.String()
}

func recordOfLayer(m *meter, now time.Time, l sink.LayerStats) layerRecord {
	fps, kbits := m.layer(l.Label()).rates(now, l.Sent, l.SentBytes)
	var sizes []string
	for _, s := range l.Sizes {
		sizes = append(sizes, fmt.Sprintf("%dx%d", s.Width, s.Height))
	}
	return layerRecord{
		Sizes: sizes, Encoded: l.Encoded, Quantizer: l.Quantizer, Chroma: l.Chroma.String(),
		Label: l.Label(), Layer: l.Layer, Backup: l.Backup, Codec: mimeName(l.Codec), Encoder: l.Encoder,
		Width: l.Width, Height: l.Height,
		Watched: l.Watched, Idle: l.Reason.String(), Off: l.Off, Share: kbits1(l.Share), Screen: recordOfScreen(l.Screen),
		FPS: round(fps, 100), Kbits: round(kbits, 10), Frames: l.Sent, Bytes: l.SentBytes, KeyFrames: l.KeyFrames,
	}
}

func recordOfScreen(s sink.ScreenStats) *screenRecord {
	if s.Target == 0 {
		return nil
	}
	return &screenRecord{
		Estimate: kbits1(s.Estimate), Target: kbits1(s.Target), Floor: kbits1(s.Floor),
		Sent: kbits1(s.SentRate), FPS: round(s.FPS, 100), Sharp: s.Sharp, Exact: s.Exact,
	}
}

func recordOfNetwork(s moment) networkRecord {
	n := s.network
	return networkRecord{
		Connected: n.Connected && !s.away,
		Estimate:  kbits1(n.Estimate), Demand: kbits1(n.Demand), Arrived: kbits1(n.AckedRate), State: n.State,
		Pacing: kbits1(n.PacingRate), Link: kbits1(n.LinkRate), Bound: linkBound(n),
		RTT: millis(n.RTT), Queue: millis(n.QueueDelay), Loss: round(100*n.Loss, 10),
		Packets: n.Packets, Retransmissions: n.Retransmissions, Refused: n.RetransmissionsRefused,
		Probes: n.Probes, ProbeBytes: n.ProbeBytes,
	}
}

// kbits1 returns a rate in kbit/s, to one decimal place.
func kbits1(bps int) float64 { return round(float64(bps)/1000, 10) }

// millis returns a time in ms, to one decimal place.
func millis(d time.Duration) float64 { return round(d.Seconds()*1000, 10) }

func (p *published) text() string {
	line := fmt.Sprintf("t=%.1fs", p.Elapsed)
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
func (p *published) idleText() string {
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

func (p *published) videoText() string {
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
func (p *published) layersText() string {
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

func (l *layerRecord) text(atEnd bool) string {
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
