// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package standin

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// readProperty reads the arguments of "prop": a name, a type, and the type's own arguments.
func (s *Spec) readProperty(rest string, at place) error {
	words, err := splitWords(rest)
	if err != nil {
		return err
	}
	if len(words) < 2 || !namePattern.MatchString(words[0]) {
		return errors.New(`it is "prop NAME TYPE ..."`)
	}
	if words[0] == "name" || words[0] == "parent" {
		return fmt.Errorf("property %s is every object's", words[0])
	}
	if s.property(words[0]) != nil {
		return fmt.Errorf("property %s is there twice", words[0])
	}
	p := Property{Name: words[0], Type: Type(words[1]), place: at}
	if err := p.readRange(words[2:]); err != nil {
		return fmt.Errorf("property %s: %w", p.Name, err)
	}
	s.Properties = append(s.Properties, p)
	return nil
}

func (p *Property) readRange(words []string) error {
	switch p.Type {
	case Int, Uint, Int64, Uint64, Float, Double:
		return p.readNumber(words)
	case Bool:
		if len(words) != 1 || (words[0] != "true" && words[0] != "false") {
			return fmt.Errorf("%q: a bool's default is true or false", words)
		}
		p.Default = words[0]
	case Enum, Flags:
		return p.readValues(words)
	case String:
		if len(words) > 1 {
			return fmt.Errorf("%q: a string has a default at most", words)
		}
		p.Default = strings.Join(words, "")
	case Structure:
		if len(words) > 0 {
			return fmt.Errorf("%q: a structure has neither range nor default", words)
		}
	default:
		return fmt.Errorf("there is no type %q", p.Type)
	}
	return nil
}

func (p *Property) readNumber(words []string) error {
	if len(words) != 3 {
		return fmt.Errorf("%q: a number has a minimum, a maximum and a default", words)
	}
	// The numbers must be within the type's own bounds.
	for i, to := range []*string{&p.Min, &p.Max, &p.Default} {
		text, err := p.number(words[i])
		if err != nil {
			return err
		}
		*to = text
	}
	if err := p.inRange(p.Min); err != nil {
		return err
	}
	return p.inRange(p.Default)
}

func (p *Property) readValues(words []string) error {
	if len(words) < 2 {
		return fmt.Errorf("%q: it has a default and NICK=VALUE each", words)
	}
	for _, word := range words[1:] {
		cut := strings.LastIndexByte(word, '=')
		if cut < 1 {
			return fmt.Errorf("%q: it is NICK=VALUE", word)
		}
		bits, base := word[cut+1:], 0
		n, err := strconv.ParseInt(bits, base, 64)
		if err != nil || n < math.MinInt32 || n > math.MaxUint32 || (p.Type == Enum && n > math.MaxInt32) {
			return fmt.Errorf("%q: the value is not a number of 32 bits", word)
		}
		nick := word[:cut]
		if slices.ContainsFunc(p.Values, func(v Value) bool { return v.Nick == nick }) {
			return fmt.Errorf("value %s is there twice", nick)
		}
		p.Values = append(p.Values, Value{Nick: nick, Value: n})
	}
	p.Default = words[0]
	_, err := p.choice(p.Default)
	return err
}

// splitWords splits at spaces outside of double quotes.
func splitWords(text string) ([]string, error) {
	var words []string
	var word strings.Builder
	quoted, begun := false, false
	for _, c := range text {
		switch {
		case c == '"':
			quoted, begun = !quoted, true
		case (c == ' ' || c == '\t') && !quoted:
			if begun {
				words = append(words, word.String())
				word.Reset()
			}
			begun = false
		default:
			word.WriteRune(c)
			begun = true
		}
	}
	if quoted {
		return nil, errors.New("a quote isn't closed")
	}
	if begun {
		words = append(words, word.String())
	}
	return words, nil
}

// Accepts returns an error unless a property accepts a value, written as in launch text: numbers,
// true, a nick or its number, nicks joined by +. The error names file and line. Properties that
// GStreamer itself adds to elements, such as name, are unknown here.
func (s *Spec) Accepts(property, value string) error {
	p := s.property(property)
	if p == nil {
		return fmt.Errorf("standin: %s: %s has no property %q", s.place, s.Name, property)
	}
	if err := p.accepts(value); err != nil {
		return fmt.Errorf("standin: %s: %s=%s of %s: %w", p.place, property, value, s.Name, err)
	}
	return nil
}

// structurePattern matches a structure in the syntax of gst_structure_from_string, without nested structures.
var structurePattern = regexp.MustCompile(
	`^[A-Za-z][A-Za-z0-9/_.:-]*( *, *[A-Za-z0-9_+:.-]+ *= *(\([A-Za-z0-9_:-]+\) *)?("[^"]*"|[^,;"]+))*;?$`)

func (p *Property) accepts(value string) error {
	switch p.Type {
	case Bool:
		if !slices.Contains([]string{"true", "t", "yes", "1", "false", "f", "no", "0"}, strings.ToLower(value)) {
			return errors.New("it is true or false")
		}
	case Enum, Flags:
		_, err := p.choice(value)
		return err
	case String:
	case Structure:
		if !structurePattern.MatchString(value) {
			return errors.New("it is not a structure")
		}
	default:
		text, err := p.number(value)
		if err != nil {
			return err
		}
		return p.inRange(text)
	}
	return nil
}

// number parses a number of the property's type, and returns it in decimal.
func (p *Property) number(text string) (string, error) {
	switch p.Type {
	case Int, Int64:
		n, err := strconv.ParseInt(text, 0, map[Type]int{Int: 32, Int64: 64}[p.Type])
		if err != nil {
			return "", fmt.Errorf("%q is not an %s", text, p.Type)
		}
		return strconv.FormatInt(n, 10), nil
	case Uint, Uint64:
		n, err := strconv.ParseUint(text, 0, map[Type]int{Uint: 32, Uint64: 64}[p.Type])
		if err != nil {
			return "", fmt.Errorf("%q is not a %s", text, p.Type)
		}
		return strconv.FormatUint(n, 10), nil
	default:
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return "", fmt.Errorf("%q is not a %s", text, p.Type)
		}
		return strconv.FormatFloat(n, 'g', -1, 64), nil
	}
}

// inRange reports whether a result of number is between Min and Max.
func (p *Property) inRange(text string) error {
	var inside bool
	switch p.Type {
	case Uint, Uint64:
		read := func(s string) uint64 { n, _ := strconv.ParseUint(s, 10, 64); return n }
		inside = read(text) >= read(p.Min) && read(text) <= read(p.Max)
	case Int, Int64:
		read := func(s string) int64 { n, _ := strconv.ParseInt(s, 10, 64); return n }
		inside = read(text) >= read(p.Min) && read(text) <= read(p.Max)
	default:
		read := func(s string) float64 { n, _ := strconv.ParseFloat(s, 64); return n }
		inside = read(text) >= read(p.Min) && read(text) <= read(p.Max)
	}
	if !inside {
		return fmt.Errorf("%s is not from %s to %s", text, p.Min, p.Max)
	}
	return nil
}

// choice returns the value of an enum's nick, or of flags' nicks.
func (p *Property) choice(text string) (int64, error) {
	if p.Type == Enum {
		return p.value(text)
	}
	if p.has("none") < 0 && (text == "none" || text == "(none)" || text == "") {
		return 0, nil
	}
	if n, err := strconv.ParseUint(text, 0, 32); err == nil && p.has(text) < 0 {
		return int64(n), nil
	}
	var all int64
	for nick := range strings.SplitSeq(text, "+") {
		n, err := p.value(nick)
		if err != nil {
			return 0, err
		}
		all |= n
	}
	return all, nil
}

// has returns the index of the value with a nick, or -1.
func (p *Property) has(nick string) int {
	return slices.IndexFunc(p.Values, func(v Value) bool { return v.Nick == nick })
}

func (p *Property) value(text string) (int64, error) {
	if i := p.has(text); i >= 0 {
		return p.Values[i].Value, nil
	}
	n, err := strconv.ParseInt(text, 0, 64)
	if err == nil && slices.ContainsFunc(p.Values, func(v Value) bool { return v.Value == n }) {
		return n, nil
	}
	nicks := make([]string, len(p.Values))
	for i, v := range p.Values {
		nicks[i] = v.Nick
	}
	return 0, fmt.Errorf("%q is not one of %s", text, strings.Join(nicks, ", "))
}
