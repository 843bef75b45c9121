// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package viewer

import (
	"bytes"
	"fmt"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
)

// NAL unit types (ITU-T H.265, table 7-1) and packet types (RFC 7798, section
// 4.4).
const (
	h265FirstIRAP = 16 // BLA_W_LP; can be decoded without earlier frames
	h265IDR       = 19 // IDR_W_RADL
	h265LastIRAP  = 21 // CRA_NUT
	h265VPS       = 32
	h265SPS       = 33
	h265PPS       = 34
	h265AUD       = 35
	h265AP        = 48 // aggregation packet
	h265APFirst   = 4  // offset of its first NAL unit
)

// h265Type reads the type from the first byte of a NAL unit or a packet.
func h265Type(first byte) byte { return first >> 1 & 0x3f }

// h265Begins reports whether a packet begins an access unit with a key frame, like h264Begins.
func h265Begins(payload []byte) bool {
	if len(payload) > 0 && h265Type(payload[0]) == h265AP {
		payload = payload[min(h265APFirst, len(payload)):]
	}
	if len(payload) == 0 {
		return false
	}
	kind := h265Type(payload[0])
	return kind == h265AUD || kind == h265VPS
}

func h265Join(packets []*rtp.Packet) (sample, error) {
	var depacketizer codecs.H265Depacketizer // It keeps fragments, so each sample needs its own.
	var f sample
	for _, p := range packets {
		data, err := depacketizer.Unmarshal(p.Payload)
		if err != nil {
			return sample{}, fmt.Errorf("viewer: reading an H265 packet: %w", err)
		}
		f.data = append(f.data, data...)
	}
	var vps, sps, pps bool
	for unit := range bytes.SplitSeq(f.data, []byte(startCode)) {
		if len(unit) == 0 {
			continue
		}
		switch kind := h265Type(unit[0]); kind {
		case h265VPS:
			vps = true
		case h265SPS:
			sps = true
		case h265PPS:
			pps = true
		default:
			f.key = f.key || kind >= h265FirstIRAP && kind <= h265LastIRAP
		}
	}
	f.sets = !f.key || (vps && sps && pps)
	return f, nil
}
