// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/test/need"
)

// cutServer serves, as "/video", ten frames of ten times as many, of 16x16, GRAY8, and then not even that; and a
// playlist of segments, of which it has the first but not the second.
func cutServer(t *testing.T) *httptest.Server {
	t.Helper()
	segment := filepath.Join(t.TempDir(), "segment.ts")
	p, run := start(t, "videotestsrc num-buffers=20 ! video/x-raw,format=I420,width=64,height=64,framerate=20/1 ! "+
		"x264enc tune=zerolatency bframes=0 ! h264parse ! mpegtsmux ! filesink location="+segment)
	require.NoError(t, ended(t, run))
	require.NoError(t, p.Close())
	var videos atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/list.m3u8":
			_, _ = w.Write([]byte("#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n#EXTINF:1.0,\nsegment.ts\n" +
				"#EXTINF:1.0,\nnone.ts\n#EXTINF:1.0,\nsegment.ts\n#EXT-X-ENDLIST\n")) // The client fails the test.
			return
		case "/segment.ts":
			http.ServeFile(w, r, segment)
			return
		case "/video":
			if videos.Add(1) == 1 {
				w.Header().Set("Content-Length", "25600")
				_, _ = w.Write(make([]byte, 2560)) // as above
				return                             // The connection is closed.
			}
		}
		http.NotFound(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// told is closed when a logger says that what a lost source has brought comes first.
func told() (log *slog.Logger, told <-chan struct{}) {
	said := make(chan struct{})
	var once sync.Once
	return slog.New(slog.NewTextHandler(writerFunc(func(line string) {
		if strings.Contains(line, "what it has brought comes first") {
			once.Do(func() { close(said) })
		}
	}), nil)), said
}

type writerFunc func(line string)

func (f writerFunc) Write(p []byte) (int, error) {
	f(string(p))
	return len(p), nil
}

// TestWhatALostSourceBroughtComesFirst: the error of a source on the network is on the bus before what the elements
// behind it still hold has come out, and ends the pipeline after that.
func TestWhatALostSourceBroughtComesFirst(t *testing.T) {
	need.RealTime(t)
	t.Parallel()
	const (
		video  = "souphttpsrc location=URL/video ! queue ! "
		frames = "rawvideoparse width=16 height=16 format=gray8 framerate=50/1 ! videoconvert"
	)
	for name, c := range map[string]struct {
		text, failed string
		frames       int // of the first output
	}{
		"a queue":               {video + frames, "souphttpsrc", 10},
		"another source":        {video + frames + "  videotestsrc is-live=true ! videoscale", "souphttpsrc", 10},
		"a consequence":         {video + "decodebin ! videoconvert", "souphttpsrc", 0},
		"the end is kept there": {video + "valve drop=true ! " + frames, "souphttpsrc", 0},
		"a playlist": {
			"souphttpsrc location=URL/list.m3u8 ! hlsdemux ! queue ! tsdemux ! h264parse ! video/x-h264", "hlsdemux", 20,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log, said := told()
			p, err := Parse(strings.ReplaceAll(c.text, "URL", cutServer(t).URL), &Options{Logger: log})
			require.NoError(t, err)
			done := make(chan error, 1)
			go func() { done <- p.Run(context.Background()) }()
			<-said
			var streams []<-chan pulled
			for _, o := range p.Outputs() {
				streams = append(streams, pullStamps(o, 1000))
			}
			n := 0
			for one := range streams[0] {
				if one.err == nil {
					n++
				}
			}
			require.Equal(t, c.frames, n)
			var failed *ElementError
			require.ErrorAs(t, <-done, &failed)
			require.Equal(t, c.failed, failed.Factory)
			for _, all := range streams {
				for range all { // The pulls end.
				}
			}
			require.NoError(t, p.Close())
		})
	}
}

// TestASourceThatBringsNothingFailsAtOnce, without waiting for an end that nothing needs.
func TestASourceThatBringsNothingFailsAtOnce(t *testing.T) {
	t.Parallel()
	log, said := told()
	p, err := Parse("souphttpsrc location="+cutServer(t).URL+"/none ! queue ! valve drop=true ! jpegdec",
		&Options{Logger: log})
	require.NoError(t, err)
	require.ErrorContains(t, p.Run(context.Background()), "Not Found")
	require.NoError(t, p.Close())
	select {
	case <-said:
		t.Fatal("nothing came")
	default:
	}
}
