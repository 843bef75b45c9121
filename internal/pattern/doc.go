// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package pattern draws the screen that the demo publishes: a terminal that scrolls, a clock, a chart that moves, the
// finest detail that a frame can have, and the time of each frame in black and white cells. A viewer on the same
// machine measures the latency with the cells, and the sharpness with the detail.
package pattern
