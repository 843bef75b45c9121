// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package input

import "github.com/gstpublish/gstpublish/internal/gst/devices"

// Device is a camera or a microphone.
type Device struct {
	Name   string // for people
	Camera bool
	Caps   string // what it offers, as GStreamer writes caps
	// Words are what to write after "gstpublish run" to publish it; nil if no element reads it.
	Words []string
}

// Devices returns the cameras and the microphones of this machine. It may take some seconds.
func Devices() []Device {
	var all []Device
	for _, class := range []string{devices.Cameras, devices.Microphones} {
		for _, d := range devices.List(class) {
			all = append(all, Device{
				Name: d.Name, Camera: class == devices.Cameras, Caps: d.Caps, Words: wordsFor(d.Element, d.Property, d.Value),
			})
		}
	}
	return all
}

// wordsFor returns what makes run publish what an element reads.
func wordsFor(element, property, value string) []string {
	switch {
	case element == "":
		return nil
	case element == "v4l2src" && Of(value).Kind == Camera:
		return []string{value}
	case property == "":
		return []string{"--", element}
	}
	return []string{"--", element, property + "=" + value}
}
