// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package operators has the benchmarks for operators, which take minutes and run the built gstpublish: whether faults
// of publications reach their neighbours, what two workers do with 40 jobs, and what LiveKit's agent dispatch carries.
// scripts/bench-operators runs them. They fail if something else is lost than time.
package operators
