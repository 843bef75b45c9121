// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package proc reads what processes and the whole machine have used: CPU time,
// context switches, memory and threads. It is for Linux.
package proc
