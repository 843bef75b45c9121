// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/sink"
)

// Round rounds x to a multiple of 1/parts.
func Round(x, parts float64) float64 { return math.Round(x*parts) / parts }

// MimeName returns VP8 for video/VP8.
func MimeName(mimeType string) string {
	_, name, _ := strings.Cut(mimeType, "/")
	return name
}

// LinkBound says what the rate of the link is.
func LinkBound(n gstpublish.NetworkStats) string {
	if n.LinkIsLimit {
		return "at most"
	}
	return "at least"
}

// Meter turns counts into rates. It must not be used concurrently.
type Meter struct {
	start, last   time.Time
	frames, bytes uint64
	layers        map[string]*Meter // by name
}

// NewMeter returns a meter that starts now.
func NewMeter() *Meter { return (&Meter{start: time.Now()}).Total() }

// Total returns a meter over the whole time.
func (m *Meter) Total() *Meter {
	return &Meter{start: m.start, last: m.start, layers: map[string]*Meter{}}
}

// rates returns the rates since the previous call, in frames and kbit a second.
func (m *Meter) rates(now time.Time, frames, bytes uint64) (fps, kbits float64) {
	seconds := now.Sub(m.last).Seconds()
	if seconds > 0 {
		fps, kbits = float64(frames-m.frames)/seconds, float64(bytes-m.bytes)*8/1000/seconds
	}
	m.last, m.frames, m.bytes = now, frames, bytes
	return fps, kbits
}

// layer returns the meter of a layer.
func (m *Meter) layer(name string) *Meter {
	if m.layers[name] == nil {
		m.layers[name] = m.Total()
	}
	return m.layers[name]
}

// Moment is the state of a publication.
type Moment struct {
	sink.Stats

	Network gstpublish.NetworkStats
	Away    bool // the connection is interrupted
}

// Publish returns the record of a publication: stats, or end with the reason for it.
func Publish(event, why string, m *Meter, s Moment) *Published {
	now := time.Now()
	p := &Published{
		Head: Head{Event: event, Why: why}, Elapsed: Round(now.Sub(m.start).Seconds(), 1000),
		Codec: MimeName(s.Codec), Encoder: s.Encoder,
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
	p.FPS, p.Kbits = Round(fps, 100), Round(kbits, 10)
	p.Counts = Counts{
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
func idleness(m *Meter, s Moment) string {
	switch {
	case s.Codec == "" || s.Sent > m.frames:
		return ""
	case s.Away:
		return sink.ReasonDisconnected.String()
	}
	return s.Reason.String()
}

func recordOfLayer(m *Meter, now time.Time, l sink.LayerStats) Layer {
	fps, kbits := m.layer(l.Label()).rates(now, l.Sent, l.SentBytes)
	var sizes []string
	for _, s := range l.Sizes {
		sizes = append(sizes, fmt.Sprintf("%dx%d", s.Width, s.Height))
	}
	return Layer{
		Sizes: sizes, Encoded: l.Encoded, Quantizer: l.Quantizer, Chroma: l.Chroma.String(),
		Label: l.Label(), Layer: l.Layer, Backup: l.Backup, Codec: MimeName(l.Codec), Encoder: l.Encoder,
		Width: l.Width, Height: l.Height,
		Watched: l.Watched, Idle: l.Reason.String(), Off: l.Off,
		Target: Kbits(l.Target), Share: Kbits(l.Share), Screen: recordOfScreen(l.Screen),
		FPS: Round(fps, 100), Kbits: Round(kbits, 10), Frames: l.Sent, Bytes: l.SentBytes, KeyFrames: l.KeyFrames,
	}
}

func recordOfScreen(s sink.ScreenStats) *Screen {
	if s.Target == 0 {
		return nil
	}
	return &Screen{
		Estimate: Kbits(s.Estimate), Target: Kbits(s.Target), Floor: Kbits(s.Floor),
		Sent: Kbits(s.SentRate), FPS: Round(s.FPS, 100), Sharp: s.Sharp, Exact: s.Exact,
	}
}

func recordOfNetwork(s Moment) Network {
	n := s.Network
	return Network{
		Connected: n.Connected && !s.Away,
		Estimate:  Kbits(n.Estimate), Demand: Kbits(n.Demand), Arrived: Kbits(n.AckedRate), State: n.State,
		Pacing: Kbits(n.PacingRate), Link: Kbits(n.LinkRate), Bound: LinkBound(n),
		RTT: millis(n.RTT), Queue: millis(n.QueueDelay), Loss: Round(100*n.Loss, 10),
		Packets: n.Packets, Retransmissions: n.Retransmissions, Refused: n.RetransmissionsRefused,
		Probes: n.Probes, ProbeBytes: n.ProbeBytes,
	}
}

// Kbits returns a rate in kbit/s, to one decimal place.
func Kbits(bps int) float64 { return Round(float64(bps)/1000, 10) }

// millis returns a time in ms, to one decimal place.
func millis(d time.Duration) float64 { return Round(d.Seconds()*1000, 10) }
