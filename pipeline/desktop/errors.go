// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package desktop

import (
	"fmt"
	"strings"
)

// DisplayError is a display that can't be captured.
type DisplayError struct {
	Display string // as it was named; empty if none was
	Reason  string
	Err     error // may be nil
}

func (e *DisplayError) Error() string {
	text := "desktop: no display: "
	if e.Display != "" {
		text = fmt.Sprintf("desktop: display %s: ", e.Display)
	}
	return text + e.Reason
}

// Unwrap is what the system said.
func (e *DisplayError) Unwrap() error { return e.Err }

// RegionError is a region that can't be captured.
type RegionError struct {
	Region string // as it was written
	Reason string
}

func (e *RegionError) Error() string {
	return fmt.Sprintf("desktop: region %s: %s", e.Region, e.Reason)
}

// WindowError is a window that isn't there, or isn't the only one.
type WindowError struct {
	Window string // as it was named
	Reason string
	// Windows are those that may have been meant: the several that match, or
	// else all that are shown, each as its title and its id.
	Windows []string
}

// mostWindows is how many windows are named in an error.
const mostWindows = 20

func (e *WindowError) Error() string {
	text := fmt.Sprintf("desktop: window %q: %s", e.Window, e.Reason)
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

// GoneError says that what was captured is no longer there.
type GoneError struct {
	What   string // `window "Editor"`, or "screen"
	Reason string
}

func (e *GoneError) Error() string { return fmt.Sprintf("desktop: the %s %s", e.What, e.Reason) }
