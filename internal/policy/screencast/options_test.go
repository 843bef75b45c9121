// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package screencast

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestBadOptionsAreRefusedByName(t *testing.T) {
	require.NoError(t, Defaults(1920, 1080).Check())
	require.NoError(t, Defaults(320, 240).Check())
	for _, c := range []struct {
		name   string
		option string
		change func(o *Options)
	}{
		{"no frames", "FPS", func(o *Options) { o.FPS = 0 }},
		{"negative frames", "FPS", func(o *Options) { o.FPS = -30 }},
		{"too many frames", "FPS", func(o *Options) { o.FPS = 241 }},
		{"no bits", "MaxBitrate", func(o *Options) { o.MaxBitrate = 0 }},
		{"a negative floor", "Floor", func(o *Options) { o.Floor = -1 }},
		{"a floor above the highest", "Floor", func(o *Options) { o.Floor = o.MaxBitrate + 1 }},
		{"a negative repeat", "IdleRepeat", func(o *Options) { o.IdleRepeat = -time.Second }},
		{"a repeat within a frame", "IdleRepeat", func(o *Options) { o.IdleRepeat = frame - 1 }},
		{"a negative quantizer", "Sharpness", func(o *Options) { o.Sharpness.Quantizer = -1 }},
		{"a quantizer off its scale", "Sharpness", func(o *Options) { o.Sharpness.Scale = 3 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := options()
			c.change(&o)
			_, err := NewDriver(o, func() {})
			var bad *OptionError
			require.ErrorAs(t, err, &bad)
			require.Equal(t, c.option, bad.Option)
			require.ErrorContains(t, err, "screencast: "+c.option)
		})
	}
	o := options()
	o.IdleRepeat, o.Floor = 0, 0
	require.NoError(t, o.Check(), "silence and no floor are a choice")
}
