// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"fmt"
	"strconv"

	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// LayersError means that an encoder does not support the requested layers in one stream.
type LayersError struct {
	Encoder           string
	Temporal, Spatial int // as requested
	Knows             catalogue.Layers
}

func (e *LayersError) Error() string {
	return fmt.Sprintf("pipeline: %s encodes at most %d temporal and %d spatial layers in one stream, not %d and %d",
		e.Encoder, max(e.Knows.Temporal, 1), max(e.Knows.Spatial, 1), e.Temporal, e.Spatial)
}

// layers finds the mode for the requested layers.
func (e *encoder) layers(o *EncodeOptions) error {
	if o.TemporalLayers > max(e.row.Layers.Temporal, 1) || o.SpatialLayers > max(e.row.Layers.Spatial, 1) {
		return &LayersError{e.row.Factory, o.TemporalLayers, o.SpatialLayers, e.row.Layers}
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
func (c *EncodeChain) SetActiveLayers(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wanted.active = max(n, 0)
}
