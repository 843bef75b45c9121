// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package proc reads the resource use of processes and of the whole machine on Linux: CPU time, context switches,
// memory and threads.
package proc
