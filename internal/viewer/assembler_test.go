// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package viewer

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/stretchr/testify/require"
)

// epoch is when packets arrive in tests where the time does not matter.
var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

var payloaders = map[string]func() rtp.Payloader{
	"VP8":  func() rtp.Payloader { return &codecs.VP8Payloader{EnablePictureID: true} },
	"VP9":  func() rtp.Payloader { return &codecs.VP9Payloader{} },
	"H264": func() rtp.Payloader { return &codecs.H264Payloader{} },
	"H265": func() rtp.Payloader { return &codecs.H265Payloader{} },
	"AV1":  func() rtp.Payloader { return &codecs.AV1Payloader{} },
}

// encodeSamples encodes n frames: the first and the one in the middle are key frames.
func encodeSamples(t *testing.T, codec string, n int) [][]byte {
	t.Helper()
	e := newEncoder(t, encoders[codec])
	defer e.close(t)
	out := make([][]byte, n)
	for i := range out {
		if i == n/2 && codec != "AV1" {
			e.sink.ForceKeyFrame()
		}
		e.push(160, 120, uint32(i))
		s, err := e.sink.Pull(testTimeout, nil)
		require.NoError(t, err)
		out[i] = s.Data
	}
	return out
}

// packets returns small RTP packets, several for each sample. The sequence numbers wrap around.
func packets(codec string, frames [][]byte) [][]*rtp.Packet {
	const mtu = 120
	packetizer := rtp.NewPacketizer(mtu, 96, 1, payloaders[codec](), rtp.NewFixedSequencer(0xfff0), 90000)
	out := make([][]*rtp.Packet, len(frames))
	for i, data := range frames {
		out[i] = packetizer.Packetize(data, rtpStep)
	}
	return out
}

// assemble passes packets through everything between the network and the decoder.
func assemble(t *testing.T, codec string, packets []*rtp.Packet) (samples []sample, r *reorder, a *assembler) {
	t.Helper()
	c, err := codecOf("video/" + codec)
	require.NoError(t, err)
	r, a = &reorder{}, &assembler{codec: c}
	now := epoch
	for _, p := range append(packets, nil) {
		if p != nil {
			r.push(p, now)
		} else {
			now = now.Add(lossTimeout)
		}
		for p, ok := r.pop(now); ok; p, ok = r.pop(now) {
			samples = a.add(samples, p)
		}
	}
	return samples, r, a
}

func TestAssemble(t *testing.T) {
	const n = 8
	for codec := range encoders {
		t.Run(codec, func(t *testing.T) {
			frames := encodeSamples(t, codec, n)
			groups := packets(codec, frames)
			require.Greater(t, len(groups[0]), 3)
			all := slices.Concat(groups...)

			want, r, a := assemble(t, codec, all)
			require.Len(t, want, n)
			require.Zero(t, r.lost+a.discarded)
			for i := range want {
				if codec == "VP8" || codec == "VP9" {
					require.Equal(t, frames[i], want[i].data)
				}
				require.Equal(t, i == 0 || i == n/2 && codec != "AV1", want[i].key, "frame %d", i)
				require.True(t, want[i].sets)
				require.False(t, want[i].blank)
				require.Equal(t, groups[i][0].Timestamp, want[i].rtpTime)
			}
			t.Run("out of order", func(t *testing.T) {
				got, r, a := assemble(t, codec, shuffled(all))
				require.Equal(t, want, got)
				require.Zero(t, r.lost+a.discarded)
			})
			t.Run("without markers", func(t *testing.T) {
				got, _, _ := assemble(t, codec, changed(all, func(p *rtp.Packet) { p.Marker = false }))
				require.Equal(t, want[:n-1], got, "only the last isn't known to be complete")
			})
			t.Run("padding", func(t *testing.T) { requirePadding(t, codec, groups, want) })
			t.Run("losses", func(t *testing.T) { requireLosses(t, codec, groups, want) })
			t.Run("malformed", func(t *testing.T) { requireMalformed(t, codec, all) })
		})
	}
}

func changed(in []*rtp.Packet, change func(p *rtp.Packet)) []*rtp.Packet {
	out := make([]*rtp.Packet, len(in))
	for i := range in {
		out[i] = in[i].Clone()
		change(out[i])
	}
	return out
}

// shuffled swaps packets, except the first, within groups of five, and duplicates each seventh.
func shuffled(in []*rtp.Packet) []*rtp.Packet {
	out := in[:1:1]
	for group := range slices.Chunk(in[1:], 5) {
		group = slices.Clone(group)
		slices.Reverse(group)
		out = append(out, group...)
	}
	for i := 0; i < len(out); i += 7 {
		out = slices.Insert(out, i, out[i/2])
	}
	return out
}

// requirePadding checks that packets without a payload between samples change nothing.
func requirePadding(t *testing.T, codec string, groups [][]*rtp.Packet, want []sample) {
	t.Helper()
	var all []*rtp.Packet
	for i, group := range groups {
		for _, p := range group {
			p = p.Clone()
			p.SequenceNumber += uint16(2 * i)
			all = append(all, p)
		}
		for k := range uint16(2) {
			padding := all[len(all)-1].Clone()
			padding.Payload, padding.Padding, padding.PaddingSize = nil, true, 200
			padding.Marker = k == 1
			padding.SequenceNumber++
			all = append(all, padding)
		}
	}
	got, r, a := assemble(t, codec, all)
	require.Equal(t, want, got)
	require.Zero(t, r.lost+a.discarded)
}

// requireLosses loses each packet in turn. Its sample must be missing and no other may be damaged.
// The sample after one whose end is missing may be lost too, but never a key frame.
func requireLosses(t *testing.T, codec string, groups [][]*rtp.Packet, want []sample) {
	t.Helper()
	for i, group := range groups {
		for lost := range group {
			all := slices.Concat(groups...)
			at := slices.Index(all, group[lost])
			all = slices.Delete(all, at, at+1)
			got, r, _ := assemble(t, codec, all)
			if at > 0 && at < len(all) {
				require.Equal(t, uint64(1), r.lost)
			}
			for _, f := range got {
				w := slices.IndexFunc(want, func(w sample) bool { return w.rtpTime == f.rtpTime })
				require.GreaterOrEqual(t, w, 0)
				require.Equal(t, want[w], f, "frame %d without packet %d of frame %d", w, lost, i)
				require.NotEqual(t, i, w, "packet %d", lost)
			}
			for w, f := range want {
				if f.key && w != i {
					require.True(t, slices.ContainsFunc(got, func(g sample) bool { return g.rtpTime == f.rtpTime }),
						"key frame %d without packet %d of frame %d", w, lost, i)
				}
			}
		}
	}
}

// requireMalformed checks that malformed packets cause no panic.
func requireMalformed(t *testing.T, codec string, all []*rtp.Packet) {
	t.Helper()
	for cut := range 40 {
		assemble(t, codec, changed(all, func(p *rtp.Packet) { p.Payload = p.Payload[:min(cut, len(p.Payload))] }))
	}
	for b := range 256 {
		assemble(t, codec, changed(all, func(p *rtp.Packet) { p.Payload[0] = byte(b) }))
		assemble(t, codec, changed(all, func(p *rtp.Packet) {
			if len(p.Payload) > 1 {
				p.Payload[1] = byte(b)
			}
		}))
	}
}

func TestH264ParameterSets(t *testing.T) {
	const slice = 1
	unit := func(kind byte) []byte { return append([]byte{0x60 | kind}, 0x88, 0x84, 0x21, 0xa0) }
	for name, test := range map[string]struct {
		units             []byte
		begins, key, sets bool
	}{
		"complete":       {[]byte{nalSPS, nalPPS, nalIDR}, true, true, true},
		"with delimiter": {[]byte{nalAUD, nalSPS, nalPPS, nalIDR}, true, true, true},
		"no PPS":         {[]byte{nalSPS, nalIDR}, true, true, false},
		"no SPS":         {[]byte{nalPPS, nalIDR}, false, true, false},
		"neither":        {[]byte{nalIDR}, false, true, false},
		"delta":          {[]byte{slice}, false, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			var group []*rtp.Packet
			for _, kind := range test.units {
				group = append(group, &rtp.Packet{Payload: unit(kind)})
			}
			f, err := h264Join(group)
			require.NoError(t, err)
			require.Equal(t, test.key, f.key)
			require.Equal(t, test.sets, f.sets)
			require.Equal(t, len(test.units), bytes.Count(f.data, []byte(startCode)))
			require.Equal(t, test.begins, h264Begins(group[0].Payload))
		})
	}
}

func TestH265ParameterSets(t *testing.T) {
	const trail, cra, sei = 1, h265LastIRAP, 39
	unit := func(kind byte) []byte { return []byte{kind << 1, 1, 0x88, 0x84, 0x21, 0xa0} }
	for name, test := range map[string]struct {
		units             []byte
		begins, key, sets bool
	}{
		"complete":       {[]byte{h265VPS, h265SPS, h265PPS, h265IDR}, true, true, true},
		"with delimiter": {[]byte{h265AUD, h265VPS, h265SPS, h265PPS, sei, h265IDR, h265IDR}, true, true, true},
		"open GOP":       {[]byte{h265VPS, h265SPS, h265PPS, cra}, true, true, true},
		"broken link":    {[]byte{h265VPS, h265SPS, h265PPS, h265FirstIRAP}, true, true, true},
		"no PPS":         {[]byte{h265VPS, h265SPS, h265IDR}, true, true, false},
		"no SPS":         {[]byte{h265VPS, h265PPS, h265IDR}, true, true, false},
		"no VPS":         {[]byte{h265SPS, h265PPS, h265IDR}, false, true, false},
		"none":           {[]byte{h265IDR}, false, true, false},
		"delta":          {[]byte{trail}, false, false, true},
		"delta and sets": {[]byte{h265VPS, h265SPS, h265PPS, trail}, true, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			var group []*rtp.Packet
			aggregate := []byte{h265AP << 1, 1}
			for _, kind := range test.units {
				group = append(group, &rtp.Packet{Payload: unit(kind)})
				aggregate = append(aggregate, 0, byte(len(unit(kind))))
				aggregate = append(aggregate, unit(kind)...)
			}
			f, err := h265Join(group)
			require.NoError(t, err)
			require.Equal(t, test.key, f.key)
			require.Equal(t, test.sets, f.sets)
			require.Equal(t, len(test.units), bytes.Count(f.data, []byte(startCode)))
			require.Equal(t, test.begins, h265Begins(group[0].Payload))
			if len(test.units) > 1 {
				together, err := h265Join([]*rtp.Packet{{Payload: aggregate}})
				require.NoError(t, err)
				require.Equal(t, f, together)
				require.Equal(t, test.begins, h265Begins(aggregate))
			}
		})
	}
}

func TestCodecOf(t *testing.T) {
	c, err := codecOf("video/h264")
	require.NoError(t, err)
	require.Equal(t, "H264", c.name)
	c, err = codecOf("video/H265")
	require.NoError(t, err)
	require.Equal(t, "H265", c.name)
	_, err = codecOf("video/H266")
	require.EqualError(t, err, "viewer: no decoder for video/H266")
}

func packet(seq uint16) *rtp.Packet { return &rtp.Packet{Header: rtp.Header{SequenceNumber: seq}} }

// order returns the sequence numbers that leave a reorder buffer, negative after a gap.
func order(r *reorder, now time.Time) (out []int) {
	for p, ok := r.pop(now); ok; p, ok = r.pop(now) {
		n := int(p.SequenceNumber)
		if p.gap {
			n = -n
		}
		out = append(out, n)
	}
	return out
}

func TestReorder(t *testing.T) {
	for name, test := range map[string]struct {
		in   []uint16
		want []int
		lost uint64
	}{
		"in order":        {[]uint16{7, 8, 9}, []int{7, 8, 9}, 0},
		"swapped":         {[]uint16{7, 9, 8, 10}, []int{7, 8, 9, 10}, 0},
		"twice":           {[]uint16{7, 7, 8, 8, 7}, []int{7, 8}, 0},
		"lost":            {[]uint16{7, 9, 10}, []int{7, -9, 10}, 1},
		"two gaps":        {[]uint16{7, 10, 12}, []int{7, -10, -12}, 3},
		"wrapping around": {[]uint16{65534, 1, 0, 65535}, []int{65534, 65535, 0, 1}, 0},
		"jump ahead":      {[]uint16{7, 30000, 30001}, []int{7, -30000, 30001}, 0},
		"jump back":       {[]uint16{30000, 30002, 7, 8}, []int{30000, -30002, -7, 8}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			var r reorder
			var got []int
			for _, seq := range test.in {
				r.push(packet(seq), epoch)
				got = append(got, order(&r, epoch)...)
			}
			for i := range 3 { // Each gap has a time of its own.
				got = append(got, order(&r, epoch.Add(time.Duration(i+1)*lossTimeout))...)
			}
			require.Equal(t, test.want, got)
			require.Equal(t, test.lost, r.lost)
			require.False(t, r.waiting())
		})
	}
}

func TestReorderWaits(t *testing.T) {
	var r reorder
	r.push(packet(1), epoch)
	require.Equal(t, []int{1}, order(&r, epoch))
	r.push(packet(3), epoch)
	require.True(t, r.waiting())
	require.Empty(t, order(&r, epoch.Add(lossTimeout-1)))
	require.Equal(t, []int{-3}, order(&r, epoch.Add(lossTimeout)))
	for seq := range uint16(maxHeld) {
		r.push(packet(5+seq), epoch)
	}
	require.Len(t, order(&r, epoch), maxHeld, "the room is bounded")
}
