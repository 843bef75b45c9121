// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package proof finds out which encoders work on this machine, by encoding.
//
// That an element is installed says little: drivers are missing, too old, or
// busy, and some abort the process or never come back. So a candidate of the
// catalogue counts only after it has encoded pictures of the wanted size, and
// another element has decoded them to what was put in. That happens in a child
// process, a copy of the running program, which [Start] turns into a proof at
// the top of main; an encoder that brings its process down costs its row of the
// catalogue and nothing else.
//
//	func main() {
//		prover := proof.Start(nil) // In a child process, Start doesn't return.
//		…
//		sink.Publish(ctx, room, source, &sink.Options{Prover: prover})
//	}
//
// A Prover keeps what it has found in memory. With Options.CacheDir, it also finds on
// disk what earlier processes have proven, as long as nothing has changed that the
// proof depends on.
package proof
