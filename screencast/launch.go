// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package screencast

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/gstpublish/gstpublish/internal/gst/ximage"
)

// x11Launch returns the launch text that captures a drawable of an X11 display.
//
//   - use-damage=false: the server copies the whole frame into shared memory. With damage,
//     ximagesrc copies the last frame and fetches the changes through the socket: more work for
//     this process for a still screen, and many times more in motion (docs/screencast.md has the
//     numbers).
//   - remote=true: without shared memory ximagesrc would otherwise send buffers that it never wrote
//     to. With shared memory, this changes nothing.
//   - the gate drops frames that could not be read, and is where the guard ends the pipeline.
//   - the size is fixed if it is a region's: when that no longer fits, ximagesrc would otherwise
//     capture everything.
func x11Launch(t *target, o *Options) string {
	text := fmt.Sprintf("ximagesrc display-name=%s use-damage=false remote=true show-pointer=%t",
		strconv.Quote(t.display), o.Cursor)
	if t.window != 0 {
		text += fmt.Sprintf(" xid=%d", t.window)
	}
	gate := fmt.Sprintf("%s id=%d xid=%d", ximage.Gate, t.gate, t.window)
	caps := fmt.Sprintf("video/x-raw,framerate=%d/1", o.FPS)
	if r := t.region; t.fixed {
		text += fmt.Sprintf(" startx=%d starty=%d endx=%d endy=%d", r.X, r.Y, r.X+r.Width-1, r.Y+r.Height-1)
		caps += fmt.Sprintf(",width=%d,height=%d", r.Width, r.Height)
	}
	return strings.Join([]string{text, gate, caps}, " ! ")
}

// pipeWireLaunch is the launch text that captures a node of PipeWire's. A
// compositor gives a frame when one has changed, so the rate can only be
// bounded. The frames are wanted in memory, not on the GPU.
//
//   - do-timestamp=true: some nodes give no time stamps, and videorate drops what
//     has none.
//   - always-copy=true: when a node goes away, so does the memory of its frames,
//     also of those that are still in use, and the process with it (0.3.65).
func pipeWireLaunch(o *Options) string {
	text := "pipewiresrc path=" + strconv.Quote(o.PipeWire.Node) + " do-timestamp=true always-copy=true"
	if o.PipeWire.FD != 0 {
		text += fmt.Sprintf(" fd=%d", o.PipeWire.FD)
	}
	return text + fmt.Sprintf(" ! video/x-raw ! videorate drop-only=true max-rate=%d", o.FPS)
}
