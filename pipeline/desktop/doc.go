// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package desktop finds a screen, a window or a part of either, and makes the
// pipeline that captures it: raw video, for the host to encode.
//
// X11 is captured by ximagesrc, by reference: its buffers, BGRx in the server's
// shared memory, go to whoever pulls them. Wayland's screens come through
// PipeWire, as a node that somebody else has asked the compositor for.
//
// What is captured can go away. A [Screen] watches it through a connection of its
// own, and ends the pipeline then with the reason. libX11 would end the process:
// Open replaces its error handler, which is one per process, by one that ignores
// the errors of reading from windows and leaves all others to the one before. What
// it can't ignore is an X server that is gone: libX11 calls exit then.
package desktop
