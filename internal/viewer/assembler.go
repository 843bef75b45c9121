// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package viewer

import (
	"github.com/pion/rtp"
)

// sample is one sample, complete.
type sample struct {
	data    []byte
	rtpTime uint32 // 90 kHz
	key     bool   // can be decoded without what came before
	// sets is false for a key frame without its parameter sets, which a viewer
	// who comes now could not decode. Only H.264 and H.265 have them apart.
	sets bool
	// blank marks the tiny black key frames that LiveKit's server sends at the
	// end of a track. They are no frames of the publisher's.
	blank bool
}

// assembler makes samples of packets in order. It hands a frame out
// with its last packet, unlike pion's samplebuilder, which waits for the first
// packet of the next: at one frame a second that is a second too late.
type assembler struct {
	codec   *codec
	packets []*rtp.Packet // of the frame that isn't complete
	// synced reports whether the next packet either continues the frame or begins one. It is false
	// at the start and after a loss.
	synced    bool
	discarded uint64 // frames of which something was missing or malformed
}

// add takes the next packet and appends the frames that it completes to dst.
func (a *assembler) add(dst []sample, p ordered) []sample {
	if p.gap {
		a.drop()
		a.synced = false
	}
	if len(p.Payload) == 0 {
		return dst // Padding, with which the server probes for bandwidth.
	}
	if len(a.packets) > 0 && a.packets[0].Timestamp != p.Timestamp {
		dst = a.finish(dst) // Its last packet had no marker.
	}
	if !a.synced && !a.codec.begins(p.Payload) {
		a.synced = p.Marker // Then the next packet begins a frame.
		return dst
	}
	a.synced = true
	a.packets = append(a.packets, p.Packet)
	if p.Marker {
		dst = a.finish(dst)
	}
	return dst
}

func (a *assembler) finish(dst []sample) []sample {
	f, err := a.codec.join(a.packets)
	if err != nil || len(f.data) == 0 {
		a.drop()
		return dst
	}
	f.rtpTime = a.packets[0].Timestamp
	a.clear()
	return append(dst, f)
}

func (a *assembler) drop() {
	if len(a.packets) > 0 {
		a.discarded++
	}
	a.clear()
}

func (a *assembler) clear() {
	clear(a.packets)
	a.packets = a.packets[:0]
}
