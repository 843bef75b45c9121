// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package shm

import (
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// frames are more than there are slots, so that they must come back.
const frameSize, frames = 5000, 3 * slots

func TestFramesReachGStreamer(t *testing.T) {
	folder := t.TempDir()
	socket, out := filepath.Join(folder, "socket"), filepath.Join(folder, "out")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	w, err := Listen(ctx, socket, frameSize)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.Close()) })
	there, err := w.Write(ctx, make([]byte, frameSize))
	require.NoError(t, err)
	require.False(t, there, "there is no reader yet")

	var text bytes.Buffer
	reader := exec.CommandContext(ctx, "gst-launch-1.0", "-q", "shmsrc", "socket-path="+socket, "is-live=true",
		"num-buffers=24", "!", "filesink", "buffer-mode=unbuffered", "location="+out)
	reader.Stdout, reader.Stderr = &text, &text
	require.NoError(t, reader.Start())
	var want []byte
	for i := byte(0); i < frames; {
		frame := bytes.Repeat([]byte{i}, frameSize)
		there, err = w.Write(ctx, frame)
		require.NoError(t, err)
		if !there {
			require.NoError(t, ctx.Err())
			continue
		}
		want = append(want, frame...)
		i++
	}
	require.NoError(t, reader.Wait(), text.String())
	got, err := os.ReadFile(out)
	require.NoError(t, err)
	require.True(t, bytes.Equal(want, got))
}

func TestAReaderThatIsStuckIsNotWaitedForEndlessly(t *testing.T) {
	w, err := Listen(t.Context(), filepath.Join(t.TempDir(), "socket"), frameSize)
	require.NoError(t, err)
	conn, err := new(net.Dialer).DialContext(t.Context(), "unix", w.listener.Addr().String())
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	for written := 0; written < slots; {
		there, failure := w.Write(ctx, nil)
		require.NoError(t, failure)
		if there {
			written++
		}
	}
	cancel()
	_, err = w.Write(ctx, nil)
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, conn.Close())
	require.NoError(t, w.Close())
	require.NoError(t, w.Close(), "closing twice is no error")
}

func TestNoPlaceToListen(t *testing.T) {
	_, err := Listen(t.Context(), filepath.Join(t.TempDir(), "none", "socket"), frameSize)
	require.ErrorContains(t, err, "shm: sharing memory")
}
