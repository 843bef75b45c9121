// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/encode"
	"github.com/gstpublish/gstpublish/internal/test/need"
)

const (
	// settled is the number of frames before the first measurement of resident memory. By then caches, pools and the
	// encoder's own buffers are full.
	settled, measured = 2000, 10_000
	// The same for changes of the frame's size, with two frames of each.
	settledChanges, sizeChanges = 40, 200
	// maxGrowth is in bytes. The 8,000 frames between the two measurements have 28,800 each, 230 MB in total, so a leak
	// of one frame in 18 shows. The frames that change their size have 288,000 on average: there a leak of one in 7
	// shows, or of 78 kB for each change. Without a leak the growth was at most 6 MB, with the race detector, whose own
	// memory grows.
	maxGrowth = 12 << 20
)

// resident returns the resident memory of this process, in bytes, after a garbage collection.
func resident(t *testing.T) int {
	t.Helper()
	debug.FreeOSMemory()
	status, err := os.ReadFile("/proc/self/status")
	if os.IsNotExist(err) {
		t.Skip("only Linux tells resident memory in /proc")
	}
	require.NoError(t, err)
	_, after, found := strings.Cut(string(status), "VmRSS:")
	require.True(t, found)
	var kB int
	_, err = fmt.Sscan(after, &kB)
	require.NoError(t, err)
	return kB << 10
}

// requireFlat repeats a step, and compares the resident memory after the first repetitions with that at the end.
func requireFlat(t *testing.T, settled, steps int, step func(i int)) {
	t.Helper()
	// Otherwise resident memory depends on the amount of garbage at the first collection, since the race detector never
	// returns its part.
	defer debug.SetGCPercent(debug.SetGCPercent(10))
	for i := range settled {
		step(i)
	}
	before := resident(t)
	for i := settled; i < steps; i++ {
		step(i)
	}
	after := resident(t)
	t.Logf("resident: %d KiB after %d steps, %d KiB after %d", before>>10, settled, after>>10, steps)
	require.Less(t, after-before, maxGrowth, "%d bytes after %d steps, %d after %d", before, settled, after, steps)
}

// small returns a frame that keeps the test short.
func small(t *testing.T, width, height int) *room {
	t.Helper()
	r, err := newRoom(width, height)
	require.NoError(t, err)
	return r
}

func TestMemoryStaysFlatWhileFramesAreEncoded(t *testing.T) {
	need.Encoding(t)
	w := newWay(t, &encode.Options{Bitrate: 100_000})
	frame := small(t, 160, 120)
	requireFlat(t, settled, measured, func(i int) { w.mustEncode(frame.paint(i)) })
}

// Memory is reused as soon as it is released. If it is never released, each frame needs more.
func TestMemoryStaysFlatWhileFramesAreTakenByReference(t *testing.T) {
	need.Encoding(t)
	w := newWay(t, &encode.Options{Bitrate: 100_000})
	go func() { // The encoder takes as many frames as it can.
		for range w.samples {
		}
	}()
	made := 0
	free := make(chan *appsrc.VideoFrame, measured)
	next := func() *appsrc.VideoFrame {
		select {
		case f := <-free:
			return f
		default:
		}
		made++
		f := small(t, 160, 120).paint(made)
		f.Release = func() { free <- f }
		return f
	}
	requireFlat(t, settled, measured, func(int) {
		require.NoError(t, w.src.CaptureFrame(next(), nil))
	})
	// The source keeps one, one waits, and the pipeline has a few.
	require.Less(t, made, 20)
}

func TestMemoryStaysFlatWhileSizesChange(t *testing.T) {
	need.Encoding(t)
	w := newWay(t, &encode.Options{Bitrate: 100_000})
	frames := []*room{small(t, 320, 240), small(t, 640, 480)}
	requireFlat(t, settledChanges, sizeChanges, func(i int) {
		frame := frames[i%2]
		w.mustEncode(frame.paint(2 * i))
		w.mustEncode(frame.paint(2*i + 1))
	})
}

// mustEncode captures a frame that must not be dropped.
func (w *way) mustEncode(f *appsrc.VideoFrame) {
	w.tb.Helper()
	_, ok := w.encode(f, longPatience)
	require.True(w.tb, ok, "a frame gave no sample")
}
