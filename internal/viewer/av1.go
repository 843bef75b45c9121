// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package viewer

import (
	"fmt"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/rtp/codecs/av1/obu"
)

// Flags of the aggregation header (RTP payload format for AV1, section 4.4).
const (
	av1Continues   = 0x80 // Z: continues an OBU of the previous packet
	av1NewSequence = 0x08 // N: begins a coded video sequence
)

// temporalDelimiter is an OBU without a payload. Packets omit it, but decoders expect it before
// each temporal unit.
const temporalDelimiter = "\x12\x00"

// av1Begins finds key frames only, since nothing marks the beginning of other frames.
func av1Begins(payload []byte) bool {
	return len(payload) > 0 && payload[0]&(av1Continues|av1NewSequence) == av1NewSequence
}

// av1Join returns a temporal unit whose OBUs have size fields.
func av1Join(packets []*rtp.Packet) (sample, error) {
	var depacketizer codecs.AV1Depacketizer // It keeps fragments, so each sample needs its own.
	f := sample{sets: true, data: []byte(temporalDelimiter)}
	for _, p := range packets {
		data, err := depacketizer.Unmarshal(p.Payload)
		if err != nil {
			return sample{}, fmt.Errorf("viewer: reading an AV1 packet: %w", err)
		}
		f.data = append(f.data, data...)
	}
	if len(f.data) == len(temporalDelimiter) {
		return sample{}, fmt.Errorf("viewer: an AV1 temporal unit of %d packets has no OBU", len(packets))
	}
	f.key = av1Key(f.data)
	return f, nil
}

// av1Key reports whether a temporal unit has a sequence header and begins with a key frame.
func av1Key(unit []byte) bool {
	sequence := false
	for len(unit) > 0 {
		header, err := obu.ParseOBUHeader(unit)
		if err != nil || !header.HasSizeField {
			return false
		}
		size, n, err := obu.ReadLeb128(unit[header.Size():])
		start := header.Size() + int(n) //nolint:gosec // at most 8
		if err != nil || uint64(size) > uint64(len(unit)-start) {
			return false
		}
		body := unit[start : start+int(size)] //nolint:gosec // checked above
		switch header.Type {
		case obu.OBUSequenceHeader:
			sequence = true
		case obu.OBUFrame, obu.OBUFrameHeader:
			// show_existing_frame is one bit, frame_type two, KEY_FRAME is 0.
			return sequence && len(body) > 0 && body[0]&0xe0 == 0
		default: // other OBUs do not describe frames
		}
		unit = unit[start+int(size):] //nolint:gosec // checked above
	}
	return false
}
