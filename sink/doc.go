// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package sink publishes video, with optional audio, in LiveKit rooms.
//
// Publish encodes the frames of an appsrc.VideoSource. PublishPipeline runs a pipeline.Pipeline and
// publishes its outputs, encoding those that are raw. Both return a Publication, to be ended with
// Stop or Close. PreparePipeline does the part of PublishPipeline that needs no room, for a program
// that joins one in the meantime.
//
// Nothing is encoded before the track is negotiated or while it is muted. Whenever a viewer could
// start to watch, the next frame is a key frame: when the track is bound, including after a
// reconnect, when it is unmuted, and when the server requests one with PLI or FIR, at most once in
// 300 ms; only the first viewer of a track does not wait for that. RTP time is the buffers' PTS.
package sink
