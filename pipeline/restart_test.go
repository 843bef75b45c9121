// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/media"
)

// pulled is what is known of one sample.
type pulled struct {
	pts int64
	gap bool
	err error
}

// pullStamps pulls n samples in the background.
func pullStamps(o *Output, n int) <-chan pulled {
	all := make(chan pulled, n)
	go func() {
		defer close(all)
		for range n {
			var one pulled
			if o.Kind == RawVideo {
				s, err := media.Of(o).PullRaw()
				if one = (pulled{s.PTS, false, err}); err == nil {
					s.Buffer.Unref()
				}
			} else {
				s, err := media.Of(o).Pull(nil)
				one = pulled{s.PTS, s.Gap, err}
			}
			if all <- one; one.err != nil {
				return
			}
		}
	}()
	return all
}

// TestALoopHasNoSeam: the time stamps of a file that is played again and again rise evenly, and nothing is missing.
func TestALoopHasNoSeam(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.webm")
	p, run := start(t, "videotestsrc num-buffers=10 ! video/x-raw,width=64,height=64,framerate=50/1 ! "+
		"vp8enc deadline=1 ! webmmux name=m ! filesink location="+file+
		" audiotestsrc num-buffers=10 samplesperbuffer=960 ! audio/x-raw,rate=48000 ! opusenc ! m.")
	require.NoError(t, ended(t, run))
	require.NoError(t, p.Close())
	for name, text := range map[string]string{
		"passed on": "matroskademux name=d d. ! video/x-vp8 d. ! audio/x-opus",
		"decoded":   "decodebin name=d d. ! videoconvert d. ! audioconvert",
	} {
		t.Run(name, func(t *testing.T) {
			p, err := Parse("filesrc location="+file+" ! "+text, &Options{Restart: Restart{Loop: true}})
			require.NoError(t, err)
			done := make(chan error, 1)
			go func() { done <- p.Run(context.Background()) }()
			var streams []<-chan pulled
			for _, o := range p.Outputs() {
				streams = append(streams, pullStamps(o, 35)) // Three and a half times the file.
			}
			for i, all := range streams {
				var last pulled
				n := 0
				for one := range all {
					require.NoError(t, one.err)
					if n > 0 {
						require.False(t, one.gap, "sample %d of output %d", n, i)
						require.InDelta(t, 20*time.Millisecond, one.pts-last.pts, float64(15*time.Millisecond),
							"sample %d of output %d", n, i)
					}
					last = one
					n++
				}
				require.Equal(t, 35, n)
			}
			require.NoError(t, p.Close())
			require.NoError(t, <-done)
		})
	}
}

// grey is a server of raw frames of 16x16, GRAY8, that closes each connection after ten of them.
type grey struct{ net.Listener }

func newGrey(t *testing.T, address string) *grey {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp4", address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	return &grey{l}
}

// serve answers one connection.
func (g *grey) serve() error {
	conn, err := g.Accept()
	if err != nil {
		return err
	}
	_, err = conn.Write(make([]byte, 10*16*16))
	_ = conn.Close() // The client has all.
	return err
}

func (g *grey) text() string {
	addr, _ := g.Addr().(*net.TCPAddr)
	return fmt.Sprintf("tcpclientsrc host=127.0.0.1 port=%d ! rawvideoparse width=16 height=16 format=gray8 "+
		"framerate=50/1 ! videoconvert", addr.Port)
}

// TestALostSourceComesBack in the same output, with time stamps that continue; and for no longer than its patience.
func TestALostSourceComesBack(t *testing.T) {
	g := newGrey(t, "127.0.0.1:0")
	serving := make(chan error, 2)
	go func() {
		serving <- g.serve()
		serving <- g.serve()
		_ = g.Close()
	}()
	events := make(chan error, 8)
	p, err := Parse(g.text(), &Options{Restart: Restart{
		Patience: time.Second, StandIn: 100 * time.Millisecond, OnLost: func(err error) { events <- err },
	}})
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() { done <- p.Run(context.Background()) }()
	last := int64(-1)
	n := 0
	for one := range pullStamps(p.Outputs()[0], 100) {
		if one.err != nil {
			break
		}
		require.Greater(t, one.pts, last)
		last = one.pts
		n++
	}
	require.Greater(t, n, 20, "frames stand in for the lost source")
	require.LessOrEqual(t, n, 24)
	var gone *EndedError
	require.ErrorAs(t, <-events, &gone)
	require.NoError(t, <-events)
	require.ErrorAs(t, <-events, &gone)
	require.ErrorContains(t, <-done, "tcpclientsrc")
	require.Empty(t, events)
	require.NoError(t, <-serving)
	require.NoError(t, <-serving)
	require.NoError(t, p.Close())
}

// TestStopWhileASourceIsLost ends at once, and without an error.
func TestStopWhileASourceIsLost(t *testing.T) {
	for name, end := range map[string]func(p *Pipeline) error{
		"stop":  func(p *Pipeline) error { return p.Stop(context.Background()) },
		"close": func(p *Pipeline) error { return p.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			g := newGrey(t, "127.0.0.1:0")
			go func() {
				_ = g.serve()
				_ = g.Close()
			}()
			lost := make(chan error, 8)
			p, err := Parse(g.text(), &Options{Restart: Restart{
				Patience: Forever, OnLost: func(err error) { lost <- err },
			}})
			require.NoError(t, err)
			done := make(chan error, 1)
			go func() { done <- p.Run(context.Background()) }()
			all := pullStamps(p.Outputs()[0], 100)
			require.Error(t, <-lost)
			require.NoError(t, end(p))
			require.NoError(t, <-done)
			for range all { // The pulls end.
			}
			require.NoError(t, p.Close())
		})
	}
}
