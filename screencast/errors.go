// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package screencast

import (
	"fmt"
	"strings"
)

// DisplayError means that a display cannot be captured.
type DisplayError struct {
	Display string // as named; empty if none was named
	Reason  string
	Err     error // may be nil
}

func (e *DisplayError) Error() string {
	text := "screencast: no display: "
	if e.Display != "" {
		text = fmt.Sprintf("screencast: display %s: ", e.Display)
	}
	return text + e.Reason
}

// Unwrap returns the system's error.
func (e *DisplayError) Unwrap() error { return e.Err }

// RegionError means that a region cannot be captured.
type RegionError struct {
	Region string // as written
	Reason string
}

func (e *RegionError) Error() string {
	return fmt.Sprintf("screencast: region %s: %s", e.Region, e.Reason)
}

// WindowError means that there is no such window, or more than one.
type WindowError struct {
	Window string // as named
	Reason string
	// Windows are the possible windows: those that match, or otherwise all visible ones, each with
	// its title and id.
	Windows []string
}

// mostWindows is the number of windows named in an error.
const mostWindows = 20

func (e *WindowError) Error() string {
	text := fmt.Sprintf("screencast: window %q: %s", e.Window, e.Reason)
	if len(e.Windows) == 0 {
		return text
	}
	listed := e.Windows[:min(len(e.Windows), mostWindows)]
	text += ": " + strings.Join(listed, ", ")
	if more := len(e.Windows) - len(listed); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// GoneError means that the captured window or screen is no longer there.
type GoneError struct {
	What   string // `window "Editor"`, or "screen"
	Reason string
}

func (e *GoneError) Error() string { return fmt.Sprintf("screencast: the %s %s", e.What, e.Reason) }
