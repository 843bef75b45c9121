// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package encode

import (
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/gst/standin"
	"github.com/gstpublish/gstpublish/internal/test/need"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// motion returns the element's values of the properties that the steps of a row change.
func (s *screen) motion() map[string]string {
	values := map[string]string{}
	for _, step := range append([]catalogue.Sharp{s.row.Idle}, s.row.Sharp...) {
		for _, setting := range step.Settings {
			values[setting.Name] = s.chain.encoder.element.Get(setting.Name)
		}
	}
	return values
}

// requireQuality checks the element's own values.
func (s *screen) requireQuality(motion map[string]string, quality, bitrate int) {
	s.t.Helper()
	want, steps := maps.Clone(motion), s.row.Sharp[:max(0, min(quality, len(s.row.Sharp)))]
	if quality == QualityIdle {
		steps = []catalogue.Sharp{s.row.Idle}
	}
	for _, step := range steps {
		for _, setting := range step.Settings {
			want[setting.Name] = setting.Value
		}
		if step.Rate > 0 {
			bitrate = step.Rate * 1_200_000
		}
	}
	for name, value := range want {
		require.Equal(s.t, value, s.chain.encoder.element.Get(name), "%s at quality %d", name, quality)
	}
	property := s.row.Bitrates[0]
	require.Equal(s.t, bitrate, atoi(s.t, s.chain.encoder.element.Get(property.Property))*property.Unit)
}

// TestQualityChangesFromAnyToAny: the element has exactly the row's values, and rejects no order of settings.
func TestQualityChangesFromAnyToAny(t *testing.T) {
	qualities := []int{QualityMotion, 1, 2, 3, QualityIdle, 100}
	eachScreen(t, 160, 96, 1_200_000, func(t *testing.T, s *screen) {
		t.Helper()
		require.Empty(t, s.chain.Skipped(), "of the catalogue's settings")
		motion := s.motion()
		for name, value := range motion {
			require.NotEmpty(t, value, "it has no %s", name)
		}
		scrolled := 0
		for _, from := range qualities {
			for _, to := range qualities {
				for _, quality := range []int{from, to} {
					scrolled += 2
					s.show(textPage(160, 96, 160, scrolled), quality)
					s.requireQuality(motion, quality, 1_200_000)
				}
			}
		}
		require.NoError(t, s.chain.Err())
		last := textPage(160, 96, 160, scrolled)
		decoded := s.decode()
		require.Greater(t, last.psnr(decoded[len(decoded)-1]), 35.0)
	})
}

// keyFrame returns the maximum share of the target that a key frame of a page full of text takes.
func keyFrame(encoder string) time.Duration {
	switch encoder {
	case "x265enc": // Its VBV is one frame of twelve times the target, 400 ms.
		return 420 * time.Millisecond
	case "openh264enc", "av1enc": // They have no property that limits it.
		return 450 * time.Millisecond
	default: // Limited by the VBV, 200 ms, or max-intra-bitrate.
		return 250 * time.Millisecond
	}
}

// textKey is the key of a page full of text among the pages that are kept.
type textKey struct{ scrolled int }

// TestKeyFramesInMotionAreLimited: they do not stall the link.
func TestKeyFramesInMotionAreLimited(t *testing.T) {
	need.Encoding(t)
	const target, asked = 2_500_000, 6
	eachScreen(t, 1280, 720, target, func(t *testing.T, s *screen) {
		t.Helper()
		for n := range asked + 2 {
			if n == asked {
				s.policy.RequestKey()
			}
			is := s.offer(kept(textKey{3 * n}, func() *page { return textPage(1280, 720, 800, 3*n) }), false)
			require.Equal(t, QualityMotion, is.quality)
			require.Equal(t, n == 0 || n == asked, is.Key)
			takes, most := time.Duration(is.bytes)*8*time.Second/target, keyFrame(s.row.Factory)
			if is.Key {
				t.Logf("%d bytes, %v of the target", is.bytes, takes)
			}
			if n == 0 { // The rate control has no history yet.
				most = 600 * time.Millisecond
			}
			require.LessOrEqual(t, takes, most)
		}
	})
}

// TestSlowFramesKeepTheirShare compares the sizes of frames that can use any rate at the nominal frame rate and at a
// third of it.
func TestSlowFramesKeepTheirShare(t *testing.T) {
	need.Encoding(t)
	const target, count, settle = 500_000, 60, 30
	strong, faint := strongGrain(), faintGrain()
	eachScreen(t, 320, 180, target, func(t *testing.T, s *screen) {
		t.Helper()
		frames := strong
		if s.row.Factory == "av1enc" {
			frames = faint // It drops frames with strong grain.
		}
		size := func(pause int) (bytes int) {
			require.NoError(t, s.chain.SetRate(target, 30/float64(pause)))
			for i := range count {
				is := s.show(&page{w: 320, h: 180, pix: frames[i%len(frames)]}, QualityMotion)
				if s.n += pause - 1; i >= settle {
					bytes += is.bytes
				}
			}
			return bytes / (count - settle)
		}
		nominal, slow := size(1), size(3)
		t.Logf("%d bytes a frame, and %d at a third of the frame rate; their share is %d", nominal, slow, target/8/30)
		require.InEpsilon(t, nominal, slow, 0.35)
	})
}

// TestChangesDoNotWaitForTheEncoder blocks the streaming thread before each software encoder and inside a stand-in that
// hangs.
func TestChangesDoNotWaitForTheEncoder(t *testing.T) {
	eachScreen(t, 160, 96, 1_200_000, func(t *testing.T, s *screen) {
		t.Helper()
		p, motion, held := textPage(160, 96, 160, 0), s.motion(), make(chan struct{})
		s.show(p, QualityMotion)
		hook := s.chain.encoder.element.BeforeBuffer(func() { <-held })
		require.NotNil(t, hook)
		defer hook.Release()
		hook.Arm()
		s.changeWhileBusy(p.pix, func() { close(held) })
		s.requireQuality(motion, 2, 1_200_000)
	})
	t.Run("hangs", func(t *testing.T) {
		const hanging = "nvautogpuh264enc"
		standIns(t)
		t.Cleanup(func() {
			standin.SetFault(hanging, standin.Fault{})
			standin.Release()
		})
		standin.SetFault(hanging, standin.Fault{Kind: standin.Hang, Frame: 2})
		f := startFeeder(t, &Options{Codec: pipeline.H264, Encoder: hanging, Screencast: true, Bitrate: 3_000_000})
		f.size(160, 96)
		p := textPage(160, 96, 160, 0)
		f.give(p.pix)
		<-f.out
		f.changeWhileBusy(p.pix, standin.Release)
		inner := f.chain.gp.ByName("standin-encoder")
		require.NotNil(t, inner)
		defer inner.Release()
		requireTarget(t, inner, pipeline.H264, 1_200_000)
	})
}

// changeWhileBusy pushes a frame on which the streaming thread blocks, and then repeatedly changes everything that can
// be changed, at last to quality 2 and 1,200,000 bit/s.
func (f *feeder) changeWhileBusy(frame []byte, release func()) {
	f.t.Helper()
	f.give(frame)
	const patience = time.Minute
	stuck := func() bool {
		taken, busy := f.chain.Progress()
		return taken == 2 && busy
	}
	require.Eventually(f.t, stuck, patience, time.Millisecond)
	b := gst.Wrap("I420", f.w, f.h, [][]byte{frame, frame[f.w*f.h:], frame[f.w*f.h*5/4:]},
		[]int{f.w, f.w / 2, f.w / 2}, nil)
	defer b.Unref()
	done := make(chan error, 1)
	go func() {
		for i := range 20 {
			f.chain.SetQuality([]int{QualityIdle, 1, 100, QualityMotion, 2}[i%5])
			if err := f.chain.SetRate(3_000_000, 30); err != nil {
				done <- err
				return
			}
			if err := f.chain.SetRate(1_200_000, 30); err != nil {
				done <- err
				return
			}
			f.n++
			if _, err := f.chain.Push(b, f.caps, time.Duration(f.n-1)*time.Second/30); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	select {
	case err := <-done:
		require.NoError(f.t, err)
	case <-time.After(patience):
		require.FailNow(f.t, "a change waited for the encoder")
	}
	require.True(f.t, stuck(), "the encoder is not blocked")
	release()
	for _, n := range []int{1, f.n - 1} { // The last one replaced those between.
		select {
		case sample := <-f.out:
			require.Equal(f.t, int64(time.Duration(n)*time.Second/30), sample.PTS)
		case <-time.After(patience):
			require.FailNow(f.t, "no sample", "frame %d", n)
		}
	}
}
