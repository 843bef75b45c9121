// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package gst_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/gst/describe"
	"github.com/gstpublish/gstpublish/internal/gst/upstream"
	"github.com/gstpublish/gstpublish/internal/test/need"
)

// wait bounds each wait of a test, also on a busy machine.
const wait = time.Minute

func parse(t *testing.T, text string) *gst.Pipeline {
	t.Helper()
	p, err := gst.Parse(text)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close(context.Background())) })
	return p
}

func play(t *testing.T, p *gst.Pipeline) {
	t.Helper()
	require.NoError(t, p.SetState(context.Background(), gst.StatePlaying))
}

// next returns the next message that is not MessageNone.
func next(t *testing.T, p *gst.Pipeline) gst.Message {
	t.Helper()
	deadline := time.Now().Add(wait)
	for time.Now().Before(deadline) {
		if m := p.Next(100 * time.Millisecond); m.Type != gst.MessageNone {
			return m
		}
	}
	require.FailNow(t, "no message")
	return gst.Message{}
}

func TestVersion(t *testing.T) {
	require.Regexp(t, `^1\.\d+\.\d+$`, gst.Version())
}

func TestFactories(t *testing.T) {
	require.True(t, gst.HasFactory("videotestsrc"))
	require.False(t, gst.HasFactory("videotestsink"))
	require.True(t, slices.Contains(gst.Factories(), "videotestsrc"))
}

func TestPipelineEnds(t *testing.T) {
	p := parse(t, "videotestsrc num-buffers=3 ! fakesink")
	play(t, p)
	require.Equal(t, gst.MessageEOS, next(t, p).Type)
}

func TestSingleElementIsAPipeline(t *testing.T) {
	pads := parse(t, "videotestsrc").UnlinkedSrcPads()
	require.Len(t, pads, 1)
	pads[0].Release()
}

func TestSendEOS(t *testing.T) {
	need.RealTime(t)
	p := parse(t, "videotestsrc is-live=true ! fakesink")
	play(t, p)
	require.True(t, p.SendEOS())
	require.Equal(t, gst.MessageEOS, next(t, p).Type)
}

func TestParseErrors(t *testing.T) {
	for text, missing := range map[string][]string{
		"videotestsrc ! nosuchelement": {"nosuchelement"},
		"videotestsrc ! ":              nil,
		"videotestsrc patern=ball":     nil,
	} {
		_, err := gst.Parse(text)
		var parseErr *gst.ParseError
		require.ErrorAs(t, err, &parseErr, "%s", text)
		require.ElementsMatch(t, missing, parseErr.Missing, "%s", text)
		require.NotEmpty(t, parseErr.Message)
	}
}

func TestParseNamesPadsThatDontFit(t *testing.T) {
	_, err := gst.Parse("audiotestsrc name=beep ! x264enc name=enc ! fakesink")
	var parseErr *gst.ParseError
	require.ErrorAs(t, err, &parseErr)
	require.NotNil(t, parseErr.Mismatch)
	require.Equal(t, "beep.src", parseErr.Mismatch.Src)
	require.Equal(t, "enc.sink", parseErr.Mismatch.Sink)
	require.Contains(t, parseErr.Error(), "audio/x-raw")
	require.Contains(t, parseErr.Error(), "video/x-raw")
}

func TestBusErrorSaysWhatAndWhere(t *testing.T) {
	p := parse(t, "filesrc name=in location=/nonexistent/clip.mp4 ! fakesink")
	require.Error(t, p.SetState(context.Background(), gst.StatePlaying))
	m := next(t, p)
	require.Equal(t, gst.MessageError, m.Type)
	require.Equal(t, "in", m.Err.Element())
	require.Equal(t, "filesrc", m.Err.Factory)
	require.Equal(t, "gst-resource-error-quark", m.Err.Domain)
	require.Equal(t, 3, m.Err.Code, "GST_RESOURCE_ERROR_NOT_FOUND")
	require.Contains(t, m.Err.Error(), "/nonexistent/clip.mp4")
}

func TestNotNegotiatedNamesThePads(t *testing.T) {
	// A parser accepts errors that appear only with data.
	p := parse(t, "videotestsrc num-buffers=1 ! video/x-raw,format=RGB ! identity name=via ! appsink name=out")
	sink := p.ByName("out")
	defer sink.Release()
	require.NoError(t, sink.Set("caps", "video/x-raw,format=NV12"))
	_ = p.SetState(context.Background(), gst.StatePlaying)
	m := next(t, p)
	require.Equal(t, gst.MessageError, m.Type)
	require.True(t, m.Err.NotNegotiated())
	require.NotNil(t, m.Err.Mismatch)
	require.Contains(t, m.Err.Error(), "RGB")
	require.Contains(t, m.Err.Error(), "NV12")
}

func TestWakeEndsNext(t *testing.T) {
	p := parse(t, "videotestsrc ! fakesink")
	woken := make(chan gst.Message)
	go func() { woken <- p.Next(time.Minute) }()
	p.Wake()
	select {
	case m := <-woken:
		require.Equal(t, gst.MessageNone, m.Type)
	case <-time.After(wait):
		require.FailNow(t, "Next didn't return")
	}
}

// TestFlagsAreNicks as in launch text, not the names that GStreamer writes, which differ and may have spaces.
func TestFlagsAreNicks(t *testing.T) {
	p := parse(t, `rtspsrc name=src protocols=tcp+udp`)
	e := p.ByName("src")
	defer e.Release()
	require.Equal(t, "udp+tcp", e.Get("protocols"))
	require.Contains(t, p.Describe()[0].Properties, describe.Property{Name: "protocols", Value: "udp+tcp"})
	require.NoError(t, e.Set("protocols", e.Get("protocols")))
	require.NoError(t, e.Set("protocols", "0"))
	value := e.Get("protocols")
	require.NoError(t, e.Set("protocols", value))
	require.Equal(t, value, e.Get("protocols"))
}

// TestTextIsLaunchText that can be pasted: values with spaces have quotes.
func TestTextIsLaunchText(t *testing.T) {
	p := parse(t, `videotestsrc ! textoverlay name=o text="two \"words\"" ! fakesink`)
	require.Contains(t, describe.Text(p.Describe()), `text="two \"words\""`)
	p = parse(t, `videotestsrc ! capsfilter caps=video/x-raw,width=320 ! fakesink`)
	require.Contains(t, describe.Text(p.Describe()), `caps="video/x-raw, width=(int)320"`)
}

func TestProperties(t *testing.T) {
	e := parse(t, "videotestsrc name=src ! fakesink").ByName("src")
	defer e.Release()
	require.Equal(t, "videotestsrc", e.Factory())
	require.NoError(t, e.Set("pattern", "ball"))
	require.Equal(t, "ball", e.Get("pattern"))
	require.Empty(t, e.Get("none"))
	for _, c := range []struct {
		property, value string
		reason          gst.PropertyReason
		says            string
	}{
		{"patern", "ball", gst.NoProperty, `no property "patern"`},
		{"pattern", "round", gst.BadValue, "one of smpte, snow"},
		{"num-buffers", "many", gst.BadValue, "from -1 to 2147483647"},
		{"num-buffers", "-2", gst.OutOfRange, "from -1 to 2147483647"},
		{"is-live", "perhaps", gst.BadValue, "true or false"},
	} {
		var bad *gst.PropertyError
		require.ErrorAs(t, e.Set(c.property, c.value), &bad)
		require.Equal(t, c.reason, bad.Reason, "%s=%s", c.property, c.value)
		require.Contains(t, bad.Error(), c.says)
		require.ErrorAs(t, gst.CheckProperty("videotestsrc", c.property, c.value), &bad)
		require.Equal(t, c.reason, bad.Reason)
	}
	require.NoError(t, gst.CheckProperty("videotestsrc", "pattern", "ball"))
	require.NoError(t, gst.CheckProperty("capsfilter", "caps", "video/x-raw"))
}

func TestUnlinkedPadsInTheOrderOfTheText(t *testing.T) {
	p := parse(t, "videotestsrc name=a  audiotestsrc name=b  videotestsrc ! fakesink")
	pads := p.UnlinkedSrcPads()
	labels := make([]string, len(pads))
	for i, pad := range pads {
		labels[i] = pad.Label()
		require.Contains(t, pad.Caps(), "/x-raw")
		pad.Release()
	}
	require.Equal(t, []string{"a.src", "b.src"}, labels)
}

func TestLateSource(t *testing.T) {
	require.Equal(t, "dec", parse(t, "filesrc ! decodebin name=dec").LateSource())
	require.Empty(t, parse(t, "filesrc ! decodebin name=dec ! videoconvert").LateSource())
}

func TestCloseTwice(t *testing.T) {
	p, err := gst.Parse("videotestsrc ! fakesink")
	require.NoError(t, err)
	require.NoError(t, p.Close(context.Background()))
	require.NoError(t, p.Close(context.Background()))
}

// TestAChangeThatIsGivenUp does not begin, or continue, once the pipeline is released.
func TestAChangeThatIsGivenUp(t *testing.T) {
	for range 200 {
		p, err := gst.Parse("videotestsrc ! fakesink")
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(context.Background())
		go cancel()
		if err = p.SetState(ctx, gst.StatePaused); err != nil {
			require.ErrorIs(t, err, gst.ErrTimeout)
		}
		require.NoError(t, p.Close(context.Background()))
	}
	p := parse(t, "videotestsrc ! fakesink")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, p.SetState(ctx, gst.StatePlaying), context.Canceled)
}

func TestDot(t *testing.T) {
	require.Contains(t, parse(t, "videotestsrc ! fakesink").Dot(), "digraph")
}

func TestPullCoded(t *testing.T) {
	p := parse(t, "videotestsrc num-buffers=3 ! video/x-raw,framerate=10/1 ! vp8enc deadline=1 ! appsink name=out")
	sink, err := gst.NewAppSink(p.ByName("out"), 4)
	require.NoError(t, err)
	defer sink.Close()
	play(t, p)
	var buf []byte
	for i := range 3 {
		s, pullErr := sink.Pull(wait, buf)
		require.NoError(t, pullErr)
		require.Equal(t, i == 0, s.Key)
		require.Equal(t, i == 0, s.CapsChange)
		require.Equal(t, int64(i)*int64(100*time.Millisecond), s.PTS)
		require.Equal(t, int64(100*time.Millisecond), s.Duration)
		require.NotEmpty(t, s.Data)
		buf = s.Data
	}
	_, err = sink.Pull(wait, buf)
	require.ErrorIs(t, err, io.EOF)
	require.True(t, strings.HasPrefix(sink.Caps().String(), "video/x-vp8"))
	w, h := sink.Caps().Size()
	require.Equal(t, [2]int{320, 240}, [2]int{w, h})
}

// TestAGateHoldsWhatIsNotPulled, so that the state can change and nothing is lost.
func TestAGateHoldsWhatIsNotPulled(t *testing.T) {
	p := parse(t, "videotestsrc num-buffers=20 ! video/x-raw,width=16,height=16 ! appsink name=out")
	sink, err := gst.NewAppSink(p.ByName("out"), 4)
	require.NoError(t, err)
	defer sink.Close()
	sink.Gate(4)
	play(t, p)
	require.Eventually(t, sink.Holds, wait, time.Millisecond)
	require.True(t, sink.Feed().Fed)
	require.False(t, sink.Feed().Live)
	require.NoError(t, p.SetState(t.Context(), gst.StatePaused))
	require.NoError(t, p.SetState(t.Context(), gst.StatePlaying))
	n := 0
	for ; err == nil; n++ {
		var s gst.RawSample
		if s, err = sink.PullRaw(wait); err == nil {
			s.Buffer.Unref()
		}
	}
	require.ErrorIs(t, err, io.EOF)
	require.Equal(t, 20, n-1)
	require.NoError(t, sink.Discard())
}

// TestAGateOpens when what is inside is discarded, so that the pipeline can end.
func TestAGateOpens(t *testing.T) {
	p := parse(t, "videotestsrc ! video/x-raw,width=16,height=16 ! appsink name=out")
	sink, err := gst.NewAppSink(p.ByName("out"), 4)
	require.NoError(t, err)
	defer sink.Close()
	sink.Gate(4)
	play(t, p)
	require.Eventually(t, sink.Holds, wait, time.Millisecond)
	require.NoError(t, sink.Discard())
	require.NoError(t, p.SetState(t.Context(), gst.StateNull))
}

func TestFeed(t *testing.T) {
	need.RealTime(t)
	pipe, write, err := os.Pipe()
	require.NoError(t, err)
	defer pipe.Close()  //nolint:errcheck // a test's
	defer write.Close() //nolint:errcheck // a test's
	for text, want := range map[string]upstream.Feed{
		"videotestsrc num-buffers=9 ! identity":                   {Fed: true},
		"videotestsrc is-live=true ! queue":                       {Fed: true, Live: true},
		"audiotestsrc ! tee ! queue":                              {Fed: true},
		"filesrc location=gst_test.go ! decodebin ! videoconvert": {},
		"identity": {},
		"tcpclientsrc port=9 ! application/octet-stream ! identity":                 {Fed: true, Arrives: true},
		fmt.Sprintf("fdsrc fd=%d ! application/octet-stream ! identity", pipe.Fd()): {Fed: true, Arrives: true},
		"filesrc location=gst_test.go ! identity":                                   {Fed: true},
	} {
		p := parse(t, text+" ! appsink name=out async=false")
		sink, err := gst.NewAppSink(p.ByName("out"), 4)
		require.NoError(t, err)
		if !want.Arrives && want.Fed {
			// A source may say that it is live only when its format is known.
			require.NoError(t, p.SetState(t.Context(), gst.StatePlaying))
			s, err := sink.PullRaw(wait)
			require.NoError(t, err)
			s.Buffer.Unref()
		}
		got := sink.Feed()
		got.Duration = 0
		require.Equal(t, want, got, text)
		require.NoError(t, sink.Discard())
		require.NoError(t, p.SetState(t.Context(), gst.StateNull))
		sink.Close()
	}
}

func TestPullTimesOut(t *testing.T) {
	p := parse(t, "appsrc name=in ! appsink name=out")
	sink, err := gst.NewAppSink(p.ByName("out"), 4)
	require.NoError(t, err)
	defer sink.Close()
	play(t, p)
	_, err = sink.Pull(time.Millisecond, nil)
	require.ErrorIs(t, err, gst.ErrTimeout)
}

func TestSampleSrcKeepsEverything(t *testing.T) {
	p := parse(t, "appsrc name=in ! appsink name=out")
	sink, err := gst.NewAppSink(p.ByName("out"), 1)
	require.NoError(t, err)
	defer sink.Close()
	src, err := gst.NewSampleSrc(p.ByName("in"), "application/octet-stream", 2)
	require.NoError(t, err)
	defer src.Close()
	play(t, p)
	pushed := make(chan error, 1)
	go func() {
		var errs []error
		for i := range 50 {
			errs = append(errs, src.Push([]byte{byte(i)}, int64(i)))
		}
		src.EndOfStream()
		pushed <- errors.Join(errs...)
	}()
	for i := range 50 {
		s, pullErr := sink.Pull(wait, nil)
		require.NoError(t, pullErr)
		require.Equal(t, []byte{byte(i)}, s.Data)
	}
	require.NoError(t, <-pushed)
	_, err = sink.Pull(wait, nil)
	require.ErrorIs(t, err, io.EOF)
}
