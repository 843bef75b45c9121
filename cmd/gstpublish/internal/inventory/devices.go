// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package inventory is what gstpublish says about the cameras, microphones, screens and windows of a machine.
package inventory

import (
	"fmt"
	"strings"

	"github.com/gstpublish/gstpublish/internal/input"
	"github.com/gstpublish/gstpublish/screencast"
)

// List is everything that gstpublish can publish without a pipeline. It marshals to JSON.
type List struct {
	Cameras     []Device `json:"cameras"`
	Microphones []Device `json:"microphones"`
	Screens     []Target `json:"screens"`
	Windows     []Target `json:"windows"`
	// NoScreen says why there are neither screens nor windows; empty if there are.
	NoScreen string `json:"no_screen,omitempty"`
}

// Device is a camera or a microphone.
type Device struct {
	Name string `json:"name"`
	Run  string `json:"run,omitempty"` // the command that publishes it, without the room; empty if no element reads it
	Caps string `json:"caps"`
}

// Target is a screen or a window.
type Target struct {
	Display string `json:"display"`
	Window  string `json:"window,omitempty"` // its id
	Title   string `json:"title,omitempty"`
	Width   int    `json:"width"`
	Height  int    `json:"height"`
	Run     string `json:"run"`
}

// New returns the list of what was found. failure is why there are no targets.
func New(found []input.Device, targets []screencast.Target, failure error) *List {
	l := &List{Cameras: []Device{}, Microphones: []Device{}, Screens: []Target{}, Windows: []Target{}}
	for _, d := range found {
		one := Device{Name: d.Name, Caps: d.Caps}
		if d.Words != nil {
			one.Run = command("run", d.Words...)
		}
		if d.Camera {
			l.Cameras = append(l.Cameras, one)
		} else {
			l.Microphones = append(l.Microphones, one)
		}
	}
	for _, t := range targets {
		one := Target{t.Display, t.Window, t.Title, t.Width, t.Height, command("screencast", "--display", t.Display)}
		if t.Window == "" {
			l.Screens = append(l.Screens, one)
			continue
		}
		one.Run = command("screencast", "--display", t.Display, "--window", t.Window)
		l.Windows = append(l.Windows, one)
	}
	if failure != nil {
		l.NoScreen = strings.TrimPrefix(failure.Error(), "screencast: ")
	}
	return l
}

// command returns a command line, quoted for a shell.
func command(name string, words ...string) string {
	line := []string{"gstpublish", name}
	for _, w := range words {
		if strings.ContainsAny(w, " \t\"'$`\\!*?;&|<>()#~") {
			w = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
		line = append(line, w)
	}
	return strings.Join(line, " ")
}

// Text returns the list for people.
func (l *List) Text() string {
	var b strings.Builder
	section := func(title, none string, n int) {
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(title)
		if n == 0 {
			b.WriteString(": " + none)
		}
		b.WriteByte('\n')
	}
	line := func(name, run string) {
		if run == "" {
			run = "no element of GStreamer's reads it"
		}
		fmt.Fprintf(&b, "  %s\n      %s\n", name, run)
	}
	section("Cameras", "none", len(l.Cameras))
	for _, d := range l.Cameras {
		line(d.Name, d.Run)
	}
	section("Microphones", "none", len(l.Microphones))
	for _, d := range l.Microphones {
		line(d.Name, d.Run)
	}
	none := l.NoScreen
	if none == "" {
		none = "none"
	}
	section("Screens", none, len(l.Screens))
	for _, t := range l.Screens {
		line(fmt.Sprintf("%s, %dx%d", t.Display, t.Width, t.Height), t.Run)
	}
	if l.NoScreen == "" {
		section("Windows", "none", len(l.Windows))
	}
	for _, t := range l.Windows {
		line(fmt.Sprintf("%q, %dx%d", t.Title, t.Width, t.Height), t.Run)
	}
	return b.String()
}
