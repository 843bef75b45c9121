// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/gstpublish/gstpublish/internal/testclip"
)

// reduceCommand is the first argument of the process that reduces a recording while it is made. A recording of
// 3840x2160 has 25 MB a frame, and would not fit in memory or on many disks.
const reduceCommand = "reduce"

// begun is what that process prints when it has the first frame.
const begun = "recording"

// reduceRecording reduces I444 frames, tightly packed, to a clip's file.
func reduceRecording(args []string, in io.Reader, out, errOut io.Writer) (err error) {
	f := flag.NewFlagSet(reduceCommand, flag.ContinueOnError)
	f.SetOutput(errOut)
	width := f.Int("width", 1280, "in `px`")
	height := f.Int("height", 720, "in `px`")
	fps := f.Int("fps", 30, "`frames` a second")
	frames := f.Int("frames", 450, "how `many`")
	if err = f.Parse(args); err != nil {
		return err
	}
	if f.NArg() != 1 {
		return errors.New("reduce needs the name of one file")
	}
	clip, err := testclip.ReduceFull(*width, *height, *fps, *frames, func(i int, frame []byte) error {
		_, failed := io.ReadFull(in, frame)
		if i == 0 && failed == nil {
			fmt.Fprintln(out, begun)
		}
		return failed
	})
	if err != nil {
		return err
	}
	if _, err = io.ReadFull(in, make([]byte, 1)); !errors.Is(err, io.EOF) {
		return fmt.Errorf("the recording has more than %d frames of %dx%d", *frames, *width, *height)
	}
	to, err := os.Create(f.Arg(0))
	if err != nil {
		return err
	}
	n, err := clip.WriteTo(to)
	if err = errors.Join(err, to.Close()); err != nil {
		return err
	}
	fmt.Fprintf(out, "%d frames, %d of them changed, %.1f MB\n", clip.Frames(), len(clip.Changed()), float64(n)/1e6)
	return nil
}
