// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package console

import "strings"

// Inputs are the inputs of a command line: what stands before the first --input belongs to all of them, what follows
// one, up to the next, to it alone.
type Inputs struct {
	Shared []string // with the program and the command
	Names  []string
	Own    [][]string // by input
}

// SplitInputs finds the inputs on a command line of run. It returns nil if there is none, or for another command. An
// --input at the end, without a value, is an option like others.
func SplitInputs(args []string) *Inputs {
	command := 1
	for command < len(args) && strings.HasPrefix(args[command], "-") {
		command++
	}
	if command >= len(args) || args[command] != "run" {
		return nil
	}
	in := &Inputs{}
	own := &in.Shared
	for i := 0; i < len(args); i++ {
		value, joined := strings.CutPrefix(args[i], "--input=")
		switch {
		case i < command, !joined && args[i] != "--input", !joined && i+1 == len(args):
			*own = append(*own, args[i])
			continue
		case !joined:
			i++
			value = args[i]
		}
		in.Names, in.Own = append(in.Names, value), append(in.Own, nil)
		own = &in.Own[len(in.Own)-1]
	}
	if len(in.Names) == 0 {
		return nil
	}
	return in
}
