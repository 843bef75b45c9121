// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/serve"
)

// TestLaunchFiles: a change of a launch file is a change of the publications that name it. A file that is missing for a
// moment, or is written again without a change, is none.
func TestLaunchFiles(t *testing.T) {
	dir := t.TempDir()
	file, media := filepath.Join(dir, "a.launch"), filepath.Join(dir, "a.mp4")
	write := func(path, text string) { require.NoError(t, os.WriteFile(path, []byte(text), 0o600)) }
	write(file, "videotestsrc")
	write(media, string(make([]byte, maxLaunchFile+1)))
	h := New(Options{Program: "/nonexistent", Logger: slog.New(slog.DiscardHandler), LogLevel: func(string) {}})
	h.dir = t.TempDir()
	t.Cleanup(h.stop)
	config := &serve.Config{Publications: []serve.Publication{
		{Name: "launch", Input: file, Restart: serve.RestartAlways},
		{Name: "media", Input: media, Restart: serve.RestartAlways},
		{Name: "url", Input: "rtsp://camera", Restart: serve.RestartAlways},
		{Name: "text", Pipeline: "videotestsrc", Restart: serve.RestartAlways},
	}}
	h.apply(config)
	first := h.all()
	unchanged := func() {
		t.Helper()
		require.Empty(t, h.changedLaunchFiles())
		h.apply(config)
		require.Equal(t, first, h.all())
	}
	unchanged()
	write(file, "videotestsrc")
	write(media, string(make([]byte, maxLaunchFile+2)))
	unchanged()
	require.NoError(t, os.Remove(file))
	unchanged()

	write(file, "videotestsrc pattern=ball")
	require.NotEmpty(t, h.changedLaunchFiles())
	h.apply(config)
	require.NotSame(t, first[0], h.all()[0])
	require.Equal(t, first[1:], h.all()[1:])
	require.Empty(t, h.changedLaunchFiles())
}

// TestHalfWritten: a configuration is read when it is the same for a second, or immediately after SIGHUP.
func TestHalfWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := "first"
		var text atomic.Pointer[string]
		text.Store(&first)
		var loads []string
		reload := make(chan os.Signal)
		h := New(Options{
			Logger: slog.New(slog.DiscardHandler), LogLevel: func(string) {}, Reload: reload,
			Read: func() ([]byte, error) { return []byte(*text.Load()), nil },
			Load: func() (*serve.Config, error) {
				loads = append(loads, *text.Load())
				return &serve.Config{}, nil
			},
		})
		h.config = &serve.Config{}
		ctx, cancel := context.WithCancel(t.Context())
		followed := make(chan struct{})
		go func() {
			defer close(followed)
			h.follow(ctx, newNotifier(h), files{text: first})
		}()
		after := func(d time.Duration, next string) {
			time.Sleep(d) //nolint:forbidigo // of the bubble, which does not wait
			synctest.Wait()
			text.Store(&next)
		}
		after(configInterval/2, "fir")
		after(configInterval, "")
		after(configInterval, "second, in p")
		after(configInterval, "second, in parts")
		after(4*configInterval, "third")
		require.Equal(t, []string{"second, in parts"}, loads)
		reload <- syscall.SIGHUP
		after(4*configInterval, "")
		require.Equal(t, []string{"second, in parts", "third"}, loads)
		cancel()
		<-followed
	})
}

// TestInTheWay: a process begins when those have ended that have its place in the room.
func TestInTheWay(t *testing.T) {
	h := New(Options{Program: "/nonexistent", Logger: slog.New(slog.DiscardHandler), LogLevel: func(string) {}})
	h.dir = t.TempDir()
	t.Cleanup(h.stop)
	apply := func(publications ...serve.Publication) {
		h.apply(&serve.Config{Publications: publications})
	}
	apply(
		serve.Publication{Name: "a", Room: "r", Identity: "1"},
		serve.Publication{Name: "b", Room: "r", Identity: "2"},
		serve.Publication{Name: "c", Room: "r", Identity: "3"},
	)
	var ended []<-chan struct{}
	for _, k := range h.all() {
		ended = append(ended, k.done)
	}
	h.mu.Lock()
	defer h.mu.Unlock() // Nothing is forgotten meanwhile.
	for _, name := range []string{"a", "b", "c"} {
		h.end(name)
	}
	for _, of := range []struct {
		publication serve.Publication
		after       []<-chan struct{}
	}{
		{serve.Publication{Name: "a", Room: "r", Identity: "2"}, ended[:2]}, // These two change places.
		{serve.Publication{Name: "b", Room: "r", Identity: "1"}, ended[:2]},
		{serve.Publication{Name: "d", Room: "r", Identity: "3"}, ended[2:]}, // This one is renamed.
		{serve.Publication{Name: "e", Room: "other", Identity: "1"}, nil},
	} {
		h.start(of.publication)
		require.ElementsMatch(t, of.after, h.keepers[of.publication.Name].after, of.publication.Name)
	}
}

func TestMissing(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.launch")
	require.True(t, missing(file))
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	require.False(t, missing(file))
	for _, other := range []string{"", "testpattern", "rtsp://a/b", "filesrc location=/none ! fakesink"} {
		require.False(t, missing(other), other)
	}
}

// TestSlowFile: while a file of the configuration is being read, the watchdog is fed, jobs are applied, and gstpublish
// can end.
func TestSlowFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reload, jobs, slow := make(chan os.Signal), make(chan struct{}), make(chan struct{})
		listed := 0
		h := New(Options{
			Logger: slog.New(slog.DiscardHandler), LogLevel: func(string) {}, Reload: reload,
			Load: func() (*serve.Config, error) {
				<-slow
				return &serve.Config{LogLevel: "warn"}, nil
			},
			Jobs: &Jobs{Changed: jobs, List: func(*serve.Config) []serve.Publication {
				listed++
				return nil
			}},
		})
		h.config = &serve.Config{}
		n := &notifier{host: h, ticker: time.NewTicker(time.Second)}
		ctx, cancel := context.WithCancel(t.Context())
		followed := make(chan struct{})
		go func() {
			defer close(followed)
			h.follow(ctx, n, files{})
		}()
		reload <- syscall.SIGHUP
		jobs <- struct{}{}
		synctest.Wait()
		require.Equal(t, 1, listed)
		slow <- struct{}{}
		synctest.Wait()
		require.Equal(t, "warn", h.config.LogLevel)

		reload <- syscall.SIGHUP
		cancel()
		<-followed
		close(slow)
	})
}
