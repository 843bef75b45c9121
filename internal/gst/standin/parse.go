// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package standin

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// readSpecs reads every *.txt of a folder.
func readSpecs(dir fs.FS) ([]Spec, error) {
	names, err := fs.Glob(dir, "*.txt")
	if err != nil {
		return nil, err
	}
	var specs []Spec
	for _, name := range names {
		text, err := fs.ReadFile(dir, name)
		if err != nil {
			return nil, fmt.Errorf("standin: reading specs: %w", err)
		}
		read, err := parseSpecs(name, string(text))
		if err != nil {
			return nil, err
		}
		specs = append(specs, read...)
	}
	return specs, unique(specs)
}

// unique checks that each name has at most one spec for a version.
func unique(specs []Spec) error {
	seen := map[string]place{}
	for i := range specs {
		for _, version := range specs[i].Versions {
			key := specs[i].Name + "@" + version
			if before, ok := seen[key]; ok {
				return fmt.Errorf("standin: %s: %s is also at %s", specs[i].place, key, before)
			}
			seen[key] = specs[i].place
		}
	}
	return nil
}

// parseSpecs reads one file. Errors name the file and the line.
func parseSpecs(file, text string) ([]Spec, error) {
	var specs []Spec
	line := 0
	for raw := range strings.Lines(text) {
		line++
		at := place{file, line}
		key, rest, _ := strings.Cut(strings.TrimSpace(withoutComment(raw)), " ")
		rest = strings.TrimSpace(rest)
		if key == "" {
			continue
		}
		if key == "element" {
			specs = append(specs, Spec{place: at})
		}
		if len(specs) == 0 {
			return nil, fmt.Errorf("standin: %s: %q comes before any element", at, key)
		}
		if err := specs[len(specs)-1].read(key, rest, at); err != nil {
			return nil, fmt.Errorf("standin: %s: %w", at, err)
		}
	}
	for i := range specs {
		if err := specs[i].check(); err != nil {
			return nil, fmt.Errorf("standin: %s: %s: %w", specs[i].place, specs[i].Name, err)
		}
	}
	return specs, nil
}

// withoutComment removes a comment: from a # at the start of the line or after a space, outside of quotes.
func withoutComment(line string) string {
	quoted := false
	for i := range len(line) {
		switch {
		case line[i] == '"':
			quoted = !quoted
		case line[i] == '#' && !quoted && (i == 0 || line[i-1] == ' ' || line[i-1] == '\t'):
			return line[:i]
		}
	}
	return line
}

var (
	namePattern    = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)
	versionPattern = regexp.MustCompile(`^1\.[0-9]+$`)
	codecs         = []string{"H264", "H265", "VP8", "VP9", "AV1"}
)

func (s *Spec) read(key, rest string, at place) error {
	switch key {
	case "element":
		return s.readElement(strings.Fields(rest))
	case "kind":
		return s.readKind(strings.Fields(rest))
	case "sink":
		s.SinkCaps = append(s.SinkCaps, rest)
		return nil
	case "src":
		s.SrcCaps = append(s.SrcCaps, rest)
		return nil
	case "key":
		return s.readKey(strings.Fields(rest))
	case "bitrate":
		return s.readBitrate(strings.Fields(rest))
	case "change":
		s.Change = Change(rest)
		if s.Change != ChangeLive && s.Change != ChangeKey && s.Change != ChangeFixed {
			return fmt.Errorf("change %q: it is live, key or fixed", rest)
		}
		return nil
	case "prop":
		return s.readProperty(rest, at)
	}
	return fmt.Errorf("%q is not a line of a spec", key)
}

func (s *Spec) readElement(words []string) error {
	if len(words) != 2 || !namePattern.MatchString(words[0]) {
		return errors.New(`it is "element NAME VERSION,VERSION"`)
	}
	s.Name, s.Versions = words[0], strings.Split(words[1], ",")
	for _, v := range s.Versions {
		if !versionPattern.MatchString(v) {
			return fmt.Errorf("version %q: it is as 1.22", v)
		}
	}
	return nil
}

func (s *Spec) readKind(words []string) error {
	switch {
	case len(words) == 2 && words[0] == "encode" && slices.Contains(codecs, words[1]):
		s.Kind, s.Codec = Encode, words[1]
	case len(words) == 1 && words[0] == "convert":
		s.Kind = Convert
	default:
		return fmt.Errorf("kind %q: it is convert, or encode and one of %q", words, codecs)
	}
	return nil
}

func (s *Spec) readKey(words []string) error {
	switch {
	case len(words) == 1 && (words[0] == "event" || words[0] == "none"):
		s.Key = Key(words[0])
	case len(words) == 2 && words[0] == "signal" && namePattern.MatchString(words[1]):
		s.Key, s.Signal = KeySignal, words[1]
	default:
		return fmt.Errorf("key %q: it is event, signal NAME or none", words)
	}
	return nil
}

func (s *Spec) readBitrate(words []string) error {
	if len(words) != 2 {
		return errors.New(`it is "bitrate PROPERTY UNIT"`)
	}
	unit, err := strconv.Atoi(words[1])
	if err != nil || unit < 1 {
		return fmt.Errorf("bitrate unit %q: it is a number of bit/s", words[1])
	}
	s.Bitrate = Bitrate{Property: words[0], Unit: unit}
	return nil
}

// check returns an error if something is missing after the last line.
func (s *Spec) check() error {
	switch {
	case s.Kind == "":
		return errors.New("it has no kind")
	case len(s.SinkCaps) == 0 || len(s.SrcCaps) == 0:
		return errors.New("it has no sink caps or no src caps")
	case s.Kind == Convert:
		return nil
	case s.Key == "" || s.Change == "" || s.Bitrate.Property == "":
		return errors.New("an encoder has a key, a bitrate and a change")
	}
	name, field := s.Bitrate.split()
	p := s.property(name)
	if p == nil {
		return fmt.Errorf("its bitrate is %s, not one of its properties", name)
	}
	if (p.Type == Structure) != (field != "") || !slices.Contains([]Type{Int, Uint, Int64, Uint64, Structure}, p.Type) {
		return fmt.Errorf("its bitrate is %s, which is of type %s", s.Bitrate.Property, p.Type)
	}
	return nil
}

// split returns the property and, if it is a structure, its field.
func (b Bitrate) split() (property, field string) {
	property, field, _ = strings.Cut(b.Property, "/")
	return property, field
}
