// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"cmp"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gstpublish/gstpublish/internal/allocation"
	"github.com/gstpublish/gstpublish/internal/frames"
	"github.com/gstpublish/gstpublish/internal/media"
	"github.com/gstpublish/gstpublish/internal/times"
	"github.com/gstpublish/gstpublish/internal/track"
	"github.com/gstpublish/gstpublish/pipeline"
)

// Stats counts the video since it was published. Each frame that was not sent has exactly one
// cause.
type Stats struct {
	Codec   string // MIME type
	Encoder string // GStreamer elements; empty if a pipeline has encoded the video, and while there is none

	// Reason is why no video is sent now; ReasonNone if video is sent. With several layers, it is that of the layer
	// that is nearest to sending.
	Reason Reason
	// ReasonDetail explains ReasonNoFrames: it names the element of a pipeline that produces nothing. It is empty if
	// there is no explanation, or while the next frame is not due.
	ReasonDetail string

	EncoderSwitches uint64 // encoders that replaced another
	EncoderFailures uint64 // encoders that failed, at their start or later
	EncoderReason   string // why the last one failed; empty if none did

	Offered   uint64 // frames captured, or samples of video that a pipeline has encoded
	Unchanged uint64 // frames of a screen that were the same as the last one, and were not offered
	Refused   uint64 // frames with time stamps before that of the previous one, which were not offered
	// Repeats counts repeated frames: the first one, and those of a screen that becomes sharper, answers a request for
	// a key frame, or is still. For a file that a pipeline does not decode, it counts the repeats of its first sample.
	Repeats   uint64
	Sent      uint64 // samples
	SentBytes uint64 // of samples, without RTP
	KeyFrames uint64 // of Sent

	PLIs        uint64 // PLI and FIR packets from the server
	KeyRequests uint64 // key frames requested from the encoder, for any reason
	// ViewerKeyRequests counts those of KeyRequests that answer requests of the server, which come from viewers.
	ViewerKeyRequests uint64

	DroppedQueueFull   uint64 // a newer frame came while the encoder was busy
	DroppedFrameRate   uint64 // a newer frame came before the next was due (see Screen.FPS), or the layer has fewer
	DroppedUnbound     uint64 // the track was not negotiated
	DroppedMuted       uint64
	DroppedUnwatched   uint64 // the layer had no viewers
	DroppedCongested   uint64 // the network was behind, or cannot carry the layer
	DroppedSwitching   uint64 // the encoder had failed and its successor was not ready
	DroppedUndecodable uint64 // it referred to a sample that was never sent
	DroppedDamaged     uint64 // it, or a sample that it referred to, was missing or damaged in the pipeline's output
	DroppedBacklog     uint64 // it was live media that waited while the process was stopped, as by SIGSTOP
	WriteErrors        uint64

	// Format describes video that a pipeline has encoded, such as "H.264 High (4:2:0, 8 bits)", and
	// FormatWarning says which viewers cannot decode it. Gaps counts where samples were missing.
	Format, FormatWarning string
	Gaps                  uint64
	// Conversions say how gstpublish changed the form of a pipeline's video and audio, such as "deinterlaced"; none for
	// most pipelines.
	Conversions []string
	// TimestampsMissing counts frames or samples of video without a time stamp, and TimestampsReplaced those whose time
	// stamp did not continue the stream, so they got another. TimestampSteps is how often the clock of the time stamps
	// was set.
	TimestampsMissing, TimestampsReplaced, TimestampSteps uint64
	// ViewerWarning says that viewers request key frames endlessly, or that the server sends the video to none of the
	// participants, and why that may be. It is empty otherwise, and for video that gstpublish encodes.
	ViewerWarning string

	// EncodeTime is the time that the encoder took for each sample. SendDelay is the time from the capture of a frame,
	// or from when a pipeline produced the sample, until all of its packets were sent. Repeats do not count.
	EncodeTime, SendDelay Histogram

	// Screen is the state of a screen's policy, at its full size; zero for cameras.
	Screen ScreenStats
	// Layers are the encoded layers, by size. The numbers above are their sums, except for Offered,
	// Unchanged and Refused.
	Layers []LayerStats

	// AudioReason is why no audio is sent now; ReasonNone if audio is sent, or if there is none.
	AudioReason Reason
	// AudioReasonDetail is ReasonDetail for audio.
	AudioReasonDetail string

	AudioSent      uint64 // Opus packets
	AudioSentBytes uint64
}

// LayerStats describes one layer.
type LayerStats struct {
	Layer         string // RID: q, h or f, from small to large; see Label for what tells layers apart
	Backup        bool   // for clients that cannot decode the main codec
	Codec         string // MIME type
	Encoder       string // GStreamer elements; empty while there is none
	Width, Height int    // px, as announced for a frame like the last; a camera's may shrink further
	Watched       bool   // the layer has viewers; otherwise it is not encoded
	Reason        Reason // why the layer is not sent now; ReasonNone if it is
	// Sizes are the sizes in one stream, in px, from the lowest up; none if it has only one. Encoded
	// is how many of them are currently encoded.
	Sizes   []Size
	Encoded int
	// Quantizer is that of the last frame, on the codec's own scale; -1 if unknown, as for cameras
	// with encoders other than our own.
	Quantizer int
	Target    int    // of the encoder, in bit/s; 0 before its first frame
	Share     int    // of the estimate, in bit/s; 0 without an estimate
	Off       bool   // the network cannot carry it
	Sent      uint64 // samples
	SentBytes uint64 // of samples, without RTP
	KeyFrames uint64 // of Sent
	// Chroma is how finely colour is encoded; Chroma420 after viewers could not decode Chroma444.
	Chroma Chroma
	// Screen is the state of the policy; zero for cameras.
	Screen ScreenStats
}

// Label names the layer among those of its publication: "q", "h" or "f" for a simulcast layer, from small to large,
// "svc" for spatial layers, which are all in one stream, and "backup" for the second codec.
func (s *LayerStats) Label() string {
	switch {
	case s.Backup:
		return "backup"
	case len(s.Sizes) > 1:
		return "svc"
	}
	return s.Layer
}

// ScreenStats is the state of a screen.
type ScreenStats struct {
	Estimate int // what can be sent, in bit/s; 0 if unknown
	// Limited reports whether the link carries no more than Estimate.
	Limited  bool
	Target   int // of the encoder, in bit/s at the nominal frame rate
	Floor    int // of the target, in bit/s
	SentRate int // what was encoded in the last second, in bit/s
	// FPS is the current frame rate, in frames a second.
	FPS float64
	// Sharp reports whether viewers see the best quality, or the best but Exact.
	Sharp bool
	// Exact reports whether the encoder has lost nothing of what viewers see. That is so for a still screen in
	// Chroma444, a second after its last change, if the link has room. What is left is the rounding of RGB to 8 bits
	// of YUV and back.
	Exact bool
}

// Histogram counts durations.
type Histogram struct {
	Buckets []Bucket // from the lowest bound up
	Count   uint64   // of all durations, also those above the last bound
	Sum     time.Duration
}

// Bucket is how many durations were at most Max, including those of all lower buckets.
type Bucket struct {
	Max   time.Duration
	Count uint64
}

// add adds what h has counted. All histograms have the same bounds.
func (s *Histogram) add(h *times.Histogram) {
	buckets, count, sum := h.Snapshot()
	s.Count += count
	s.Sum += sum
	for i, b := range buckets {
		if i == len(s.Buckets) {
			s.Buckets = append(s.Buckets, Bucket{Max: b.Max})
		}
		s.Buckets[i].Count += b.Count
	}
}

// Size is the size of a frame, in px.
type Size struct{ Width, Height int }

// Stats returns the counts so far.
func (p *Publication) Stats() Stats {
	var s Stats
	p.mu.Lock()
	for _, t := range p.tracks {
		if !t.Video() {
			s.AudioSent, s.AudioSentBytes = t.Counters().Sent.Load(), t.Counters().Bytes.Load()
			continue
		}
		if t != p.backup {
			s.Codec = t.MimeType()
		}
		if p.pipe != nil && p.source == nil {
			addTrack(&s, t.Counters())
			passed := t.Passed()
			s.Format, s.FormatWarning = passed.Format, passed.Warning
			s.Offered, s.Gaps = t.Counters().Received.Load(), t.Counters().Gaps.Load()
		}
	}
	p.mu.Unlock()
	p.layers.stats(&s)
	if c := p.encoded.Load(); c != nil {
		s.ViewerWarning = c.plea.text()
	}
	if p.source != nil {
		// A live pipeline does not wait until there is an encoder and a track.
		early := frames.Of(p.source).Unclaimed()
		s.Offered += early
		s.DroppedUnbound += early * uint64(len(s.Layers))
	}
	p.addChanges(&s)
	s.Reason, s.AudioReason = p.reason(), p.audioReason()
	s.ReasonDetail, s.AudioReasonDetail = p.videoSilence.words(), p.audioSilence.words()
	return s
}

// addChanges adds how a pipeline's media was changed.
func (p *Publication) addChanges(s *Stats) {
	if video := p.videoSilence.out; video != nil {
		made := media.Of(video).Changes()
		s.Conversions = append(s.Conversions, made.Conversions...)
		s.TimestampsMissing += made.StampsMissing
		s.TimestampsReplaced += made.StampsReplaced
		s.TimestampSteps += made.StampSteps
	}
	if audio := p.audioSilence.out; audio != nil {
		s.Conversions = append(s.Conversions, media.Of(audio).Changes().Conversions...)
	}
}

// counters count the frames and samples of a layer by their fate. They are read while they grow.
type counters struct {
	track.Counters

	offered, repeats                           atomic.Uint64
	congested, frameRate, queueFull, switching atomic.Uint64
	encoderFailures, encoderSwitches           atomic.Uint64
	encoding                                   times.Histogram // how long the encoder takes
}

// addTo adds the counters to s.
func (n *counters) addTo(s *Stats) {
	addTrack(s, &n.Counters)
	s.EncodeTime.add(&n.encoding)
	s.Repeats += n.repeats.Load()
	s.DroppedQueueFull += n.queueFull.Load()
	s.DroppedFrameRate += n.frameRate.Load()
	s.DroppedCongested += n.congested.Load()
	s.DroppedSwitching += n.switching.Load()
	s.EncoderSwitches += n.encoderSwitches.Load()
	s.EncoderFailures += n.encoderFailures.Load()
}

// addTrack adds what a track has counted.
func addTrack(s *Stats, n *track.Counters) {
	s.Sent += n.Sent.Load()
	s.SentBytes += n.Bytes.Load()
	s.KeyFrames += n.KeyFrames.Load()
	s.PLIs += n.PLIs.Load()
	s.KeyRequests += n.KeyRequests.Load()
	s.ViewerKeyRequests += n.ViewerKeys.Load()
	s.SendDelay.add(&n.Sending)
	s.DroppedUnbound += n.Unbound.Load()
	s.DroppedMuted += n.Muted.Load()
	s.DroppedUnwatched += n.Unwatched.Load()
	s.DroppedUndecodable += n.Undecodable.Load()
	s.DroppedDamaged += n.Damaged.Load()
	s.DroppedBacklog += n.Backlog.Load()
	s.Repeats += n.Repeated.Load()
	s.WriteErrors += n.WriteErrors.Load()
}

// stats adds those of all layers.
func (l *layers) stats(s *Stats) {
	for _, e := range l.each() {
		layer := e.stats()
		s.Layers = append(s.Layers, layer)
		e.n.addTo(s)
		if e.rank > 0 || layer.Backup {
			continue
		}
		s.Offered, s.Unchanged = e.n.offered.Load(), e.src.Unchanged()
		stamps := e.src.Timestamps()
		s.Refused, s.TimestampsReplaced, s.TimestampSteps = stamps.Refused, stamps.Replaced, stamps.Steps
		s.Encoder, s.Screen = layer.Encoder, layer.Screen
		for _, ev := range e.history() {
			if ev.Failed {
				s.EncoderReason = ev.Reason
			}
		}
	}
	slices.SortStableFunc(s.Layers, func(a, b LayerStats) int {
		return cmp.Or(cmp.Compare(a.Width, b.Width), rankOf(b.Layer)-rankOf(a.Layer))
	})
}

// rankOf returns the number of layers above one of that name, at most.
func rankOf(rid string) int {
	return strings.Index(allocation.High+allocation.Medium+allocation.Low, rid)
}

func (e *encoding) stats() LayerStats {
	layer := e.layer.Load()
	s := LayerStats{
		Layer: e.rid, Backup: e.lazy != nil, Codec: e.codecs[0].MimeType(), Width: layer.Width, Height: layer.Height,
		Watched: e.active(), Target: int(e.target.Load()), Share: int(e.share.Load()), Off: e.off.Load(),
		Sent: e.n.Sent.Load(), SentBytes: e.n.Bytes.Load(), KeyFrames: e.n.KeyFrames.Load(),
	}
	if g := e.encoders.Current(); g != nil {
		s.Encoder, s.Codec = g.Choice.String(), g.Chain.Codec().MimeType()
	}
	e.addSizes(&s)
	s.Quantizer = int(e.quantizer.Load()) - 1
	s.Screen, s.Chroma = ScreenStats(e.policy.Status().Screen), e.chroma()
	s.Screen.Exact = s.Screen.Exact && s.Chroma == Chroma444
	s.Reason = e.reason()
	return s
}

func (e *encoding) history() []EncoderEvent {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.events)
}

// EncoderEvents returns the events of encoders so far, the last hundred of each layer, oldest
// first. There are none if a pipeline has encoded the video.
func (p *Publication) EncoderEvents() []EncoderEvent {
	var events []EncoderEvent
	for _, e := range p.layers.each() {
		events = append(events, e.history()...)
	}
	slices.SortStableFunc(events, func(a, b EncoderEvent) int { return a.Time.Compare(b.Time) })
	return events
}

// EncoderEvent is the choice of an encoder, or the failure of one.
type EncoderEvent struct {
	Time    time.Time
	Layer   string         // the simulcast layer: q, h or f, from small to large
	Backup  bool           // for clients that cannot decode the main codec
	Encoder string         // the elements, as in "vapostproc ! vah264enc"
	Codec   pipeline.Codec // the codec of its samples
	Failed  bool           // the encoder has failed or could not start; otherwise it encodes from now on
	Reason  string         // why it failed, or why it was chosen
	// Rejected are candidates before it that are installed but do not work.
	Rejected []pipeline.Rejection
}

// keptEvents limits the number of events that a publication remembers.
const keptEvents = 100

func (e *encoding) tell(ev EncoderEvent) {
	ev.Time, ev.Layer, ev.Backup = time.Now(), e.rid, e.lazy != nil
	e.p.telling.Lock()
	defer e.p.telling.Unlock()
	e.mu.Lock()
	if len(e.events) == keptEvents {
		e.events = e.events[1:]
	}
	e.events = append(e.events, ev)
	e.mu.Unlock()
	if ev.Failed {
		e.n.encoderFailures.Add(1)
		level := slog.LevelWarn
		if e.p.opts.OnEncoder != nil {
			level = slog.LevelInfo // The caller receives it already.
		}
		e.p.log.Log(e.p.ctx, level, "encoder failed", "encoder", ev.Encoder, "codec", ev.Codec.String(), "reason", ev.Reason)
	} else {
		for _, r := range ev.Rejected {
			e.p.log.Info("encoder not used", "encoder", r.Encoder, "reason", r.Reason)
		}
		e.p.log.Info("encoder chosen", "encoder", ev.Encoder, "codec", ev.Codec.String(), "reason", ev.Reason)
	}
	if e.p.opts.OnEncoder != nil {
		e.p.opts.OnEncoder(ev)
	}
}
