// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package sink publishes video, and audio beside it, in LiveKit rooms.
//
// Publish encodes the frames of an appsrc.VideoSource; PublishPipeline runs a
// pipeline.Pipeline and publishes what leaves it, encoding what it left raw.
// Either gives a Publication, to be ended with Stop or Close. PreparePipeline does
// the part of PublishPipeline that needs no room, for a program that joins one in the
// meantime.
//
// Nothing is encoded before the track is negotiated or while it is muted. Each
// time that someone could begin to watch, the next picture is a key frame: when
// the track is bound, also after a reconnect, when it is unmuted, and when the
// server asks with PLI or FIR, at most once in 300 ms; only the first viewer of a
// track does not wait for that. RTP time is the buffers' PTS.
package sink
