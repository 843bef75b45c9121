// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package encode

import (
	"fmt"
	"strconv"

	"github.com/gstpublish/gstpublish/pipeline"
)

// layers finds the mode for the requested layers.
func (e *encoder) layers(o *Options) error {
	if o.TemporalLayers > max(e.row.Layers.Temporal, 1) || o.SpatialLayers > max(e.row.Layers.Spatial, 1) {
		return &pipeline.LayersError{
			Encoder: e.row.Factory, Temporal: o.TemporalLayers, Spatial: o.SpatialLayers, Knows: e.row.Layers,
		}
	}
	if o.TemporalLayers == 1 && o.SpatialLayers == 1 {
		return nil
	}
	e.mode = fmt.Sprintf("L%dT%d", o.SpatialLayers, o.TemporalLayers)
	if o.SpatialLayers > 1 && !o.Screencast {
		e.mode += "_KEY"
	}
	return nil
}

// setActive sets how many of the spatial layers to encode.
func (e *encoder) setActive(n int) error {
	if e.mode == "" || e.row.Layers.Spatial < 2 {
		return nil
	}
	return e.element.Set(e.row.Layers.Active, strconv.Itoa(n))
}

// SetActiveLayers sets how many spatial layers, from the lowest up, to encode from the next frame
// on; 0 means all. It costs no key frame.
func (c *Chain) SetActiveLayers(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wanted.active = max(n, 0)
}
