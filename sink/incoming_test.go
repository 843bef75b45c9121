// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/incoming"
	"github.com/gstpublish/gstpublish/internal/test/locked"
	"github.com/gstpublish/gstpublish/internal/test/port"
	"github.com/gstpublish/gstpublish/pipeline"
)

// waitTimeout bounds everything that these tests wait for.
const waitTimeout = 20 * time.Second

func prepare(t *testing.T, text string, o *Options) (*Prepared, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), waitTimeout)
	defer cancel()
	pipe, err := pipeline.Parse(text, nil)
	require.NoError(t, err)
	return PreparePipeline(ctx, pipe, o)
}

const smallLive = "videotestsrc is-live=true ! video/x-raw,width=64,height=64,framerate=30/1,format="

// TestFormatsThatNoViewerDecodesAreRefused: by name, with what to insert.
func TestFormatsThatNoViewerDecodesAreRefused(t *testing.T) {
	t.Parallel()
	for text, name := range map[string]string{
		smallLive + "Y444 ! x264enc tune=zerolatency":                          "H.264 High 4:4:4 Predictive",
		smallLive + "Y42B ! x264enc tune=zerolatency":                          "H.264 High 4:2:2",
		smallLive + "I420_10LE ! x264enc tune=zerolatency":                     "H.264 High 10",
		smallLive + "Y444 ! x265enc tune=zerolatency speed-preset=ultrafast":   "H.265 Range Extensions",
		smallLive + "Y444_10LE ! vp9enc deadline=1 cpu-used=8 lag-in-frames=0": "VP9 profile 3",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := prepare(t, text, nil)
			var refused *incoming.FormatError
			require.ErrorAs(t, err, &refused)
			require.ErrorContains(t, err, name)
			require.ErrorContains(t, err, "video/x-raw,format=I420")
		})
	}
}

// TestFormatsThatSomeDecodeAreNamed: in one warning, and in Stats.
func TestFormatsThatSomeDecodeAreNamed(t *testing.T) {
	t.Parallel()
	for text, name := range map[string]string{
		smallLive + "Y444 ! vp9enc deadline=1 cpu-used=8 lag-in-frames=0":    "VP9 profile 1 (4:4:4, 8 bits)",
		smallLive + "I420 ! x265enc tune=zerolatency speed-preset=ultrafast": "H.265 Main (4:2:0, 8 bits)",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out locked.Buffer
			p, err := prepare(t, text, &Options{Logger: slog.New(slog.NewTextHandler(&out, nil))})
			require.NoError(t, err)
			defer func() { require.NoError(t, p.Close()) }()
			require.Contains(t, out.String(), name)
			require.Equal(t, 1, bytes.Count([]byte(out.String()), []byte(name)))
			passed := p.p.encoded.Load().track.Passed()
			require.Equal(t, name, passed.Format)
			require.Contains(t, passed.Warning, "other viewers see nothing")
		})
	}
}

// TestConversionsAreInStats, of video and of audio.
func TestConversionsAreInStats(t *testing.T) {
	t.Parallel()
	p, err := prepare(t, smallLive+"I420,interlace-mode=interleaved "+
		"audiotestsrc ! audio/x-raw,channels=4,channel-mask=(bitmask)0x33", nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, p.Close()) }()
	require.Eventually(t, func() bool { return len(p.p.Stats().Conversions) == 2 }, waitTimeout, 10*time.Millisecond)
	require.Equal(t, []string{"deinterlaced", "mixed down from 4 channels to 2"}, p.p.Stats().Conversions)
}

// sendFrom sends packets to a port, and returns it when the first of them, which have the parameter sets, are gone.
func sendFrom(t *testing.T, text string) (port string) {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, c.Close()) }()
	port = fmt.Sprintf("port=%d", c.LocalAddr().(*net.UDPAddr).Port) //nolint:forcetypeassert // of a UDP connection
	sender, err := gst.Parse(text + "udpsink host=127.0.0.1 sync=false " + port)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, sender.Close(context.Background())) })
	require.NoError(t, sender.SetState(context.Background(), gst.StatePlaying))
	require.NoError(t, c.SetReadDeadline(time.Now().Add(waitTimeout)))
	for range 10 {
		_, _, err := c.ReadFrom(make([]byte, 1500))
		require.NoError(t, err)
	}
	return port
}

// TestSilentPipelinesAreExplained: after three seconds, what is missing is said.
func TestSilentPipelinesAreExplained(t *testing.T) {
	t.Parallel()
	const rtp = "application/x-rtp,media=video,encoding-name=H264,clock-rate=90000,payload=96"
	const packets = smallLive + "I420 ! x264enc tune=zerolatency ! video/x-h264,stream-format=avc ! rtph264pay ! "
	udp, late := "port="+port.UDP(t), sendFrom(t, packets)
	for name, c := range map[string]struct{ text, want string }{
		"a port that receives nothing": {
			"udpsrc address=127.0.0.1 port=0 caps=" + rtp + " ! rtph264depay", "produces nothing: no data has reached it",
		},
		"packets without caps": {
			packets + "udpsink host=127.0.0.1 sync=false " + udp + "  udpsrc address=127.0.0.1 " + udp +
				" ! rtpjitterbuffer ! rtph264depay", "receives packets without caps from udpsrc",
		},
		"no parameter sets": {
			"udpsrc address=127.0.0.1 " + late + " caps=" + rtp + " ! rtph264depay ! h264parse", "but no SPS and PPS",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out locked.Buffer
			ctx, cancel := context.WithTimeout(context.Background(), waitTimeout)
			defer cancel()
			pipe, err := pipeline.Parse(c.text, nil)
			require.NoError(t, err)
			failed := make(chan error, 1)
			go func() {
				_, err := PreparePipeline(ctx, pipe, &Options{Logger: slog.New(slog.NewTextHandler(&out, nil))})
				failed <- err
			}()
			require.Eventually(t, func() bool { return strings.Contains(out.String(), "produces no frame") }, waitTimeout,
				10*time.Millisecond)
			cancel()
			require.ErrorContains(t, <-failed, c.want)
			require.Contains(t, out.String(), c.want)
		})
	}
}
