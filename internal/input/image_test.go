// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package input

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// drawn makes a file with ffmpeg.
func drawn(t *testing.T, name, words string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), name)
	args := append(strings.Fields("-v error -f lavfi -i testsrc=size=160x120:rate=20 "+words), path)
	out, err := exec.Command("ffmpeg", args...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return path
}

// TestAnImage stays; an animation is a video.
func TestAnImage(t *testing.T) {
	t.Parallel()
	for name, words := range map[string]string{
		"one.png": "-frames:v 1", "one.jpg": "-frames:v 1", "one.bmp": "-frames:v 1", "one.tiff": "-frames:v 1",
		"one.gif": "-frames:v 1", "one.mp4": "-frames:v 1 -pix_fmt yuv420p", "many.apng": "-frames:v 5",
		"many.gif": "-frames:v 5", "many.avi": "-frames:v 5 -c:v mjpeg",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := Of(drawn(t, name, words))
			require.Equal(t, File, in.Kind)
			found, err := Look(t.Context(), in, Want{})
			require.NoError(t, err)
			isStill := strings.HasPrefix(name, "one") || name == "many.apng"
			require.Equal(t, isStill, found.Still)
			require.Equal(t, isStill, strings.Contains(in.Text(found), "imagefreeze"))
			require.Equal(t, name == "many.apng", in.IsShownInPart())
			require.True(t, found.Known && found.Video && !found.Audio && found.Passed == nil)
		})
	}
}

// TestAnAnimatedWebP is refused by name, as long as GStreamer refuses it.
func TestAnAnimatedWebP(t *testing.T) {
	t.Parallel()
	in := Of(drawn(t, "a.webp", "-frames:v 5"))
	found, err := Look(t.Context(), in, Want{})
	if err == nil {
		require.True(t, found.Video)
		return
	}
	require.ErrorIs(t, err, ErrAnimation)
	require.ErrorContains(t, err, "a.webp is an animated WebP, which GStreamer can't decode")
}

// TestUnfit: a file that cannot be published is named, with what is wrong.
func TestUnfit(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		return path
	}
	require.NoError(t, syscall.Mkfifo(filepath.Join(folder, "pipe"), 0o600))
	require.NoError(t, os.Symlink(filepath.Join(folder, "gone.mp4"), filepath.Join(folder, "link.mp4")))
	for path, want := range map[string]string{
		filepath.Join(folder, "pipe"):     "/pipe is a pipe, which can be read only once: make it the standard input",
		filepath.Join(folder, "link.mp4"): "", // The one who opens it says so.
		"frame%05d.png":                   "multifilesrc location=frame%05d.png start-index=1 caps=image/png,",
		"a/%d.jpg":                        "caps=image/jpeg,framerate=25/1 ! jpegdec",
		"100%.png":                        "",
		folder:                            " is a directory: name a file in it",
		write("empty.mp4", ""):            "/empty.mp4 is empty (0 bytes): nothing was written to it",
		write("zeros.mp4", strings.Repeat("\x00", 9)): "/zeros.mp4 begins with 9 zero bytes, and no media does: ",
		write("text.MP4", "some text"):                "/text.MP4 contains text, not media, in spite of its name: ",
		write("a.launch", "videotestsrc"):             "",
		write("a.mp4", "\x00\x00\x00\x20ftypisom"):    "",
		write("a.y4m", "YUV4MPEG2 W2 H2\n"):           "",
		"videotestsrc":                                "",
	} {
		err := Unfit(path)
		if want == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, want)
	}
}

// TestUnknownMedia is refused by name.
func TestUnknownMedia(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.mp4")
	require.NoError(t, os.WriteFile(path, []byte(strings.Repeat("\x00\xa5\x17unknown", 500)), 0o600))
	_, err := Look(t.Context(), Of(path), Want{})
	unknown := (*UnknownError)(nil)
	require.ErrorAs(t, err, &unknown)
	require.Equal(t, path, unknown.Name)
}
