// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package track

import (
	"github.com/gstpublish/gstpublish/internal/media"
	"github.com/gstpublish/gstpublish/internal/packets"
	"github.com/gstpublish/gstpublish/internal/video"
)

// description describes the layers of a sample. It is reused for the next one.
type description struct {
	packets.Layers

	info   media.SampleInfo
	frames [video.MaxLayers]packets.Frame
}

// of returns the description of a sample.
func (d *description) of(s *media.Sample) *packets.Layers {
	c := &d.info
	*c = s.Info
	d.Key, d.SwitchUp, d.Temporal = s.Key, c.SwitchUp, c.Temporal
	d.TemporalLayers, d.SpatialLayers = max(c.TemporalLayers, 1), max(c.SpatialLayers, 1)
	d.Frames = d.frames[:max(c.N, 1)]
	for i := range d.Frames[:c.N] {
		l := &c.Layers[i]
		d.Frames[i] = packets.Frame{
			Size: l.Size, Spatial: l.Spatial, Width: l.Width, Height: l.Height,
			InterLayer: l.InterLayer, References: l.References[:l.N],
		}
	}
	if c.N == 0 {
		d.Frames[0] = packets.Frame{Size: len(s.Data)}
		if !s.Key {
			d.Frames[0].References = append(d.Frames[0].References, 1) // The previous frame.
		}
	}
	return &d.Layers
}
