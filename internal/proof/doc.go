// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package proof finds out which encoders work on this machine, by encoding.
//
// That an element is installed says little: drivers are missing, too old, or
// busy, and some abort the process or never come back. So a candidate of the
// catalogue counts only after it has encoded frames of the wanted size, and another
// element has decoded them to what was put in. That happens in a child process, a copy of
// the running program, which this package's initialization turns into a proof before the
// program's main begins. An encoder that brings its process down costs its row of the
// catalogue and nothing else.
//
// Nothing has to be called for that. If the child does not reach the initialization, as
// when another package's initialization ends the process, the error is a [*pipeline.HookError],
// and the Prover chooses installed software encoders.
//
// A Prover keeps what it has found in memory. With Options.CacheDir, it also finds on
// disk what earlier processes have proven, as long as nothing has changed that the
// proof depends on.
package proof
