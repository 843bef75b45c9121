// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package standin

import (
	"bytes"
	"context"
	"encoding/binary"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/gst"
)

func TestFail(t *testing.T) {
	want(t, "vah264enc")
	fault(t, "vah264enc", Fault{Kind: Fail, Frame: 10})
	before := Counts("vah264enc").Frames
	err := runToEnd(source + "vah264enc name=enc ! fakesink")
	var failed *gst.ElementError
	require.ErrorAs(t, err, &failed)
	require.Equal(t, "vah264enc", failed.Factory)
	require.Equal(t, "enc", failed.Element())
	require.Equal(t, "gst-stream-error-quark", failed.Domain)
	require.Contains(t, failed.Error(), "frame 10")
	require.Equal(t, 10, Counts("vah264enc").Frames-before)
}

func TestAConverterFailsToo(t *testing.T) {
	want(t, "vapostproc")
	fault(t, "vapostproc", Fault{Kind: Fail, Frame: 3})
	var failed *gst.ElementError
	require.ErrorAs(t, runToEnd(source+"vapostproc ! fakesink"), &failed)
	require.Equal(t, "vapostproc", failed.Factory)
}

func TestRefuseReady(t *testing.T) {
	want(t, "vah264enc")
	fault(t, "vah264enc", Fault{Kind: RefuseReady, Frame: 7})
	var failed *gst.ElementError
	require.ErrorAs(t, runToEnd(source+"vah264enc name=enc ! fakesink"), &failed)
	require.Equal(t, "enc", failed.Element())
	require.Equal(t, "gst-library-error-quark", failed.Domain)
	require.Contains(t, failed.Error(), "Failed to open encoder")
}

func TestRefuseFormat(t *testing.T) {
	want(t, "vah264enc")
	fault(t, "vah264enc", Fault{Kind: RefuseFormat})
	before := Counts("vah264enc").Frames
	var failed *gst.ElementError
	require.ErrorAs(t, runToEnd(source+"vah264enc ! fakesink"), &failed)
	require.True(t, failed.NotNegotiated())
	require.Nil(t, failed.Mismatch)
	require.Zero(t, Counts("vah264enc").Frames-before)
}

func TestHangAndRelease(t *testing.T) {
	want(t, "vah264enc")
	fault(t, "vah264enc", Fault{Kind: Hang, Frame: 10})
	p := parse(t, source+"vah264enc ! fakesink")
	before := Counts("vah264enc").Frames
	require.NoError(t, p.SetState(context.Background(), gst.StatePlaying))
	require.Eventually(t, func() bool { return Counts("vah264enc").Frames-before == 10 }, wait, time.Millisecond)
	require.Equal(t, gst.MessageNone, p.Next(50*time.Millisecond).Type)
	require.Equal(t, 10, Counts("vah264enc").Frames-before)
	// As with a driver that hangs, the state cannot change.
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, p.SetState(ctx, gst.StateReady), gst.ErrTimeout)
	Release()
	require.NoError(t, p.SetState(context.Background(), gst.StateNull))
	// Later instances do not hang either.
	require.NoError(t, runToEnd(source+"vah264enc ! fakesink"))
}

func TestAnotherFaultUnblocksInstances(t *testing.T) {
	want(t, "vah264enc")
	fault(t, "vah264enc", Fault{Kind: Hang})
	p := parse(t, source+"vah264enc ! fakesink")
	before := Counts("vah264enc").Frames
	require.NoError(t, p.SetState(context.Background(), gst.StatePlaying))
	require.Eventually(t, func() bool { return Counts("vah264enc").Frames-before == 1 }, wait, time.Millisecond)
	SetFault("vah264enc", Fault{Kind: Fail})
	require.ErrorContains(t, end(p), "frame 1)")
}

func TestSwallow(t *testing.T) {
	want(t, "vah264enc")
	fault(t, "vah264enc", Fault{Kind: Swallow, Frame: 11})
	require.Len(t, encode(t, source+"vah264enc ! appsink name=out", nil), 10)
}

func TestEndOfTheProcess(t *testing.T) {
	// Go's message is different if one of its own threads is affected.
	aborted, crashed := []string{"signal: aborted", "SIGABRT"}, []string{"signal: segmentation fault", "SIGSEGV"}
	for name, tt := range map[string]struct {
		fault Fault
		says  []string // one of these
	}{
		"nothing":        {Fault{}, nil},
		"abort":          {Fault{Kind: Abort, Frame: 10}, aborted},
		"abort at READY": {Fault{Kind: Abort}, aborted},
		"crash":          {Fault{Kind: Crash, Frame: 10}, crashed},
		"crash at READY": {Fault{Kind: Crash}, crashed},
		"fail":           {Fault{Kind: Fail, Frame: 10}, []string{"the device was lost at frame 10"}},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), wait)
			defer cancel()
			cmd := exec.CommandContext(ctx, os.Args[0])
			env := Env(Entry{Name: "vah264enc", Version: "1.22", Fault: tt.fault}, Entry{Name: "vapostproc", Version: "1.22"})
			cmd.Env = append(os.Environ(), EnvName+"="+env, childEnv+"="+source+"vapostproc ! vah264enc ! fakesink",
				"GST_DEBUG=", "GST_TRACERS=", "GST_DEBUG_FILE=")
			out, err := cmd.CombinedOutput()
			require.NoError(t, ctx.Err())
			if tt.says == nil {
				require.NoError(t, err, "%s", out)
				return
			}
			require.Error(t, err)
			ended := cmd.ProcessState.String() + "\n" + string(out)
			require.True(t, slices.ContainsFunc(tt.says, func(s string) bool { return strings.Contains(ended, s) }), ended)
		})
	}
}

// TestBFrames requires output out of presentation order, even with a profile without B-frames.
func TestBFrames(t *testing.T) {
	for factory, caps := range map[string]string{
		"vah264enc": "video/x-h264,profile=constrained-baseline", "vah265enc": "video/x-h265",
	} {
		t.Run(factory, func(t *testing.T) {
			want(t, factory)
			launch := source + factory + " ! " + caps + " ! appsink name=out"
			require.True(t, ordered(encode(t, launch, nil)))
			fault(t, factory, Fault{Kind: BFrames})
			samples := encode(t, launch, nil)
			require.Len(t, samples, 30)
			require.False(t, ordered(samples))
			SetFault(factory, Fault{Kind: BFrames, Frame: 15})
			samples = encode(t, launch, nil)
			require.Len(t, samples, 30)
			require.True(t, ordered(samples[:14]))
			require.False(t, ordered(samples))
		})
	}
}

func ordered(samples []sample) bool {
	return slices.IsSortedFunc(samples, func(a, b sample) int { return int(a.pts - b.pts) })
}

func TestOmitHeaders(t *testing.T) {
	for _, tt := range []struct {
		factory, caps, parse string
		types                []byte // of NAL units that are headers
		hevc                 bool
	}{
		{"vah264enc", "video/x-h264", "h264parse", []byte{7, 8}, false},
		{"vtenc_h264", "video/x-h264,stream-format=avc", "h264parse", []byte{7, 8}, false},
		{"vah265enc", "video/x-h265", "h265parse", []byte{32, 33, 34}, true},
	} {
		t.Run(tt.factory, func(t *testing.T) {
			want(t, tt.factory)
			launch := source + tt.factory + " ! " + tt.caps + " ! "
			whole := encode(t, launch+"appsink name=out", nil)
			fault(t, tt.factory, Fault{Kind: OmitHeaders})
			cut := encode(t, launch+"appsink name=out", nil)
			require.Len(t, cut, len(whole))
			for i := range cut {
				require.NotEmpty(t, cut[i].data)
				require.LessOrEqual(t, len(cut[i].data), len(whole[i].data))
				require.Equal(t, cut[i].key, whole[i].key)
				for _, unit := range units(cut[i].data, strings.HasSuffix(tt.caps, "avc")) {
					kind := unit[0] & 0x1f
					if tt.hevc {
						kind = unit[0] >> 1 & 0x3f
					}
					require.NotContains(t, tt.types, kind)
				}
			}
			// A parser then passes on no frame.
			require.Empty(t, encode(t, launch+tt.parse+" ! appsink name=out", nil))
		})
	}
}

// units splits data into NAL units, by start codes or by lengths.
func units(data []byte, lengths bool) (found [][]byte) {
	if !lengths {
		found = bytes.Split(data, []byte{0, 0, 1})
	}
	for lengths && len(data) > 4 {
		end := 4 + int(binary.BigEndian.Uint32(data))
		found, data = append(found, data[4:end]), data[end:]
	}
	return slices.DeleteFunc(found, func(unit []byte) bool { return len(unit) < 2 })
}

func TestGarbage(t *testing.T) {
	want(t, "vah264enc")
	const decode = "vah264enc ! h264parse ! avdec_h264"
	plain := frame(t, source+decode)
	fault(t, "vah264enc", Fault{Kind: Garbage})
	grey := frame(t, source+decode)
	require.InDelta(t, 128, float64(grey[0]), 3)
	require.InDelta(t, float64(slices.Max(grey)), float64(slices.Min(grey)), 3)
	require.Greater(t, difference(plain, grey), 50.0)
}

func TestAFaultOfARunningElement(t *testing.T) {
	want(t, "vah264enc")
	fault(t, "vah264enc", Fault{})
	samples := encode(t, source+"vah264enc ! appsink name=out", func(_ *gst.Pipeline, _ *gst.AppSink, n int) {
		if n == 10 {
			SetFault("vah264enc", Fault{Kind: Swallow})
		}
	})
	require.InDelta(t, 12, len(samples), 3)
}

func TestAFaultBeforeTheElementIsRegistered(t *testing.T) {
	specs, err := testSpecs()
	require.NoError(t, err)
	spec, err := find(specs, "vah264enc", "1.26")
	require.NoError(t, err)
	spec.Name = "laterenc"
	fault(t, "laterenc", Fault{Kind: RefuseReady})
	require.NoError(t, register(spec, "1.26"))
	require.ErrorContains(t, runToEnd(source+"laterenc ! fakesink"), "Failed to open encoder")
}
