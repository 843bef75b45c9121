// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package packets puts samples into RTP packets. The SDK's own way would send all packets of a
// sample at once, which neither a socket's buffer nor a slow link can take.
package packets

import (
	"context"
	"sync"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

const (
	// mtu is the SDK's (rtpOutboundMTU, localtrack.go): its interceptors refuse
	// larger payloads.
	mtu = 1200
	// payloadSize is what an RTP header without extensions leaves of it.
	payloadSize = mtu - 12
	// extensionSize is what a header extension takes beside its data: four bytes for all,
	// its own header of up to two, and three to the next multiple of four (RFC 8285).
	extensionSize = 4 + 2 + 3
	// burst packets leave at once, followed by a pause: a socket's receive buffer of Linux's
	// default size, 208 KiB, overflows at about 90, and a key frame of a sharp screen has more. 40
	// in a millisecond are 380 Mbit/s.
	burst      = 40
	burstPause = time.Millisecond
)

// Writer cuts samples into RTP packets and sends them. Write and WriteLayers are not safe for
// concurrent use; Pad is.
type Writer struct {
	format format
	send   func(*rtp.Packet) error
	pace   Pace

	descriptor descriptor
	packet     rtp.Packet        // the current one
	room       [payloadSize]byte // its payload
	extensions []rtp.Extension   // its header's

	mu        sync.Mutex // held while a burst is sent; protects what follows
	numbers   rtp.Sequencer
	padding   rtp.Packet
	timestamp uint32 // of the last sample
	begun     bool
}

// Pace waits until media may be sent. packets and bytes are the amount that waits. It returns how many of these bytes
// may leave now; the last packet may exceed that. After an error, such as that of a context that is done, the rest must
// not be sent.
type Pace func(ctx context.Context, packets, bytes int) (granted int, err error)

// NewWriter returns a Writer for a codec that has a payload format. It asks pace before each burst; with nil, it only
// breaks up bursts that a socket's buffer does not hold. send may change the packet and must not keep it, nor its
// payload: both are used again for the next.
func NewWriter(codec webrtc.RTPCodecCapability, pace Pace, send func(*rtp.Packet) error) (*Writer, error) {
	format, err := formatFor(codec.MimeType)
	if err != nil {
		return nil, err
	}
	if pace == nil {
		pace = breakBursts()
	}
	return &Writer{format: format, send: send, pace: pace, numbers: rtp.NewRandomSequencer()}, nil
}

// breakBursts returns a Pace that pauses between bursts.
func breakBursts() Pace {
	left, last := 0, time.Time{}
	return func(ctx context.Context, _, bytes int) (granted int, err error) {
		if time.Since(last) >= burstPause {
			left = burst * mtu
		}
		if left <= 0 {
			select {
			case <-time.After(burstPause):
				left = burst * mtu
			case <-ctx.Done():
				return 0, context.Cause(ctx)
			}
		}
		granted = min(bytes, left)
		left -= granted
		last = time.Now()
		return granted, nil
	}
}

// Write sends one sample with its RTP time. It returns the first error of sending, but still sends
// the packets after it. If pace returns an error, the rest is not sent.
func (w *Writer) Write(ctx context.Context, data []byte, timestamp uint32) error {
	return w.WriteLayers(ctx, data, timestamp, nil)
}

// Describe makes the packets of samples with layers carry a dependency descriptor, from the next
// key frame on, in the header extension with that ID, 1 to 14, as negotiated for DescriptorURI. 0
// and any other number end it. It must be called by the goroutine that writes.
//
// LiveKit's server has no other source for AV1's layers, and handles VP9 better with it.
func (w *Writer) Describe(id uint8) {
	if id > 14 { // RFC 8285, 4.2
		id = 0
	}
	if w.descriptor.id != id {
		w.descriptor.id, w.descriptor.begun = id, false
	}
}

// WriteLayers is Write for a sample with known layers; nil is the same as Write. The layers stay
// the caller's. VP8 (temporal layers) and VP9 describe them in their payload format, others only in
// the dependency descriptor. If they are invalid, nothing of the sample is sent, and the error says
// why.
func (w *Writer) WriteLayers(ctx context.Context, data []byte, timestamp uint32, l *Layers) (failure error) {
	if len(data) == 0 {
		return nil
	}
	if l != nil {
		if err := l.check(len(data)); err != nil {
			return err
		}
	}
	size := payloadSize
	if w.descriptor.id != 0 {
		size -= laterDescriptor
	}
	if err := w.format.begin(data, l, size); err != nil {
		return err
	}
	w.descriptor.begin(l)
	rest := len(data)
	for first := true; w.format.more(); {
		count := (rest + size - 1) / size
		granted, err := w.pace(ctx, max(count, 1), rest+max(count, 1)*(mtu-size))
		if err != nil {
			return err
		}
		var sent int
		if first, sent, err = w.burst(first, timestamp, granted, mtu-size); err != nil && failure == nil {
			failure = err
		}
		rest = max(rest-sent, 1)
	}
	return failure
}

// burst sends packets of the current sample until they have the granted bytes, each with a header
// of so many. It returns whether the next packet is the first of a frame, the bytes of payload
// sent, and the first error of sending.
func (w *Writer) burst(first bool, timestamp uint32, granted, header int) (next bool, sent int, failure error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timestamp, w.begun = timestamp, true
	for granted > 0 && w.format.more() {
		first = w.cut(first, timestamp)
		// The number is assigned here, since padding may come between two bursts.
		w.packet.SequenceNumber = w.numbers.NextSequenceNumber()
		granted -= header + len(w.packet.Payload)
		sent += len(w.packet.Payload)
		if err := w.send(&w.packet); err != nil && failure == nil {
			failure = err
		}
	}
	return first, sent, failure
}

// cut makes the next packet, which is the first of its frame or not. It reports whether the one
// after it begins another frame.
func (w *Writer) cut(first bool, timestamp uint32) (ends bool) {
	descriptor := w.descriptor.next(first)
	room := payloadSize
	if descriptor != nil {
		room -= len(descriptor) + extensionSize
	}
	payload, ends := w.format.next(w.room[:room])
	// Payload type and SSRC are the connection's, filled in where it sends.
	w.packet = rtp.Packet{
		Header:  rtp.Header{Version: 2, Marker: !w.format.more(), Timestamp: timestamp},
		Payload: payload,
	}
	if descriptor != nil {
		if ends {
			descriptor[0] |= lastPacket
			w.descriptor.end()
		}
		w.packet.Extensions = w.extensions[:0]
		_ = w.packet.SetExtension(w.descriptor.id, descriptor) // Describe has checked the ID
		w.extensions = w.packet.Extensions
	}
	return ends
}

// Pad sends a packet without payload, with 1 to 255 bytes of padding (RFC 3550, 5.1), which
// receivers count and drop: LiveKit's server closes the gap in the numbers, even in the middle of a
// frame. Before the first sample it does nothing and returns false.
func (w *Writer) Pad(bytes int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.begun && bytes >= 1 && bytes <= 255 && w.pad(bytes)
}

// Announce sends the smallest packet of padding, also before the first sample: LiveKit's server lists a track only
// after a packet of it has come. It reports whether the packet was sent.
func (w *Writer) Announce() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.pad(1)
}

// pad sends a packet of padding. w.mu must be held.
func (w *Writer) pad(bytes int) bool {
	w.padding = rtp.Packet{Header: rtp.Header{
		Version: 2, Padding: true, PaddingSize: byte(bytes),
		SequenceNumber: w.numbers.NextSequenceNumber(), Timestamp: w.timestamp,
	}}
	return w.send(&w.padding) == nil
}
