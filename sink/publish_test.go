// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/pipeline"
)

// The goroutine that replaces a layer's encoder reads the layer's codecs. It starts when the
// encoder is installed, and OnEncoder is called just before that.
func TestALayersCodecIsFixedBeforeItsEncoderIsWatched(t *testing.T) {
	src, err := appsrc.NewVideoSource(1280, 720, nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, src.Close()) })
	o, err := (&Options{
		Layers:   LayerOptions{Sizes: 2},
		Encoding: EncodingOptions{FallbackCodecs: []pipeline.Codec{pipeline.H264}},
	}).withDefaults(false)
	require.NoError(t, err)
	p := newPublication(t.Context(), o)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	codecs := map[string][]pipeline.Codec{}
	p.opts.OnEncoder = func(ev EncoderEvent) {
		for _, e := range p.layers.each() {
			if e.rid == ev.Layer {
				codecs[ev.Layer] = e.codecs
			}
		}
	}
	_, err = p.prepareSource(t.Context(), src)
	require.NoError(t, err)
	only := []pipeline.Codec{pipeline.VP8}
	require.Equal(t, map[string][]pipeline.Codec{"q": only, "h": only}, codecs)
}
