// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"fmt"
	"strings"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v4"
)

const (
	// mtu is the SDK's (rtpOutboundMTU, localtrack.go): its interceptors refuse
	// larger payloads.
	mtu = 1200
	// burst packets go out at once, then there is a pause: a socket's receive buffer
	// of Linux's default, 208 KiB, overflows at some 90, and a key frame of a sharp
	// screen has more. 40 in a millisecond are 380 Mbit/s.
	burst      = 40
	burstPause = time.Millisecond
)

// packets cuts samples into RTP packets and sends them. It isn't for several
// goroutines at once.
type packets struct {
	cut  rtp.Packetizer
	send func(*rtp.Packet) error
}

func newPackets(codec webrtc.RTPCodecCapability, send func(*rtp.Packet) error) (*packets, error) {
	payloader, err := payloaderFor(codec.MimeType)
	if err != nil {
		return nil, err
	}
	// Payload type and SSRC are the connection's, filled in where it sends.
	cut := rtp.NewPacketizer(mtu, 0, 0, payloader, rtp.NewRandomSequencer(), codec.ClockRate)
	return &packets{cut: cut, send: send}, nil
}

func payloaderFor(mime string) (rtp.Payloader, error) {
	for name, payloader := range map[string]rtp.Payloader{
		webrtc.MimeTypeVP8:  &codecs.VP8Payloader{EnablePictureID: true},
		webrtc.MimeTypeVP9:  &codecs.VP9Payloader{},
		webrtc.MimeTypeAV1:  &codecs.AV1Payloader{},
		webrtc.MimeTypeH264: &codecs.H264Payloader{},
		webrtc.MimeTypeH265: &codecs.H265Payloader{},
		webrtc.MimeTypeOpus: &codecs.OpusPayloader{},
	} {
		if strings.EqualFold(name, mime) {
			return payloader, nil
		}
	}
	return nil, fmt.Errorf("sink: no way to put %s into RTP", mime)
}

// write sends one sample with its RTP time. The first error is returned; packets
// after it are sent all the same.
func (p *packets) write(data []byte, timestamp uint32) (failure error) {
	for i, packet := range p.cut.Packetize(data, 0) {
		if i > 0 && i%burst == 0 {
			<-time.After(burstPause)
		}
		packet.Timestamp = timestamp
		if err := p.send(packet); err != nil && failure == nil {
			failure = err
		}
	}
	return failure
}
