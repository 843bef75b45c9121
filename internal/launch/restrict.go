// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package launch

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/gstpublish/gstpublish/internal/gst"
)

// PolicyError is a part of launch text that a policy does not permit.
type PolicyError struct {
	Element  string // the factory; empty if it is no element
	Property string // empty if it is no property
	Reason   string
}

func (e *PolicyError) Error() string { return e.Reason }

var (
	plainName      = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,40}$`)
	plainReference = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,40}\.([a-z][a-z0-9_]{0,40})?$`)
	// plainValue has no character that quotes, escapes or substitutes something in GStreamer's grammar or in ours.
	plainValue = regexp.MustCompile(`^[\p{L}\p{N} _.,:;+/%#@*?!'()\[\]<>=|&~^-]*$`)
	plainCaps  = regexp.MustCompile(`^[a-z]+/[A-Za-z0-9.+-]+[A-Za-z0-9_ .,:;+/=(){}\[\]-]*$`)
	inBrackets = regexp.MustCompile(`\(([^()]*)\)`)
	features   = regexp.MustCompile(`^(memory|meta|format):[A-Za-z]+$`)
	padNumber  = regexp.MustCompile(`^(sink|src)_[0-9]{1,3}::`)
)

// capsTypes are the types of values that caps may name.
var capsTypes = []string{
	"int", "i", "float", "f", "double", "d", "fraction", "string", "s", "str", "boolean", "bool", "b", "bitmask",
}

// Restrict returns the text that has only what is permitted: elements by the names of their factories, each with the
// names of its properties. Other text is an *Error around a *PolicyError. Names of properties of pads are written as
// sink_*::xpos.
//
// Nothing of the text that was given reaches GStreamer: the returned text is written from the tokens, in a part of the
// grammar where a token means the same to GStreamer as here. So it does not matter what else GStreamer's grammar has.
func Restrict(tokens []Token, permitted map[string][]string) (string, error) {
	r := restriction{permitted: permitted}
	for i, token := range tokens {
		if err := r.add(token); err != nil {
			return "", err
		}
		if token.Kind == Link && i+1 < len(tokens) {
			r.text.WriteString("! ")
		}
	}
	return r.text.String(), nil
}

// restriction checks one token after the other.
type restriction struct {
	permitted map[string][]string
	text      strings.Builder
	element   string // the owner of the next properties; empty if there is none
}

func refuse(token Token, element, property, format string, args ...any) *Error {
	return at(token, &PolicyError{Element: element, Property: property, Reason: fmt.Sprintf(format, args...)})
}

// add checks a token and writes it.
func (r *restriction) add(token Token) error {
	if token.Kind == Property {
		return r.property(token)
	}
	r.element = ""
	switch token.Kind {
	case Element:
		return r.factory(token)
	case CapsFilter:
		return r.caps(token)
	case Link:
		if token.Text != "!" {
			return refuse(token, "", "", "the policy permits no link but !, got %q", token.Text)
		}
		return nil
	case Reference:
		if !plainReference.MatchString(token.Text) {
			return refuse(token, "", "", "the policy does not permit the reference %q", token.Text)
		}
		fmt.Fprintf(&r.text, "%s ", token.Text)
		return nil
	case Location:
		return refuse(token, "", "",
			"the policy permits no address or path, from which GStreamer makes an element: %q", token.Text)
	case Open, Close:
		return refuse(token, "", "", "the policy permits no bins: %q", token.Text)
	default:
		return refuse(token, "", "", "the policy does not permit %q", token.Text)
	}
}

func (r *restriction) factory(token Token) error {
	name := token.Text
	switch _, listed := r.permitted[name]; {
	case !listed:
		return refuse(token, name, "", "the policy does not permit the element %q", name)
	case gst.IsBin(name):
		return refuse(token, name, "", "the policy does not permit the element %q: it makes other elements", name)
	}
	r.element = name
	fmt.Fprintf(&r.text, "%s ", name)
	return nil
}

func (r *restriction) property(token Token) error {
	name := token.Name
	if r.element == "" {
		return refuse(token, "", name, "the policy does not permit %q: it belongs to no element", token.Text)
	}
	if name == "name" {
		if !plainName.MatchString(token.Value) || strings.HasPrefix(token.Value, gst.OwnPrefix) {
			return refuse(token, r.element, name, "the policy does not permit the name %q", token.Value)
		}
		fmt.Fprintf(&r.text, "name=%s ", token.Value)
		return nil
	}
	switch {
	case !slices.Contains(r.permitted[r.element], padNumber.ReplaceAllString(name, "${1}_*::")):
		return refuse(token, r.element, name, "the policy does not permit the property %s of %s", name, r.element)
	case r.element == "capsfilter" && name == "caps":
		if err := checkPlainCaps(token, token.Value); err != nil {
			return err
		}
	case !strings.Contains(name, "::") && !gst.IsPlain(r.element, name):
		return refuse(token, r.element, name, "the policy does not permit the property %s of %s: "+
			"it is not a number, a choice or text", name, r.element)
	case !plainValue.MatchString(token.Value):
		return refuse(token, r.element, name, "the policy does not permit the value %q: "+
			`it must not have quotes, \, $, {, } or control characters`, token.Value)
	}
	fmt.Fprintf(&r.text, `%s="%s" `, name, token.Value)
	return nil
}

// caps writes caps as the element that GStreamer makes of them.
func (r *restriction) caps(token Token) error {
	text := strings.Trim(token.Text, `"'`)
	if err := checkPlainCaps(token, text); err != nil {
		return err
	}
	fmt.Fprintf(&r.text, `capsfilter caps="%s" `, text)
	return nil
}

// checkPlainCaps checks that caps have only types that make nothing.
func checkPlainCaps(token Token, text string) error {
	if !plainCaps.MatchString(text) {
		return refuse(token, "capsfilter", "caps", "the policy does not permit the caps %q", text)
	}
	for _, found := range inBrackets.FindAllStringSubmatch(text, -1) {
		if inside := strings.TrimSpace(found[1]); !slices.Contains(capsTypes, inside) && !features.MatchString(inside) {
			return refuse(token, "capsfilter", "caps", "the policy does not permit (%s) in caps", inside)
		}
	}
	if rest := inBrackets.ReplaceAllString(text, ""); strings.ContainsAny(rest, "()") {
		return refuse(token, "capsfilter", "caps", "the policy does not permit the caps %q", text)
	}
	return nil
}
