// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package desktop runs a desktop without a monitor, for the demo: an X server (Xvfb) with two terminals (xterm), one
// that scrolls and one with a clock and something that moves. The programs end with their parent.
package desktop
