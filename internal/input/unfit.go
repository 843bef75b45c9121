// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package input

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// zeroSize is how many zeros at the beginning of a file show that it has no content yet. No container begins with so
// many.
const zeroSize = 64 << 10

// Unfit returns what is wrong with a file that is neither media nor a launch file; nil if it may be one of them, or if
// there is no file of that name.
func Unfit(name string) error {
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("input: %s can't be read: permission denied: make its folders accessible for the user who runs "+
			"gstpublish", name)
	case err != nil && sequence.MatchString(name):
		return sequenceError(name)
	case err != nil:
		return nil //nolint:nilerr // It may be the name of something else.
	case info.IsDir():
		return fmt.Errorf("input: %s is a directory: name a file in it", name)
	case info.Mode()&fs.ModeNamedPipe != 0:
		return fmt.Errorf("input: %s is a pipe, which can be read only once: make it the standard input, with - in "+
			"its place and \"< %s\" at the end", name, name)
	case !info.Mode().IsRegular():
		return nil
	case info.Size() == 0:
		return fmt.Errorf("input: %s is empty (0 bytes): nothing was written to it", name)
	}
	f, err := os.Open(name) //nolint:gosec // The user's own file.
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("input: %s can't be read: permission denied: make it readable for the user who runs gstpublish",
			name)
	}
	if err != nil {
		return nil //nolint:nilerr // The one who uses it says so.
	}
	begin, err := io.ReadAll(io.LimitReader(f, zeroSize))
	_ = f.Close() // It was only read.
	switch {
	case err != nil:
		return fmt.Errorf("input: reading %s: %w", name, err)
	case len(bytes.Trim(begin, "\x00")) == 0:
		return fmt.Errorf("input: %s begins with %d zero bytes, and no media does: was it downloaded or copied completely?",
			name, len(begin))
	case bytes.IndexByte(begin, 0) < 0 && hasMediaName(name) && !bytes.HasPrefix(begin, y4mMagic):
		return fmt.Errorf("input: %s contains text, not media, in spite of its name: a launch file needs another name, "+
			"such as a.launch", name)
	}
	return nil
}

// sequence is the name of a sequence of images, as ffmpeg and multifilesrc take it.
var sequence = regexp.MustCompile(`^\S*%(0?\d+)?d\S*\.(png|jpg|jpeg)$`)

// sequenceError says how a sequence of images is published.
func sequenceError(name string) error {
	kind, decoder := "jpeg", "jpegdec"
	if strings.HasSuffix(name, "png") {
		kind, decoder = "png", "pngdec"
	}
	return fmt.Errorf("input: %s is a sequence of images, which needs a pipeline: write -- multifilesrc location=%s "+
		"start-index=1 caps=image/%s,framerate=25/1 ! %s ! videoconvert in its place", name, name, kind, decoder)
}

// hasMediaName reports whether a file's name is that of a media file and of no launch file.
func hasMediaName(name string) bool {
	return slices.Contains([]string{
		".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".ts", ".flv", ".mpg", ".mpeg", ".ogg", ".ogv", ".h264", ".264",
		".h265", ".265", ".ivf", ".y4m", ".mp3", ".wav", ".aac", ".m4a", ".flac", ".opus", ".gif", ".png", ".jpg", ".jpeg",
		".bmp", ".webp", ".tif", ".tiff",
	}, strings.ToLower(filepath.Ext(name)))
}
