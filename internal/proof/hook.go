// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/gstpublish/gstpublish/internal/gst"
)

// init turns a process that a Prover has started into a proof; it does not return then.
// The process is a copy of the running program, so this runs in every program that
// imports the package, and does nothing there unless the variable is set.
//
// Doing that here rather than in main means that no program has to call anything, and
// that nothing which main does first can get in the way: flags, usage messages, work.
// A proof needs only packages that this one imports, and Go initializes those first.
// Packages that are initialized before this one still run, as they would in the program:
// one that ends the process, or takes long, keeps the proof from beginning. The Prover
// then returns a *pipeline.HookError.
func init() {
	if text, asked := os.LookupEnv(requestVariable); asked {
		os.Exit(answer(text)) //nolint:forbidigo // this process exists for nothing else
	}
}

// answer is the whole of a child process; it returns the exit code.
func answer(text string) int {
	var r request
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", requestVariable, err)
		return 1
	}
	gst.RelayCalls()
	// If the parent has exited, or needs no more, so does this process.
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0) //nolint:forbidigo // the encoder may be stuck
	}()
	say := func(l line) {
		b, err := json.Marshal(l)
		if err == nil {
			fmt.Fprintf(os.Stdout, "%s%s\n", linePrefix, b)
		}
	}
	say(line{Step: "starting"}) // The hook was reached.
	report := examine(context.Background(), r, func(step string) { say(line{Step: step}) })
	say(line{Report: &report})
	return 0
}
