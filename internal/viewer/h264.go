// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package viewer

import (
	"bytes"
	"fmt"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
)

// NAL unit types (ITU-T H.264, table 7-1) and packet types (RFC 6184, table 1).
const (
	nalIDR     = 5
	nalSPS     = 7
	nalPPS     = 8
	nalAUD     = 9
	nalSTAPA   = 24
	nalType    = 0x1f // mask
	stapaFirst = 3    // offset of the first NAL unit of a STAP-A
)

// startCode precedes each NAL unit in the output of pion's H264Packet and H265Depacketizer. A
// search omits its first zero: the other three bytes cannot occur inside a NAL unit.
const startCode = "\x00\x00\x01"

// blankSPS begins the sequence parameter set of the 2x2 px key frames that LiveKit's server sends
// at the end of a track (H264KeyFrame2x2SPS in its pkg/sfu/downtrack.go).
const blankSPS = "\x67\x42\xc0\x1f\x0f\xd9\x1f\x88\x88\x84"

// h264Begins reports whether a packet begins an access unit with a key frame. It does not accept a
// slice: the parameter sets before it could have been lost.
func h264Begins(payload []byte) bool {
	if len(payload) > 0 && payload[0]&nalType == nalSTAPA {
		payload = payload[min(stapaFirst, len(payload)):]
	}
	if len(payload) == 0 {
		return false
	}
	kind := payload[0] & nalType
	return kind == nalAUD || kind == nalSPS
}

func h264Join(packets []*rtp.Packet) (sample, error) {
	var depacketizer codecs.H264Packet // It keeps fragments, so each sample needs its own.
	var f sample
	for _, p := range packets {
		data, err := depacketizer.Unmarshal(p.Payload)
		if err != nil {
			return sample{}, fmt.Errorf("viewer: reading an H264 packet: %w", err)
		}
		f.data = append(f.data, data...)
	}
	var sps, pps bool
	for unit := range bytes.SplitSeq(f.data, []byte(startCode)) {
		if len(unit) == 0 {
			continue
		}
		switch unit[0] & nalType {
		case nalIDR:
			f.key = true
		case nalSPS:
			sps = true
			f.blank = f.blank || bytes.HasPrefix(unit, []byte(blankSPS))
		case nalPPS:
			pps = true
		}
	}
	f.sets = !f.key || (sps && pps)
	return f, nil
}
