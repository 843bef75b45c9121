// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package quality has the arithmetic of benchmarks: how like two frames are, how
// many bytes a quality costs, and percentiles.
package quality
