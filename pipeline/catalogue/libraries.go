// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

import (
	"slices"
	"strconv"
	"strings"
)

// Library is an encoding library behind software encoders.
type Library struct {
	Name     string   // of its file, without the ending, such as "libaom"
	Elements []string // that encode with it
	// Debian12 and Debian13 are the versions in these releases; of x264 and x265, those of the interface.
	Debian12, Debian13 string
	// Gains are what some versions made possible, in order.
	Gains []Gain
}

// Gain is what gstpublish does with a version of a library, and with later ones. Earlier ones are not asked for it.
type Gain struct {
	Since string // the version, such as "3.12"
	Text  string
}

// Libraries returns all libraries. The caller owns the slice.
func Libraries() []Library {
	return []Library{
		{
			Name: "libvpx", Elements: []string{"vp8enc", "gpvp8enc", "vp9enc", "gpvp9enc"},
			Debian12: "1.12.0", Debian13: "1.15.0",
		},
		{
			Name: "libaom", Elements: []string{"av1enc", "gpav1enc"}, Debian12: "3.6.0", Debian13: "3.12.1",
			Gains: []Gain{
				{"3.12", "gpav1enc uses cpu-used=8 for moving screens from 1280x720 on, for 27 % fewer bytes and 1.4 dB " +
					"more"},
				{"3.12", "gpav1enc encodes only what has changed of a sharp screen, in half the time at 1080p"},
			},
		},
		{Name: "libx264", Elements: []string{"x264enc"}, Debian12: "164", Debian13: "164"},
		{Name: "libx265", Elements: []string{"x265enc"}, Debian12: "199", Debian13: "215"},
		{Name: "libopenh264", Elements: []string{"openh264enc"}, Debian12: "2.3.1", Debian13: "2.6.0"},
		{Name: "libSvtAv1Enc", Elements: []string{"svtav1enc"}, Debian12: "1.4.1", Debian13: "2.3.0"},
	}
}

// LibraryOf returns the library behind an element, and whether one is known.
func LibraryOf(factory string) (Library, bool) {
	for _, l := range Libraries() {
		if slices.Contains(l.Elements, factory) {
			return l, true
		}
	}
	return Library{}, false
}

// Missing returns the gains of later versions than this one. There are none if the version is not a number.
func (l *Library) Missing(version string) []Gain {
	has, ok := numbers(version)
	var missing []Gain
	for _, g := range l.Gains {
		if needs, valid := numbers(g.Since); ok && valid && slices.Compare(has, needs) < 0 {
			missing = append(missing, g)
		}
	}
	return missing
}

// numbers returns the parts of a version such as "3.12.1" or "v1.12.0-4".
func numbers(version string) (parts []int, ok bool) {
	version, _, _ = strings.Cut(strings.TrimPrefix(version, "v"), "-")
	for part := range strings.SplitSeq(version, ".") {
		n, err := strconv.Atoi(part)
		if err != nil {
			return nil, false
		}
		parts = append(parts, n)
	}
	return parts, true
}
