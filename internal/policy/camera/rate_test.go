// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package camera

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/allocation"
	"github.com/gstpublish/gstpublish/internal/policy"
)

// inOneStream returns spatial layers. The bit rate of each includes those of the layers below it.
func inOneStream() []allocation.Layer {
	return []allocation.Layer{
		{RID: allocation.Low, Width: 320, Height: 180, FPS: fps, Bitrate: 150_000, MinBitrate: 30_000},
		{RID: allocation.Medium, Width: 640, Height: 360, FPS: fps, Bitrate: 450_000, MinBitrate: 150_000},
		{RID: allocation.High, Width: 1280, Height: 720, FPS: fps, Bitrate: 1_700_000, MinBitrate: 600_000},
	}
}

func TestSpatialLayersFitIntoTheShare(t *testing.T) {
	p := newCamera(Options{}, inOneStream()...)
	pts := time.Duration(0)
	next := func() policy.Decision {
		d := p.Offer(at(pts))
		pts += frame
		return d
	}
	d := next()
	require.Zero(t, d.Layers, "an encoder begins with all")
	require.Equal(t, 1_700_000, d.Target)
	for _, c := range []struct {
		name                           string
		watched, share, layers, target int
		switches                       bool
	}{
		{"without an estimate", 3, 0, 3, 1_700_000, false},
		{"enough for all", 3, 600_000, 3, 600_000, false},
		{"too little for the highest", 3, 599_999, 2, 450_000, true},
		{"a little more than its minimum", 3, 779_999, 2, 450_000, false},
		{"enough for it to come back", 3, 780_000, 3, 780_000, false},
		{"too little for two", 3, 140_000, 1, 140_000, true},
		{"less than the lowest needs", 3, 100, 1, allocation.LeastBitrate, false},
		{"enough for two", 3, 195_000, 2, 195_000, false},
		{"only two are watched", 2, 2_000_000, 2, 450_000, false},
		{"only one is watched", 1, 2_000_000, 1, 150_000, false},
		{"all are watched again", 3, 2_000_000, 3, 1_700_000, false},
		{"the highest goes", 3, 400_000, 2, 400_000, true},
		{"and then its viewer", 2, 400_000, 2, 400_000, false},
	} {
		p.SetWatched(c.watched)
		p.SetEstimate(c.share)
		d = next()
		require.True(t, d.Encode)
		require.Equal(t, c.layers, d.Layers, c.name)
		require.Equal(t, c.target, d.Target, c.name)
		require.Equal(t, c.switches, d.Switch, c.name)
		require.Equal(t, policy.Status{Layers: c.layers}, p.Status())
		require.Zero(t, d.Width, "the encoder scales them")
		require.False(t, next().Switch, "one request is enough")
	}
}

func TestANewEncoderStartsWithAllSpatialLayers(t *testing.T) {
	p := newCamera(Options{}, inOneStream()...)
	p.SetWatched(1)
	require.Equal(t, 1, p.Offer(at(0)).Layers)
	p.Renew(policy.Encoder{Efficiency: 1})
	p.Resize(inOneStream())
	d := p.Offer(at(frame))
	require.Zero(t, d.Layers)
	require.Equal(t, 1_700_000, d.Target)
	p.Renew(policy.Encoder{Efficiency: 1})
	p.Resize(inOneStream()[2:]) // An encoder without spatial layers.
	p.SetWatched(1)
	d = p.Offer(at(2 * frame))
	require.Zero(t, d.Layers)
	require.Equal(t, 1_700_000, d.Target)
}
