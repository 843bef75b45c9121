// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package report

import "time"

// Head is in every object.
type Head struct {
	// What the object is: one of the events above.
	Event string `json:"event"`
	// Of `end`: the reason, such as `end of stream`, `duration`, `failure` or the name of a signal.
	Why string `json:"why,omitempty"`
	// When, in UTC (RFC 3339), such as `2026-11-30T06:05:04.321Z`.
	Time string `json:"time"`
	// The name of the room, and the server's identifier of it.
	Room    string `json:"room,omitempty"`
	RoomSID string `json:"room_sid,omitempty"`
	// The server's identifier of the track. It changes after `rejoined`.
	TrackSID string `json:"track_sid,omitempty"`
}

func (h *Head) head() *Head { return h }

// Stamp sets the time.
func (h *Head) Stamp(now time.Time) { h.Time = now.UTC().Format("2006-01-02T15:04:05.000Z07:00") }

// Published is the state of a publication. Rates are since the previous object; in `end` they are over the whole time.
// Counts only grow, and are of all layers together.
type Published struct {
	Head

	// The name of the track, if there are several inputs.
	Track string `json:"track,omitempty"`
	// Why nothing was sent since the previous object; see the table in command.md.
	Idle string `json:"idle,omitempty"`
	// Which element of the pipeline produces nothing.
	Detail string `json:"idle_detail,omitempty"`
	// The time since the track was published.
	Elapsed float64 `json:"elapsed_s"`
	// VP8, H264, VP9, AV1 or H265; empty for sound alone.
	Codec string `json:"codec,omitempty"`
	// The GStreamer elements that encode.
	Encoder string `json:"encoder,omitempty"`
	// The profile, chroma and depth of video that the pipeline encodes itself.
	Format string `json:"format,omitempty"`
	// Which viewers cannot decode that format.
	Warning string `json:"format_warning,omitempty"`
	// A warning that viewers seem unable to decode the video.
	Viewers string `json:"viewer_warning,omitempty"`
	// How gstpublish changed the pipeline's media for viewers.
	Conversions []string `json:"conversions,omitempty"`
	// The frames a second of the layer with the most.
	FPS float64 `json:"fps"`
	// The bit rate of samples, without RTP's headers.
	Kbits float64 `json:"kbit_s"`
	Counts

	// The state of a screen.
	Screen *Screen `json:"screen,omitempty"`
	// The layers, from small to large; none if the pipeline encodes its video.
	Layers []Layer `json:"layers,omitempty"`
	// The connection to the server.
	Network Network `json:"network"`
}

// Layer is one layer of a publication.
type Layer struct {
	// `q`, `h` or `f` from small to large; `svc` for all sizes in one stream; `backup` for the second codec.
	Label string `json:"label"`
	// `q`, `h` or `f`.
	Layer string `json:"layer"`
	// Whether the layer is for viewers who cannot decode the main codec.
	Backup bool `json:"backup,omitempty"`
	// Its codec, and the elements that encode it.
	Codec   string `json:"codec"`
	Encoder string `json:"encoder,omitempty"`
	// The size, in px.
	Width  int `json:"width"`
	Height int `json:"height"`
	// The sizes in one stream, from small to large.
	Sizes []string `json:"sizes,omitempty"`
	// How many of them are encoded now.
	Encoded int `json:"encoded_sizes,omitempty"`
	// The last frame's, on the codec's own scale; -1 if unknown.
	Quantizer int `json:"quantizer"`
	// Whether the layer has viewers; otherwise it is not encoded.
	Watched bool `json:"watched"`
	// Why it is not sent now.
	Idle string `json:"idle,omitempty"`
	// Whether the network cannot carry the layer; then it is not encoded.
	Off bool `json:"off"`
	// The target of the encoder; 0 before its first frame.
	Target float64 `json:"target_kbit_s"`
	// Its part of the estimate; 0 if unknown.
	Share float64 `json:"share_kbit_s"`
	// Frames and bits a second since the previous object.
	FPS   float64 `json:"fps"`
	Kbits float64 `json:"kbit_s"`
	// Samples sent, their bytes without RTP, and how many were key frames.
	Frames    uint64 `json:"frames"`
	Bytes     uint64 `json:"bytes"`
	KeyFrames uint64 `json:"key_frames"`
	// `4:2:0` or `4:4:4`.
	Chroma string `json:"chroma"`
	// The state of its policy, if it is a screen.
	Screen *Screen `json:"screen,omitempty"`
}

// Network is the state of the connection to the server. Rates are of video, and include all headers.
type Network struct {
	// Whether there is a connection to send on.
	Connected bool `json:"connected"`
	// The estimate of what can be encoded, at most about the demand; 0 if unknown.
	Estimate float64 `json:"estimate_kbit_s"`
	// The rate at which the packets of one frame may leave.
	Pacing float64 `json:"pacing_kbit_s"`
	// What the link has been shown to carry; 0 if unknown.
	Link float64 `json:"link_kbit_s"`
	// `at least` or `at most` that.
	Bound string `json:"link_bound"`
	// The highest rate that gstpublish would send.
	Demand float64 `json:"demand_kbit_s"`
	// The rate that arrived lately.
	Arrived float64 `json:"arrived_kbit_s"`
	// The state of the estimator, in one word.
	State string `json:"state"`
	// The round trip, and the part of it spent in queues; 0 if unknown.
	RTT   float64 `json:"rtt_ms"`
	Queue float64 `json:"queue_ms"`
	// The share of packets lost lately.
	Loss float64 `json:"loss_percent"`
	// Packets sent, and packets sent again.
	Packets         uint64 `json:"packets"`
	Retransmissions uint64 `json:"retransmissions"`
	// Requests for packets that were not answered.
	Refused uint64 `json:"retransmissions_refused"`
	// Attempts to find more bandwidth, and their padding.
	Probes     uint64 `json:"probes"`
	ProbeBytes uint64 `json:"probe_bytes"`
}

// Screen is the state of a screen.
type Screen struct {
	// The estimate; 0 if there is none.
	Estimate float64 `json:"estimate_kbit_s"`
	// The target of the encoder, at the nominal frame rate.
	Target float64 `json:"target_kbit_s"`
	// The lowest target.
	Floor float64 `json:"floor_kbit_s"`
	// The rate encoded in the last second.
	Sent float64 `json:"sent_kbit_s"`
	// The highest frame rate that is sent now.
	FPS float64 `json:"fps"`
	// Whether the screen is still, and as sharp as it gets, except for becoming exact.
	Sharp bool `json:"sharp"`
	// Whether the encoder has encoded the screen without loss.
	Exact bool `json:"exact"`
}

// Counts are counts since the track was published. Each frame that was not sent has exactly one cause.
type Counts struct {
	// Frames captured, or samples of video that the pipeline encodes itself.
	Offered uint64 `json:"offered"`
	// Frames of a screen that equal the one before; they were not offered.
	Unchanged uint64 `json:"unchanged"`
	// Frames refused for their time stamps; they were not offered.
	Refused uint64 `json:"refused"`
	// Frames that were encoded again, for example to become sharper.
	Repeats uint64 `json:"repeats"`
	// Samples sent, their bytes without RTP, and how many were key frames.
	Frames    uint64 `json:"frames"`
	Bytes     uint64 `json:"bytes"`
	KeyFrames uint64 `json:"key_frames"`
	// Requests for a key frame from the server (PLI and FIR), and to the encoder.
	PLIs        uint64 `json:"plis"`
	KeyRequests uint64 `json:"key_requests"`
	// Dropped because a newer frame came while the encoder was busy.
	DroppedQueueFull uint64 `json:"dropped_queue_full"`
	// Dropped because a newer frame came before the next was due, or the layer has fewer frames.
	DroppedFrameRate uint64 `json:"dropped_frame_rate"`
	// Dropped because the track was not negotiated.
	DroppedUnbound uint64 `json:"dropped_unbound"`
	// Dropped because the track was muted.
	DroppedMuted uint64 `json:"dropped_muted"`
	// Dropped because there was no viewer.
	DroppedUnwatched uint64 `json:"dropped_unwatched"`
	// Dropped because the network was behind, or cannot carry the layer.
	DroppedCongested uint64 `json:"dropped_congested"`
	// Dropped because the encoder had failed and the next one was not ready.
	DroppedSwitching uint64 `json:"dropped_switching"`
	// Dropped because the sample referred to one that was never sent.
	DroppedUndecodable uint64 `json:"dropped_undecodable"`
	// Dropped because the sample was damaged in the pipeline's output.
	DroppedDamaged uint64 `json:"dropped_damaged"`
	// Dropped because it was live media from a time when the process was suspended.
	DroppedBacklog uint64 `json:"dropped_backlog"`
	// Gaps where samples of the pipeline were missing.
	Gaps uint64 `json:"gaps"`
	// Samples that could not be written to the connection.
	WriteErrors uint64 `json:"write_errors"`
	// Frames without time stamps, frames whose time stamps were replaced, and how often their clock was set.
	TimestampsMissing  uint64 `json:"timestamps_missing"`
	TimestampsReplaced uint64 `json:"timestamps_replaced"`
	TimestampSteps     uint64 `json:"timestamp_steps"`
	// Encoders that replaced another, and that failed.
	EncoderSwitches uint64 `json:"encoder_switches"`
	EncoderFailures uint64 `json:"encoder_failures"`
	// Why no sound is sent, and which element produces none.
	AudioIdle   string `json:"audio_idle,omitempty"`
	AudioDetail string `json:"audio_idle_detail,omitempty"`
	// Opus packets sent, and their bytes without RTP.
	AudioPackets uint64 `json:"audio_packets"`
	AudioBytes   uint64 `json:"audio_bytes"`
}

// Watched is what a viewer receives. Rates are over the last two seconds. Counts only grow.
type Watched struct {
	Head

	// The time since joining.
	Elapsed float64 `json:"elapsed_s"`
	// The codec; empty before the first frame.
	Codec string `json:"codec,omitempty"`
	// The size of the last frame, in px.
	Width  int `json:"width"`
	Height int `json:"height"`
	// Frames decoded and bits received a second.
	FPS   float64 `json:"fps"`
	Kbits float64 `json:"kbit_s"`
	// Frames decoded, and how many were key frames.
	Decoded   uint64 `json:"frames"`
	KeyFrames uint64 `json:"key_frames"`
	// Packets that did not arrive.
	Lost uint64 `json:"lost"`
	// Samples that could not be decoded.
	Discarded uint64 `json:"discarded"`
	// Frames that browsers would not show, since they came out of order.
	Unshown uint64 `json:"unshown"`
	// Requests for a key frame.
	PLIs uint64 `json:"plis"`
	// Opus packets that arrived.
	AudioPackets uint64 `json:"audio_packets"`
	// The time from subscribing to the first frame; 0 before it.
	FirstFrame float64 `json:"first_frame_ms"`
}

// Event is something that happened. Each field says which events have it.
type Event struct {
	Head

	// Of `joined`: this participant. Of `viewer_joined` and `viewer_left`: the viewer, and the server's identifier.
	Identity       string `json:"identity,omitempty"`
	ParticipantSID string `json:"participant_sid,omitempty"`
	// Of `joined`: the server.
	URL string `json:"url,omitempty"`
	// Of `viewer_joined` and `viewer_left`: how many viewers there are now.
	Viewers *int `json:"viewers,omitempty"`
	// Of `encoder`: the label of the layer, the elements that encode it, and its codec.
	Layer   string `json:"layer,omitempty"`
	Encoder string `json:"encoder,omitempty"`
	Codec   string `json:"codec,omitempty"`
	// Of `encoder`: whether it has failed; then the next one replaces it.
	Failed bool `json:"failed,omitempty"`
	// Of `encoder`: why it was chosen, or has failed.
	Reason string `json:"reason,omitempty"`
	// Of `published`: the name of the track.
	Track string `json:"track,omitempty"`
	// Of `resumed`, `rejoined` and `join_failed`: how long there was no connection.
	Away *float64 `json:"away_s,omitempty"`
	// Of `rejoined` and `join_failed`: how often gstpublish has tried.
	Attempts int `json:"attempts,omitempty"`
	// Of `join_failed`: why.
	Error string `json:"error,omitempty"`
}
