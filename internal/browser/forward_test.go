// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package browser_test

import (
	"context"
	"fmt"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v4"

	"github.com/gstpublish/gstpublish/internal/media"
	"github.com/gstpublish/gstpublish/internal/packets"
	"github.com/gstpublish/gstpublish/pipeline"
)

// layers are the highest layers to send, counted from 0.
type layers struct{ spatial, temporal int }

// all sends every layer.
var all = layers{2, 2} // never written

// sent counts the frames of one index that were sent.
type sent struct {
	width, height int // 0 if the encoder does not report it
	frames, keys  int // the number of frames, and of key frames among them
}

// forwarder sends samples without the layers above a limit, as LiveKit's server does for a viewer
// with a narrow connection. Its packets have consecutive numbers, and a frame ends with its highest
// layer that is sent.
type forwarder struct {
	writer *packets.Writer
	clock  packets.Clock
	track  *webrtc.TrackLocalStaticRTP
	codec  pipeline.Codec

	upTo   layers        // of the current frame
	number uint16        // of the last packet
	sent   map[int]sent  // by frame index
	done   chan struct{} // closed when the last frame was sent
}

func newForwarder(s *sender, codec pipeline.Codec) (*forwarder, error) {
	f := &forwarder{
		clock: packets.NewClock(int(s.codec.ClockRate)), track: s.track, codec: codec,
		sent: map[int]sent{}, done: make(chan struct{}),
	}
	var err error
	f.writer, err = packets.NewWriter(s.codec, nil, f.pass)
	return f, err
}

// forward sends a sample, and returns what it sent.
func (f *forwarder) forward(s *media.Sample) (of sent, err error) {
	c := &s.Info
	if c.Temporal > f.upTo.temporal && f.codec != pipeline.VP9 {
		return of, nil // VP9 frames must be numbered, since later frames may refer to them.
	}
	if err := f.writer.WriteLayers(context.Background(), s.Data, f.clock.At(s.PTS), layersOf(s)); err != nil {
		return of, fmt.Errorf("sending %+v: %w", c, err)
	}
	if c.Temporal > f.upTo.temporal {
		return of, nil
	}
	of.frames, of.keys = 1, 0
	if s.Key {
		of.keys = 1
	}
	for i := range c.Layers[:c.N] {
		if l := &c.Layers[i]; l.Spatial <= f.upTo.spatial {
			of.width, of.height = l.Width, l.Height
		}
	}
	return of, nil
}

// layersOf returns the encoder's information about a sample, or nil.
func layersOf(s *media.Sample) *packets.Layers {
	c := &s.Info
	if c.N == 0 {
		return nil
	}
	l := &packets.Layers{
		Key: s.Key, Temporal: c.Temporal, TemporalLayers: c.TemporalLayers, SpatialLayers: c.SpatialLayers,
		SwitchUp: c.SwitchUp,
	}
	for i := range c.Layers[:c.N] {
		f := &c.Layers[i]
		l.Frames = append(l.Frames, packets.Frame{
			Size: f.Size, Spatial: f.Spatial, Width: f.Width, Height: f.Height,
			InterLayer: f.InterLayer, References: f.References[:f.N],
		})
	}
	return l
}

// pass sends a packet unless its layer is above the limit.
func (f *forwarder) pass(p *rtp.Packet) error {
	if f.codec == pipeline.VP9 {
		var d codecs.VP9Packet
		if _, err := d.Unmarshal(p.Payload); err != nil {
			return err
		}
		if d.L && (int(d.SID) > f.upTo.spatial || int(d.TID) > f.upTo.temporal) {
			return nil
		}
		p.Marker = p.Marker || d.E && int(d.SID) == f.upTo.spatial
	}
	f.number++
	p.SequenceNumber = f.number
	return f.track.WriteRTP(p)
}

// run sends an encoder's samples up to the last frame.
func (f *forwarder) run(src *source, plan func(n int) (layers, bool)) error {
	defer close(f.done)
	var room []byte
	for {
		s, err := src.chain.Output().Pull(room)
		if err != nil {
			return err
		}
		room = s.Data
		n := numberOf(&s)
		if upTo, _ := plan(n); s.Key || upTo.below(f.upTo) {
			f.upTo = upTo
		}
		of, err := f.forward(&s)
		if err != nil {
			return fmt.Errorf("frame %d: %w", n, err)
		}
		if of.frames == 0 {
			continue
		}
		before := f.sent[indexOf(n)]
		of.frames, of.keys = of.frames+before.frames, of.keys+before.keys
		f.sent[indexOf(n)] = of
		if n >= frames-1 {
			return nil
		}
	}
}

// below reports whether the other set contains every layer of this one.
func (l layers) below(other layers) bool {
	return l.spatial <= other.spatial && l.temporal <= other.temporal
}
