// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package browser_test

import (
	_ "embed"
	"fmt"
	"image"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/browser"
)

//go:embed testdata/receive.js
var receiveScript string

// receiver is a page that shows what a peer sends.
type receiver struct {
	t    *testing.T
	page *browser.Page
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	// A page from this machine's address may use cameras.
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
	}))
	t.Cleanup(server.Close)
	r := &receiver{t, open(t, server.URL)}
	require.NoError(t, r.page.Eval(within(t), receiveScript+";undefined", nil))
	require.NoError(t, r.page.Eval(within(t), "receiver.expose()", nil))
	return r
}

// shown is a frame that the page has shown.
type shown struct {
	Width, Height           int // of what is in Pixels
	VideoWidth, VideoHeight int
	Pixels                  []byte // RGBA
}

func (s *shown) image() *image.RGBA {
	return &image.RGBA{Pix: s.Pixels, Stride: 4 * s.Width, Rect: image.Rect(0, 0, s.Width, s.Height)}
}

// still returns the frame that is currently shown.
func (r *receiver) still() (s shown) {
	r.t.Helper()
	require.NoError(r.t, r.page.Eval(within(r.t), "receiver.read()", &s))
	require.Len(r.t, s.Pixels, 4*s.Width*s.Height)
	return s
}

// shown returns small copies of the frames shown so far.
func (r *receiver) shown() (all []shown) {
	r.t.Helper()
	require.NoError(r.t, r.page.Eval(within(r.t), "receiver.shown.splice(0)", &all))
	return all
}

// received is the browser's statistics of a stream (webrtc-stats, RTCInboundRtpStreamStats).
type received struct {
	DecoderImplementation string
	FramesReceived        int
	FramesDecoded         int
	KeyFramesDecoded      int
	FramesDropped         int
	FrameWidth            int
	FrameHeight           int
	FreezeCount           int
	PLICount              int
	NACKCount             int
	PacketsReceived       int
	PacketsLost           int
	TotalDecodeTime       float64
}

func (r *receiver) stats() (s received) {
	r.t.Helper()
	require.NoError(r.t, r.page.Eval(within(r.t), "receiver.stats()", &s))
	return s
}

// codec is how the codec of a stream was announced to the browser.
type codec struct{ MimeType, SDPFmtpLine string }

func (r *receiver) codec() (c codec) {
	r.t.Helper()
	require.NoError(r.t, r.page.Eval(within(r.t), "receiver.codec()", &c))
	return c
}

// decoded waits until that many frames are decoded, and returns the statistics.
func (r *receiver) decoded(count int) (s received) {
	r.t.Helper()
	waitFor(r.t, fmt.Sprintf("%d frames", count), func() bool {
		s = r.stats()
		return s.FramesDecoded+s.FramesDropped >= count
	})
	return s
}
