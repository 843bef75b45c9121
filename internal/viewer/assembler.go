// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package viewer

import (
	"github.com/pion/rtp"
)

// sample is a complete sample.
type sample struct {
	data    []byte
	rtpTime uint32 // 90 kHz
	key     bool   // can be decoded without what came before
	// sets is false for a key frame without its parameter sets: a viewer who joins now could not
	// decode it. Only H.264 and H.265 have separate parameter sets.
	sets bool
	// blank marks the tiny black key frames that LiveKit's server sends at the end of a track. The
	// publisher did not send them.
	blank bool
}

// assembler assembles samples from packets in order. It returns a sample with its last packet.
// Pion's samplebuilder waits for the first packet of the next sample, which at one frame a second
// is a second too late.
type assembler struct {
	codec   *codec
	packets []*rtp.Packet // of the incomplete sample
	// synced reports whether the next packet either continues the frame or begins one. It is false
	// at the start and after a loss.
	synced    bool
	discarded uint64 // samples with missing or malformed packets
}

// add takes the next packet and appends the samples that it completes to dst.
func (a *assembler) add(dst []sample, p ordered) []sample {
	if p.gap {
		a.drop()
		a.synced = false
	}
	if len(p.Payload) == 0 {
		return dst // The server sends padding to probe for bandwidth.
	}
	if len(a.packets) > 0 && a.packets[0].Timestamp != p.Timestamp {
		dst = a.finish(dst) // The last packet had no marker.
	}
	if !a.synced && !a.codec.begins(p.Payload) {
		a.synced = p.Marker // The next packet begins a sample.
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
