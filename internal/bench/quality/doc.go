// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package quality has the arithmetic of benchmarks: the similarity of frames, the bytes that a quality costs, and
// percentiles.
package quality
