// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
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

func newGrey(t *testing.T) *grey {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp4", "127.0.0.1:0")
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
	g := newGrey(t)
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
			g := newGrey(t)
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

// TestAKeyFrameStandsIn for video that is passed on, which nothing can encode again.
func TestAKeyFrameStandsIn(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.webm")
	p, run := start(t, "videotestsrc num-buffers=10 ! video/x-raw,width=64,height=64,framerate=50/1 ! "+
		"vp8enc deadline=1 ! webmmux streamable=true ! filesink location="+file)
	require.NoError(t, ended(t, run))
	require.NoError(t, p.Close())
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	g := newGrey(t)
	release := make(chan struct{})
	go func() {
		for i := range 2 {
			conn, failure := g.Accept()
			if failure != nil {
				return
			}
			if i == 1 {
				<-release
			}
			_, _ = conn.Write(content) // A client that is gone fails the test elsewhere.
			_ = conn.Close()
		}
	}()
	addr, _ := g.Addr().(*net.TCPAddr)
	p, err = Parse(fmt.Sprintf("tcpclientsrc host=127.0.0.1 port=%d ! matroskademux ! video/x-vp8", addr.Port),
		&Options{Restart: Restart{Patience: Forever, StandIn: 100 * time.Millisecond}})
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() { done <- p.Run(context.Background()) }()
	out := media.Of(p.Outputs()[0])
	var key []byte
	last := int64(-1)
	for i := range 22 { // Twelve, of which two stand in, and then the next run.
		if i == 12 {
			close(release)
		}
		s, err := out.Pull(nil)
		require.NoError(t, err)
		require.Greater(t, s.PTS, last, i)
		last = s.PTS
		switch {
		case i == 0:
			require.True(t, s.Key)
			key = s.Data
		case i == 10, i == 11:
			require.True(t, s.Key)
			require.Equal(t, key, s.Data)
		case i < 10:
			require.False(t, s.Key)
		}
	}
	require.NoError(t, p.Close())
	require.NoError(t, <-done)
}

// hold answers one connection with ten frames and keeps it open until release is closed; then come ten more.
func (g *grey) hold(frames int, release <-chan struct{}) error {
	conn, err := g.Accept()
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err = conn.Write(make([]byte, frames*16*16)); err != nil {
		return err
	}
	<-release
	_, err = conn.Write(make([]byte, 10*16*16))
	return err
}

// TestAStopBesideALoss: whether the source or the program was first is no difference, if the source would be awaited.
func TestAStopBesideALoss(t *testing.T) {
	for patience, want := range map[time.Duration]error{Forever: errOver, 0: &EndedError{}} {
		r := &restarts{Restart: Restart{Patience: patience, Loop: true}, p: &Pipeline{}, over: make(chan struct{})}
		r.stop()
		next, err := r.after(t.Context(), &EndedError{})
		require.Nil(t, next)
		require.Equal(t, want, err)
		_, err = r.after(t.Context(), io.ErrUnexpectedEOF)
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	}
}

// TestALostSourceIsAwaited: a source that can be opened again but brings nothing yet, such as one that listens, is
// still lost. Frames stand in for it, and it runs again with its first sample.
func TestALostSourceIsAwaited(t *testing.T) {
	g := newGrey(t)
	release := make(chan struct{})
	serving := make(chan error, 2)
	go func() {
		serving <- g.serve()
		serving <- g.hold(0, release)
		_ = g.Close()
	}()
	events := make(chan error, 8)
	p, err := Parse(g.text(), &Options{Restart: Restart{
		Patience: time.Minute, StandIn: 100 * time.Millisecond, OnLost: func(err error) { events <- err },
	}})
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() { done <- p.Run(context.Background()) }()
	all := pullStamps(p.Outputs()[0], 24)
	for range 12 { // The last two stand in: half a second is less than standEvery.
		require.NoError(t, (<-all).err)
	}
	var gone *EndedError
	require.ErrorAs(t, <-events, &gone)
	require.NoError(t, (<-all).err, "another frame stands in, and the source is connected")
	require.Empty(t, events)
	close(release)
	require.NoError(t, <-events)
	for one := range all {
		require.NoError(t, one.err)
	}
	require.NoError(t, <-serving)
	require.NoError(t, p.Close())
	require.NoError(t, <-done)
}

// TestPatienceEndsInARunThatBringsNothing with the reason of the loss.
func TestPatienceEndsInARunThatBringsNothing(t *testing.T) {
	g := newGrey(t)
	release := make(chan struct{})
	defer close(release)
	go func() {
		_ = g.serve()
		_ = g.hold(0, release)
	}()
	p, err := Parse(g.text(), &Options{Restart: Restart{Patience: 2 * time.Second}})
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() { done <- p.Run(context.Background()) }()
	for range pullStamps(p.Outputs()[0], 100) { // The pulls end.
	}
	var gone *EndedError
	require.ErrorAs(t, <-done, &gone)
	require.NoError(t, p.Close())
}

// TestASourceThatFallsSilent is lost, although its connection stays open.
func TestASourceThatFallsSilent(t *testing.T) {
	const timeout = 500 * time.Millisecond
	for name, patience := range map[string]time.Duration{"once": 0, "again": time.Minute} {
		t.Run(name, func(t *testing.T) {
			g := newGrey(t)
			release := make(chan struct{})
			defer close(release)
			go func() { _ = g.hold(10, release) }()
			lost := make(chan error, 8)
			p, err := Parse(g.text(), &Options{SourceTimeout: timeout, Restart: Restart{
				Patience: patience, OnLost: func(err error) { lost <- err },
			}})
			require.NoError(t, err)
			done := make(chan error, 1)
			go func() { done <- p.Run(context.Background()) }()
			all := pullStamps(p.Outputs()[0], 100)
			var silent *SilentError
			if patience == 0 {
				require.ErrorAs(t, <-done, &silent)
				require.Equal(t, timeout, silent.After)
			} else {
				require.ErrorAs(t, <-lost, &silent)
			}
			require.NoError(t, p.Close())
			for range all { // The pulls end.
			}
		})
	}
}

// TestAPlaylistThatIsOpenedAgain begins with what was there before it fell silent. Nothing of that comes twice.
func TestAPlaylistThatIsOpenedAgain(t *testing.T) {
	const frames, again, before = 60, 20, 40 // A key frame every 20.
	dir := t.TempDir()
	words := strings.Fields(fmt.Sprintf("-q videotestsrc num-buffers=%d pattern=ball ! "+
		"video/x-raw,width=64,height=64,format=I420 ! x264enc tune=zerolatency key-int-max=%d ! h264parse ! "+
		"video/x-h264,stream-format=byte-stream,alignment=au ! multifilesink location=%s/%%d", frames, again, dir))
	out, err := exec.CommandContext(t.Context(), "gst-launch-1.0", words...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	var coded [frames][]byte
	for i := range coded {
		coded[i], err = os.ReadFile(filepath.Join(dir, fmt.Sprint(i)))
		require.NoError(t, err)
	}
	g := newGrey(t)
	release := make(chan struct{})
	defer close(release)
	go func() {
		for _, part := range [][][]byte{coded[:before], coded[again:]} {
			conn, failure := g.Accept()
			if failure != nil {
				return
			}
			defer conn.Close()                       // It stays open.
			_, _ = conn.Write(bytes.Join(part, nil)) // A client that is gone fails the test elsewhere.
		}
		<-release
	}()
	addr, _ := g.Addr().(*net.TCPAddr)
	p, err := Parse(fmt.Sprintf("tcpclientsrc host=127.0.0.1 port=%d ! h264parse", addr.Port), &Options{
		SourceTimeout: 500 * time.Millisecond, Restart: Restart{Patience: Forever, StandIn: time.Hour},
	})
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() { done <- p.Run(context.Background()) }()
	for i := range frames - 1 { // The parser waits for the end of the last.
		s, err := media.Of(p.Outputs()[0]).Pull(nil)
		require.NoError(t, err)
		require.True(t, bytes.HasSuffix(s.Data, lastSlice(coded[i])), "frame %d", i)
	}
	require.NoError(t, p.Close())
	require.NoError(t, <-done)
}

// lastSlice returns what follows the last start code of a frame: its last slice.
func lastSlice(coded []byte) []byte { return coded[bytes.LastIndex(coded, []byte{0, 0, 1}):] }
