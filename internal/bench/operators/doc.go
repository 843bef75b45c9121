// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package operators has the benchmarks for operators: whether the faults of a publication affect others, how two
// workers handle 40 jobs, and how many jobs LiveKit's agent dispatch can carry. They run the built gstpublish, take
// minutes, and fail if anything but time is lost. scripts/bench-operators runs them.
package operators
