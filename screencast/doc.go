// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package screencast finds a screen, a window or a region of either, and builds the pipeline that
// captures it: raw video, to be encoded by the host.
//
// ximagesrc captures X11 by reference: its buffers, BGRx in shared memory that the server writes,
// go directly to the consumer. Wayland screens come through PipeWire, from a node that another
// program has requested from the compositor.
//
// The captured window or screen can go away. A [Screen] watches it through a connection of its own,
// and then ends the pipeline with the reason. libX11 would end the process: Open replaces its error
// handler, of which there is one for each process, with one that ignores errors of reading from
// windows and passes all others to the previous handler. If the X server goes away, the pipeline ends
// too; with a libX11 older than 1.7 (2020), libX11 then calls exit.
package screencast
