// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package dispatch is the client of LiveKit's agent protocol: a worker registers with a server, reports its load, is
// offered jobs, takes or declines them, and reports how they end. What a job is, only its [Handler] knows.
//
// The server forgets a worker and its jobs with the connection. A [Client] registers again, and its jobs continue
// meanwhile.
package dispatch
