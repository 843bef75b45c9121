// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gstpublish/gstpublish/sink"
)

// prefix begins the name of each metric, as in LiveKit's own services.
const prefix = "livekit_gstpublish_"

// describe describes a metric of a publication.
func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prefix+name, help, append([]string{"publication"}, labels...), nil)
}

// The metrics of a publication.
var (
	framesTotal = describe("frames_total",
		"Frames by outcome: sent, unchanged (those of a still screen), refused (for their time stamps), dropped or failed. "+
			"A frame that is sent in several layers counts as often.", "outcome")
	droppedFrames  = describe("dropped_frames_total", "Frames and samples that were dropped, by cause.", "cause")
	repeatedFrames = describe("repeated_frames_total",
		"Frames of a screen that were encoded again, to become sharper or as a sign of life.")
	sentSamples = describe("sent_samples_total", "Samples (encoded frames) that were sent.", "layer")
	sentBytes   = describe("sent_bytes_total", "Bytes of samples that were sent, without RTP's headers.", "layer")
	keyFrames   = describe("key_frames_total", "Key frames that were sent.", "layer")
	keyRequests = describe("key_frame_requests_total",
		"Key frames requested from the encoder, because the server asked for one for its viewers (viewer), or because "+
			"what was sent before does not lead up to the next sample (publisher).", "cause")
	timestamps = describe("timestamps_total",
		"Time stamps of video that were missing or replaced, or that showed that their clock was set (step).", "outcome")
	plis            = describe("plis_total", "PLI and FIR packets from the server.")
	gaps            = describe("gaps_total", "Places where samples of video that the pipeline has encoded were missing.")
	encoderInfo     = describe("encoder_info", "The encoder in use, with the value 1.", "layer", "encoder", "codec")
	encoderSwitches = describe("encoder_switches_total", "Encoders that replaced another one.")
	encoderFailures = describe("encoder_failures_total", "Encoders that failed, at their start or later.")
	watched         = describe("layer_watched", "Whether the layer has viewers; otherwise it is not encoded.", "layer")
	width           = describe("layer_width_pixels", "Width of the layer.", "layer")
	height          = describe("layer_height_pixels", "Height of the layer.", "layer")
	target          = describe("target_bytes_per_second", "Target of the encoder.", "layer")
	allocated       = describe("allocated_bytes_per_second",
		"The layer's share of the estimate; 0 without an estimate.", "layer")
	quantizer = describe("quantizer",
		"Quantizer of the last sample of a screen, on the codec's own scale.", "layer")
	idleReason = describe("idle_reason",
		"Why no video is sent now: 1 for the reason that holds, 0 for all others. The reason none means that nothing "+
			"is in the way.", "reason")
	screenSharp = describe("screen_sharp", "Whether viewers of the screen see the best quality.")
	screenRate  = describe("screen_frames_per_second", "Frame rate that the screen is kept to.")
	encodeTime  = describe("encode_seconds", "Time that the encoder took to a sample.")
	sendDelay   = describe("capture_to_send_seconds",
		"Time from the capture of a frame until all of its packets were sent.")
	audioPackets = describe("audio_packets_total", "Opus packets that were sent.")
	audioBytes   = describe("audio_bytes_total", "Bytes of Opus that were sent, without RTP's headers.")
)

// wholeLayer names the layer of video that a pipeline has encoded.
const wholeLayer = "f"

// frames sends what became of frames.
func (o *output) frames(s *sink.Stats) {
	dropped := uint64(0)
	for _, d := range [...]struct {
		cause string
		n     uint64
	}{
		{"queue_full", s.DroppedQueueFull},
		{"frame_rate", s.DroppedFrameRate},
		{"unbound", s.DroppedUnbound},
		{"muted", s.DroppedMuted},
		{"unwatched", s.DroppedUnwatched},
		{"congested", s.DroppedCongested},
		{"switching", s.DroppedSwitching},
		{"undecodable", s.DroppedUndecodable},
		{"damaged", s.DroppedDamaged},
		{"backlog", s.DroppedBacklog},
	} {
		o.count(droppedFrames, d.n, d.cause)
		dropped += d.n
	}
	o.count(framesTotal, s.Sent, "sent")
	o.count(framesTotal, s.Unchanged, "unchanged")
	o.count(framesTotal, s.Refused, "refused")
	o.count(framesTotal, dropped, "dropped")
	o.count(framesTotal, s.WriteErrors, "failed")
	o.count(repeatedFrames, s.Repeats)
	o.count(timestamps, s.TimestampsMissing, "missing")
	o.count(timestamps, s.TimestampsReplaced, "replaced")
	o.count(timestamps, s.TimestampSteps, "step")
	o.count(gaps, s.Gaps)
	o.count(plis, s.PLIs)
	o.count(keyRequests, s.ViewerKeyRequests, "viewer")
	o.count(keyRequests, max(s.KeyRequests, s.ViewerKeyRequests)-s.ViewerKeyRequests, "publisher")
	o.histogram(encodeTime, &s.EncodeTime)
	o.histogram(sendDelay, &s.SendDelay)
	o.count(audioPackets, s.AudioSent)
	o.count(audioBytes, s.AudioSentBytes)
}

// layers sends what there is of each layer.
func (o *output) layers(s *sink.Stats) {
	if len(s.Layers) == 0 && s.Codec != "" {
		o.count(sentSamples, s.Sent, wholeLayer)
		o.count(sentBytes, s.SentBytes, wholeLayer)
		o.count(keyFrames, s.KeyFrames, wholeLayer)
	}
	for i := range s.Layers {
		l := &s.Layers[i]
		name := l.Label()
		o.count(sentSamples, l.Sent, name)
		o.count(sentBytes, l.SentBytes, name)
		o.count(keyFrames, l.KeyFrames, name)
		o.gauge(watched, flag(l.Watched), name)
		o.gauge(width, float64(l.Width), name)
		o.gauge(height, float64(l.Height), name)
		o.gauge(target, bytes(l.Target), name)
		o.gauge(allocated, bytes(l.Share), name)
		if l.Quantizer >= 0 {
			o.gauge(quantizer, float64(l.Quantizer), name)
		}
		if l.Encoder != "" {
			o.gauge(encoderInfo, 1, name, l.Encoder, codecName(l.Codec))
		}
	}
}

// codecName returns the codec of a MIME type, such as vp8.
func codecName(mime string) string {
	_, name, _ := strings.Cut(mime, "/")
	return strings.ToLower(name)
}

// state sends how a publication is now.
func (o *output) state(s *sink.Stats) {
	o.count(encoderSwitches, s.EncoderSwitches)
	o.count(encoderFailures, s.EncoderFailures)
	if s.Codec != "" {
		for _, r := range sink.Reasons() {
			o.gauge(idleReason, flag(r == s.Reason), reasonName(r))
		}
	}
	if s.Screen.Target > 0 {
		o.gauge(screenSharp, flag(s.Screen.Sharp))
		o.gauge(screenRate, s.Screen.FPS)
	}
}

// reasonName returns a reason as the value of a label, such as not_permitted.
func reasonName(r sink.Reason) string {
	if r == sink.ReasonNone {
		return "none"
	}
	return strings.ReplaceAll(r.String(), " ", "_")
}
