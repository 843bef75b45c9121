// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/test/locked"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink"
)

// tap is a source that only produces bytes while it is open.
type tap struct {
	read, write *os.File
	stop        context.CancelFunc
	stopped     chan struct{}
}

func newTap(t *testing.T) *tap {
	t.Helper()
	read, write, err := os.Pipe()
	require.NoError(t, err)
	p := &tap{read: read, write: write, stop: func() {}}
	t.Cleanup(func() {
		p.close()
		require.NoError(t, write.Close())
		require.NoError(t, read.Close())
	})
	return p
}

// open writes blocks, thirty a second.
func (p *tap) open(t *testing.T, block []byte) {
	t.Helper()
	var ctx context.Context
	ctx, p.stop = context.WithCancel(context.Background())
	p.stopped = make(chan struct{})
	go func() {
		defer close(p.stopped)
		tick := time.NewTicker(time.Second / 30)
		defer tick.Stop()
		for ctx.Err() == nil {
			if _, err := p.write.Write(block); err != nil {
				return
			}
			<-tick.C
		}
	}()
}

func (p *tap) close() {
	p.stop()
	_ = p.write.SetWriteDeadline(time.Now()) // The pipe may be full.
	if p.stopped != nil {
		<-p.stopped
	}
	_ = p.write.SetWriteDeadline(time.Time{})
}

// TestASourceThatStopsIsNamed: also after the first frame, silence has a reason, which names the element. It ends with
// the next frame.
func TestASourceThatStopsIsNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text  string
		bytes int
		video bool
	}{
		"raw video": {
			"rawvideoparse width=64 height=64 format=i420 framerate=30/1", 64 * 64 * 3 / 2, true,
		},
		"encoded video": {
			"rawvideoparse width=64 height=64 format=i420 framerate=30/1 ! x264enc tune=zerolatency", 64 * 64 * 3 / 2, true,
		},
		"audio": {"rawaudioparse sample-rate=48000 num-channels=2 pcm-format=s16le", 48000 / 30 * 4, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newTap(t)
			p.open(t, make([]byte, c.bytes))
			room := newRoom(t)
			view(t, room, "viewer")
			text := fmt.Sprintf("fdsrc name=tap fd=%d blocksize=%d ! ", p.read.Fd(), c.bytes)
			pub := publishPipeline(t, join(t, room), text+c.text, nil)
			state := func() (sent uint64, reason sink.Reason, detail string) {
				s := pub.Stats()
				if c.video {
					return s.Sent, s.Reason, s.ReasonDetail
				}
				return s.AudioSent, s.AudioReason, s.AudioReasonDetail
			}
			require.Eventually(t, func() bool {
				sent, reason, _ := state()
				return sent > 10 && reason == sink.ReasonNone
			}, wait, 10*time.Millisecond, "%v", stats{pub})
			p.close()
			require.Eventually(t, func() bool {
				_, reason, detail := state()
				return reason == sink.ReasonNoFrames && detail == "tap produces nothing any more"
			}, wait, 10*time.Millisecond, "%v", stats{pub})
			before, _, _ := state()
			p.open(t, make([]byte, c.bytes))
			require.Eventually(t, func() bool {
				sent, reason, detail := state()
				return sent > before && reason == sink.ReasonNone && detail == ""
			}, wait, 10*time.Millisecond, "%v", stats{pub})
		})
	}
}

// TestH264WithoutParameterSets: live H.264 that never carries SPS and PPS is not published, and the log says what is
// missing while it is awaited. So does the error when the caller waits no longer.
func TestH264WithoutParameterSets(t *testing.T) {
	t.Parallel()
	path := makeFile(t, "without.h264", h264Once+"-bsf:v filter_units=remove_types=7|8")
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	p := newTap(t)
	p.open(t, data)
	var log locked.Buffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	room := join(t, newRoom(t))
	ctx, cancel := context.WithCancel(within(t))
	defer cancel()
	pipe, err := pipeline.Parse(fmt.Sprintf("fdsrc name=tap fd=%d ! h264parse name=parser", p.read.Fd()),
		&pipeline.Options{Logger: logger})
	require.NoError(t, err)
	failed := make(chan error, 1)
	go func() {
		_, err := sink.PublishPipeline(ctx, room, pipe, &sink.Options{Logger: logger})
		failed <- err
	}()
	const missing = "parser receives data from tap, but no SPS and PPS, without which it cannot be decoded"
	require.Eventually(t, func() bool { return strings.Contains(log.String(), missing) }, wait, tick)
	require.Empty(t, room.LocalParticipant.TrackPublications(), "nothing is announced")
	cancel()
	require.ErrorContains(t, <-failed, missing)
}

// stats formats the statistics of a publication when they are printed, not when they are passed on.
type stats struct{ *sink.Publication }

func (s stats) String() string { return fmt.Sprintf("%+v", s.Stats()) }
