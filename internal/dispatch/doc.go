// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package dispatch is a client of LiveKit's agent protocol: a worker registers with a server, reports its load, takes
// or declines the jobs that it is offered, and reports how they end. A [Handler] runs the jobs.
//
// When a connection breaks, the server forgets the worker and its jobs. A [Client] registers again, and its jobs
// continue meanwhile.
package dispatch
