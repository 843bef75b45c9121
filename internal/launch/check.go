// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package launch

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gstpublish/gstpublish/internal/gst"
)

// Error is an error in launch text, with the offsets of what is wrong.
type Error struct {
	Start, End int
	Err        error
}

func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the error without its place.
func (e *Error) Unwrap() error { return e.Err }

func at(token Token, err error) *Error { return &Error{token.Start, token.End, err} }

func failf(token Token, format string, args ...any) *Error {
	return at(token, fmt.Errorf(format, args...))
}

// MissingError is an element that is not installed.
type MissingError struct{ Element string }

func (e *MissingError) Error() string { return fmt.Sprintf("no element %q", e.Element) }

// Check finds errors in elements, properties, names, links and caps, in the order of the text. Syntax that it does not
// know is left to GStreamer.
func (t *Text) Check(tokens []Token) error {
	if len(tokens) == 0 {
		return &Error{Err: errors.New("the pipeline is empty")}
	}
	c := checker{text: t, tokens: tokens, named: map[string]int{}}
	for i := range tokens {
		if err := c.token(i); err != nil {
			return err
		}
	}
	if err := balanced(tokens); err != nil {
		return err
	}
	if err := c.references(); err != nil {
		return err
	}
	return nil
}

// checker checks one token after the other.
type checker struct {
	text    *Text
	tokens  []Token
	element string         // the owner of the next properties; "" if unknown
	named   map[string]int // where each name is given
}

func (c *checker) token(i int) *Error {
	token := c.tokens[i]
	switch token.Kind {
	case Property:
		return c.property(token)
	case Element:
		owner := c.element
		c.element = token.Text
		return c.factory(i, owner)
	case Link:
		c.element = ""
		return c.link(i)
	case CapsFilter:
		return checkCapsToken(token)
	case Other:
		return c.other(token)
	case Reference, Location, Open, Close:
	}
	c.element = ""
	return nil
}

// factory checks that there is an element of that name. owner is the element before it without a link.
func (c *checker) factory(i int, owner string) *Error {
	token := c.tokens[i]
	if gst.HasFactory(token.Text) {
		return nil
	}
	if owner == "" {
		return at(token, &MissingError{token.Text})
	}
	value := "VALUE"
	if i+1 < len(c.tokens) && c.tokens[i+1].Kind == Element {
		value = c.tokens[i+1].Text
	}
	err := (*gst.PropertyError)(nil)
	if !errors.As(gst.CheckProperty(owner, token.Text, value), &err) || err.Reason != gst.NoProperty {
		return failf(token, "%s is a property of %s, and needs a value: %s=%s", token.Text, owner, token.Text, value)
	}
	return at(token, &MissingError{token.Text})
}

func (c *checker) property(token Token) *Error {
	if token.Name == "name" {
		if first, taken := c.named[token.Value]; taken {
			return failf(token, "two elements are named %q, the first in line %d", token.Value, c.text.Place(first).Line)
		}
		c.named[token.Value] = token.Start
	}
	switch {
	case token.Start == c.tokens[0].Start && token.Name == strings.ToUpper(token.Name):
		return failf(token, "%s is no element: environment variables are before gstpublish", token.Text)
	case token.Start == c.tokens[0].Start:
		return failf(token, "%s has no element before it, whose property it could be", token.Text)
	case token.Value == "" && token.ValueStart == token.End:
		return failf(token, "%s has no value: write %s=VALUE, or %s=\"\"", token.Text, token.Name, token.Name)
	case c.element == "" || strings.ContainsAny(token.Name, "@:"):
		return nil
	}
	err := gst.CheckProperty(c.element, token.Name, token.Value)
	if err == nil && strings.Contains(token.Value, "/x-raw") {
		caps := parseCaps(token.Value, token.ValueStart)
		if e := checkCaps(caps); e != nil && strings.HasPrefix(token.Value, mediaType.FindString(token.Value)) {
			return e
		}
	}
	if err != nil {
		return at(token, err)
	}
	return nil
}

// link checks that there is something to link.
func (c *checker) link(i int) *Error {
	token := c.tokens[i]
	switch {
	case i == 0, c.tokens[i-1].Kind == Open:
		return failf(token, `nothing is before this %q: a pipeline begins with an element, such as videotestsrc`, token.Text)
	case c.tokens[i-1].Kind == Link && i+1 == len(c.tokens):
		return failf(token, "one %q is too many", token.Text)
	case c.tokens[i-1].Kind == Link:
		return failf(token, "nothing is between two %q: remove one, or put an element or caps between them", token.Text)
	}
	return nil
}

// other explains what GStreamer would only call a syntax error.
func (c *checker) other(token Token) *Error {
	c.element = ""
	name, _, _ := strings.Cut(token.Text, "=")
	switch {
	case token.Text == "|" || token.Text == "->" || token.Text == ">" || token.Text == "=>":
		return failf(token, `elements are linked with "!", not %q`, token.Text)
	case len(name) > 1 && strings.HasPrefix(name, "-"):
		return at(token, optionError(name))
	case mediaType.MatchString(token.Text):
		return failf(token, `caps need a "!" before them: ! %s`, strings.TrimRight(token.Text, ","))
	case token.Text[0] == '"' || token.Text[0] == '\'':
		return failf(token, "quotes are only around values and caps, and need an end: %s", token.Text)
	case token.Text[0] == '$':
		return failf(token, "%s is no element: a variable is written ${NAME}, and only in a launch file", token.Text)
	case strings.HasPrefix(token.Text, ";") || strings.HasPrefix(token.Text, ","):
		return failf(token, "%q is only a part of caps: branches of a pipeline have only spaces between them", token.Text[:1])
	}
	return nil
}

// optionError is an option among the words of a pipeline.
func optionError(name string) error {
	return fmt.Errorf("%s is no part of a pipeline: options are before --, as in: gstpublish run %s … -- PIPELINE",
		name, name)
}

// balanced checks that each bracket has its other one.
func balanced(tokens []Token) error {
	var open []Token
	for _, token := range tokens {
		switch {
		case token.Kind == Open:
			open = append(open, token)
		case token.Kind == Close && len(open) == 0:
			return failf(token, `")" closes nothing: a "(" is missing before it`)
		case token.Kind == Close:
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		return failf(open[0], `%q is not closed: a ")" is missing`, open[0].Text)
	}
	return nil
}

// references checks that each reference is to an element of the text.
func (c *checker) references() *Error {
	var names []string
	for name := range c.named {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, token := range c.tokens {
		name, _, _ := strings.Cut(token.Text, ".")
		if token.Kind != Reference || name == "" || c.isName(name) {
			continue
		}
		switch near := Similar(name, names); {
		case len(near) > 0:
			return failf(token, "no element is named %q: did you mean %s.?", name, strings.Join(near, ". or "))
		case gst.HasFactory(name):
			return failf(token, "no element is named %q: write %s name=%s where it is made, or %s without the dot",
				name, name, name, name)
		default:
			return failf(token, "no element is named %q: write name=%s after the element that it means", name, name)
		}
	}
	return nil
}

// isName reports whether an element has a name, given in the text or by GStreamer.
func (c *checker) isName(name string) bool {
	if _, given := c.named[name]; given {
		return true
	}
	factory := strings.TrimRight(name, "0123456789")
	return factory != name && slices.ContainsFunc(c.tokens, func(t Token) bool {
		return t.Kind == Element && strings.HasPrefix(name, strings.TrimRight(t.Text, "0123456789")) ||
			t.Kind == Open
	})
}

// Similar returns at most three names that differ by a typing error.
func Similar(name string, names []string) []string {
	best := max(1, len(name)/4)
	var out []string
	for _, n := range names {
		switch d := distance(name, n); {
		case d < best:
			best, out = d, []string{n}
		case d == best && len(out) < 3:
			out = append(out, n)
		}
	}
	return out
}

// distance counts insertions, deletions, substitutions, and two letters in the wrong order.
func distance(a, b string) int {
	before, row := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		next := make([]int, len(b)+1)
		next[0] = i + 1
		for j := range len(b) {
			cost := row[j]
			if a[i] != b[j] {
				cost++
			}
			next[j+1] = min(cost, next[j]+1, row[j+1]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
		before, row = row, next
	}
	return row[len(b)]
}
