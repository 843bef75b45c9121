// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"encoding/binary"
	"math"
	"slices"
	"testing"
	"time"

	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/gst"
)

const (
	tone      = 441   // Hz
	soundRate = 48000 // Hz, that Opus is decoded to
)

// TestAToneArrivesAsItWas: a tone in all channels arrives in both of two, whatever the layout and the rate.
func TestAToneArrivesAsItWas(t *testing.T) {
	t.Parallel()
	const source = "audiotestsrc is-live=true samplesperbuffer=480 freq=441"
	for name, text := range map[string]string{
		"mono of 8 kHz":      source + " ! audio/x-raw,channels=1,rate=8000",
		"stereo of 44.1 kHz": source + " ! audio/x-raw,channels=2,rate=44100",
		"5.1":                source + " ! audio/x-raw,channels=6,channel-mask=(bitmask)0x3f",
		"7.1 of 96 kHz":      source + " ! audio/x-raw,channels=8,channel-mask=(bitmask)0xc3f,rate=96000",
		"its own Opus":       source + " ! audio/x-raw,channels=2 ! opusenc",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			room := newRoom(t)
			payloads := recordSound(t, room)
			publishPipeline(t, join(t, room), text, nil)
			var packets [][]byte
			for len(packets) < 60 { // 1.2 s
				select {
				case p := <-payloads:
					packets = append(packets, p)
				case <-time.After(wait):
					require.FailNow(t, "no sound")
				}
			}
			left, right := decodeOpus(t, packets)
			for channel, samples := range map[string][]float64{"left": left, "right": right} {
				samples = samples[len(samples)/2:] // The encoder has settled.
				require.Greater(t, share(samples, tone), 0.95, channel)
				require.Greater(t, level(samples), 0.05, channel)
			}
			require.InEpsilon(t, level(left), level(right), 0.1)
		})
	}
}

// recordSound joins a subscriber, and returns the payloads of the packets that it receives.
func recordSound(t *testing.T, room string) <-chan []byte {
	t.Helper()
	payloads := make(chan []byte, 1000)
	subscriber, err := lksdk.ConnectToRoomWithToken(server.URL(), token(t, room, "recorder"), &lksdk.RoomCallback{
		ParticipantCallback: lksdk.ParticipantCallback{
			OnTrackSubscribed: func(track *webrtc.TrackRemote, _ *lksdk.RemoteTrackPublication, _ *lksdk.RemoteParticipant) {
				for {
					packet, _, err := track.ReadRTP()
					if err != nil {
						return
					}
					if len(packet.Payload) > 0 {
						select {
						case payloads <- slices.Clone(packet.Payload):
						default: // The test has enough.
						}
					}
				}
			},
		},
	})
	require.NoError(t, err)
	t.Cleanup(subscriber.Disconnect)
	return payloads
}

// decodeOpus decodes packets of 20 ms to two channels.
func decodeOpus(t *testing.T, packets [][]byte) (left, right []float64) {
	t.Helper()
	p, err := gst.Parse("appsrc name=in ! opusdec plc=false ! audioconvert ! " +
		"audio/x-raw,format=S16LE,channels=2,rate=48000,layout=interleaved ! appsink name=out")
	require.NoError(t, err)
	defer func() { require.NoError(t, p.Close(context.Background())) }()
	src, err := gst.NewSampleSrc(p.ByName("in"), "audio/x-opus,channel-mapping-family=0,channels=2,rate=48000",
		len(packets)+1)
	require.NoError(t, err)
	defer src.Close()
	sink, err := gst.NewAppSink(p.ByName("out"), len(packets)+1)
	require.NoError(t, err)
	defer sink.Close()
	require.NoError(t, p.SetState(t.Context(), gst.StatePlaying))
	for i, packet := range packets {
		require.NoError(t, src.Push(packet, int64(i)*int64(20*time.Millisecond)))
	}
	src.EndOfStream()
	for {
		s, err := sink.Pull(wait, nil)
		if err != nil {
			break // The end.
		}
		for i := 0; i+4 <= len(s.Data); i += 4 {
			left, right = append(left, amplitude(s.Data[i:])), append(right, amplitude(s.Data[i+2:]))
		}
	}
	require.Greater(t, len(left), soundRate/2)
	return left, right
}

// amplitude reads a sample in S16LE.
func amplitude(data []byte) float64 {
	return float64(int16(binary.LittleEndian.Uint16(data))) / (1 << 15) //nolint:gosec // two's complement
}

// level returns the root mean square of samples.
func level(samples []float64) float64 {
	sum := 0.0
	for _, v := range samples {
		sum += v * v
	}
	return math.Sqrt(sum / float64(len(samples)))
}

// share returns the share of a frequency, in Hz, in the power of samples.
func share(samples []float64, frequency float64) float64 {
	re, im := 0.0, 0.0
	for i, v := range samples {
		phase := 2 * math.Pi * frequency * float64(i) / soundRate
		re, im = re+v*math.Cos(phase), im+v*math.Sin(phase)
	}
	n := float64(len(samples))
	peak := 2 * math.Hypot(re, im) / n
	return peak * peak / 2 / (level(samples) * level(samples))
}
