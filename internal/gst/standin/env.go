// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package standin

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

// EnvName is the variable that FromEnv reads.
const EnvName = "GSTPUBLISH_STANDINS"

// proofVariable makes a process a proof: see package proof. That runs before main and
// TestMain, but after this package's initialization, since Go initializes packages that
// depend on nothing else first, in the order of their paths.
const proofVariable = "GSTPUBLISH_PROOF"

// init registers the stand-ins in child processes that prove encoders.
func init() {
	if _, asked := os.LookupEnv(proofVariable); !asked {
		return
	}
	if err := FromEnv(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:forbidigo // the process has no other purpose
	}
}

// Entry is one element to register, and its fault.
type Entry struct {
	Name, Version string
	Fault         Fault
}

// Env formats a value of the variable EnvName, such as
// "vah264enc@1.22:fail=100,vapostproc@1.22".
func Env(entries ...Entry) string {
	parts := make([]string, len(entries))
	for i, e := range entries {
		parts[i] = e.Name + "@" + e.Version
		if e.Fault.Kind == None {
			continue
		}
		parts[i] += ":" + e.Fault.Kind.String()
		if e.Fault.Frame > 0 {
			parts[i] += "=" + strconv.Itoa(e.Fault.Frame)
		}
	}
	return strings.Join(parts, ",")
}

// FromEnv registers the elements that the variable EnvName lists, and sets their faults. If it is unset or empty,
// FromEnv does nothing. Child processes that prove encoders need no call.
func FromEnv() error { return fromEnv(Register) }

func fromEnv(register func(name, version string) error) error {
	entries, err := parseEnv(os.Getenv(EnvName))
	if err != nil {
		return err
	}
	for _, e := range entries {
		SetFault(e.Name, e.Fault)
		if err := register(e.Name, e.Version); err != nil {
			return err
		}
	}
	return nil
}

func parseEnv(text string) ([]Entry, error) {
	if text == "" {
		return nil, nil
	}
	var entries []Entry
	for part := range strings.SplitSeq(text, ",") {
		element, fault, faulty := strings.Cut(strings.TrimSpace(part), ":")
		name, version, ok := strings.Cut(element, "@")
		if !ok {
			return nil, fmt.Errorf("standin: %s: %q is not NAME@VERSION", EnvName, element)
		}
		e := Entry{Name: name, Version: version}
		if faulty {
			var err error
			if e.Fault, err = parseFault(fault); err != nil {
				return nil, fmt.Errorf("standin: %s: %q: %w", EnvName, part, err)
			}
		}
		entries = append(entries, e)
	}
	return entries, nil
}

func parseFault(text string) (Fault, error) {
	kind, frame, framed := strings.Cut(text, "=")
	k := slices.Index(faultNames[:], kind)
	if k < 0 {
		return Fault{}, fmt.Errorf("there is no fault %q, but %s", kind, strings.Join(faultNames[1:], ", "))
	}
	f := Fault{Kind: FaultKind(k)}
	if framed {
		n, err := strconv.Atoi(frame)
		if err != nil || n < 0 {
			return Fault{}, fmt.Errorf("%q is not a frame", frame)
		}
		f.Frame = n
	}
	return f, nil
}
