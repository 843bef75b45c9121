// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package screencast

import "fmt"

// Target is a screen or a window of an X11 display that can be captured.
type Target struct {
	Display string // such as :0
	// Window is the window's id for Options.Window, such as 0x1400003; empty for the whole screen.
	Window string
	Title  string // of the window
	// Width and Height are in px.
	Width, Height int
}

// Targets returns the screen of an X11 display, and then its visible windows that have a title. If display is empty, it
// uses $DISPLAY. On a Wayland desktop it returns only the windows of X11 programs. The error is a *DisplayError.
func Targets(display string) ([]Target, error) {
	if display == "" {
		var err error
		if display, err = environmentDisplay(); err != nil {
			return nil, err
		}
	}
	x, err := dial(display)
	if err != nil {
		return nil, err
	}
	defer x.close()
	var all []Target
	if !x.isXwayland() {
		all = append(all, Target{
			Display: display, Width: int(x.root.WidthInPixels), Height: int(x.root.HeightInPixels),
		})
	}
	windows, err := x.windows()
	if err != nil {
		return nil, err
	}
	for _, w := range windows {
		if w.shown {
			all = append(all, Target{
				Display: display, Window: fmt.Sprintf("0x%x", w.id), Title: w.title, Width: w.width, Height: w.height,
			})
		}
	}
	return all, nil
}
