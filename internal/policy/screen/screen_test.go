// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package screen

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/allocation"
	"github.com/gstpublish/gstpublish/internal/policy"
	"github.com/gstpublish/gstpublish/internal/policy/screencast"
)

const frame = time.Second / 30

func sizes() []allocation.Layer {
	return []allocation.Layer{
		{RID: allocation.Low, Width: 960, Height: 540, FPS: 30, Bitrate: 1_250_000},
		{RID: allocation.Medium, Width: 1920, Height: 1080, FPS: 30, Bitrate: 5_000_000},
	}
}

func newScreen(t *testing.T, scales bool, wake func(time.Duration)) *Driver {
	t.Helper()
	d, err := NewDriver(Options{Options: screencast.Defaults(1920, 1080), Scales: scales}, wake)
	require.NoError(t, err)
	return d
}

// capture offers a frame at the time of its capture.
func capture(d *Driver, begin time.Time, waiting time.Duration) policy.Decision {
	now := time.Since(begin)
	return d.Offer(policy.Frame{Captured: now, PTS: now, Open: true, Waiting: waiting})
}

func TestAScreenKeepsItsSizeAndTheLayersWithViewers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		d := newScreen(t, false, func(time.Duration) {})
		defer d.Stop()
		d.Resize(sizes())
		first := capture(d, begin, 0)
		require.True(t, first.Encode && first.Key)
		require.Equal(t, 5_000_000, first.Target)
		require.Zero(t, first.Width)
		require.Zero(t, first.Layers, "an encoder begins with all")
		for _, c := range []struct{ watched, target int }{{1, 1_250_000}, {2, 5_000_000}} {
			d.SetWatched(c.watched)
			<-time.After(frame)
			decision := capture(d, begin, 0)
			require.Equal(t, c.watched, decision.Layers)
			require.Equal(t, c.target, decision.Target)
			require.Equal(t, c.watched, d.Status().Layers)
			require.Equal(t, c.target, d.Status().Screen.Target)
		}
		d.Renew(policy.Encoder{Sharpness: screencast.SharpnessOf("VP9")})
		d.Resize(sizes()[1:])
		<-time.After(frame)
		decision := capture(d, begin, 0)
		require.True(t, decision.Key)
		require.Zero(t, decision.Layers)
	})
}

func TestALayerBelowTheFullSizeIsScaled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newScreen(t, true, func(time.Duration) {})
		defer d.Stop()
		d.Resize(sizes()[:1])
		decision := capture(d, time.Now(), 0)
		require.Equal(t, [2]int{960, 540}, [2]int{decision.Width, decision.Height})
		require.Equal(t, 1_250_000, decision.Target)
	})
}

func TestAFrameWaitsForTheNetworkUntilANewerOneReplacesIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		d := newScreen(t, false, func(time.Duration) {})
		defer d.Stop()
		require.True(t, capture(d, begin, 0).Encode)
		<-time.After(frame)
		require.True(t, capture(d, begin, maxWaiting).Encode)
		<-time.After(frame)
		require.Equal(t, policy.Kept, capture(d, begin, maxWaiting+1).Dropped)
		<-time.After(frame)
		decision := capture(d, begin, maxWaiting+1)
		require.False(t, decision.Encode)
		require.Equal(t, policy.FrameRate, decision.Dropped)
		<-time.After(frame)
		decision = capture(d, begin, 0)
		require.True(t, decision.Encode)
		require.Equal(t, policy.FrameRate, decision.Dropped)
	})
}

func TestFlushRequestsTheLastFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := []time.Duration(nil)
		d := newScreen(t, false, func(quiet time.Duration) { asked = append(asked, quiet) })
		defer d.Stop()
		d.Flush()
		require.Equal(t, []time.Duration{0}, asked)
	})
}

func TestOptionsAreChecked(t *testing.T) {
	_, err := NewDriver(Options{}, func(time.Duration) {})
	bad, ok := errors.AsType[*screencast.OptionError](err)
	require.True(t, ok)
	require.Equal(t, "FPS", bad.Option)
}
