// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package bench has the benchmarks of several packages together: the latency and the memory of frames from CaptureFrame
// through an encoder, and the cost of publishing with layers and networks, in a process of its own. Benchmarks of a
// single package are in that package.
package bench
