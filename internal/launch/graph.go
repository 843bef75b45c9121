// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package launch

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/gstpublish/gstpublish/internal/gst/describe"
)

// Match returns the token that each element of a pipeline was made from, by the element's name. GStreamer makes the
// elements of one factory in the order of the text. Elements of caps are found if ForGStreamer has named them.
func Match(tokens []Token, elements []describe.Element) map[string]Token {
	found := map[string]Token{}
	caps := ownCaps(tokens)
	next := map[string]int{} // by factory: the first token that is not taken
	for _, e := range elements {
		var n int
		if _, err := fmt.Sscanf(e.Name, ownCapsName, &n); err == nil && n < len(caps) {
			found[e.Name] = caps[n]
			continue
		}
		for i := next[e.Factory]; i < len(tokens); i++ {
			if tokens[i].Kind == Element && tokens[i].Text == e.Factory {
				found[e.Name], next[e.Factory] = tokens[i], i+1
				break
			}
		}
	}
	return found
}

// Unfed returns an error for an element that begins a branch although it needs something before it: mostly, a "!" is
// missing. Those that are the target of a link by name are fed when pads appear.
func Unfed(tokens []Token, elements []describe.Element) error {
	made := Match(tokens, elements)
	for _, e := range elements {
		token, known := made[e.Name]
		if !known || token.Kind != Element || !begins(tokens, token) || isTarget(tokens, e.Name) {
			continue
		}
		i := slices.IndexFunc(e.Open, func(p describe.Pad) bool { return !p.IsSrc })
		if i < 0 {
			continue
		}
		sink := e.Name + "." + e.Open[i].Name
		if before := openBefore(e, elements, made); before != "" {
			return failf(token, `a "!" is missing before %s: these lead nowhere: %s, %s`, token.Text, before, sink)
		}
		return failf(token, "nothing leads to %s: a branch begins with a source, such as videotestsrc, or with a name "+
			"and a dot", sink)
	}
	return nil
}

// begins reports whether an element's token begins a branch.
func begins(tokens []Token, token Token) bool {
	i := slices.IndexFunc(tokens, func(t Token) bool { return t.Start == token.Start })
	return i == 0 || tokens[i-1].Kind != Link
}

// isTarget reports whether the text links something to an element by its name.
func isTarget(tokens []Token, name string) bool {
	for i, token := range tokens {
		element, _, _ := strings.Cut(token.Text, ".")
		if token.Kind == Reference && element == name && i > 0 && tokens[i-1].Kind == Link {
			return true
		}
	}
	return false
}

// openBefore returns the last source pad before an element that is linked to nothing; "" if there is none.
func openBefore(element describe.Element, elements []describe.Element, made map[string]Token) string {
	found := ""
	for _, e := range elements {
		if e.Name == element.Name {
			break
		}
		for _, pad := range e.Open {
			if pad.IsSrc {
				found = e.Name + "." + pad.Name
				if caps := made[e.Name]; caps.Kind == CapsFilter {
					found = "the caps " + caps.Text
				}
			}
		}
	}
	return found
}

// linkNames are the names in gst_parse's messages about links.
var linkNames = regexp.MustCompile(
	`could not link (\S+) to ([^\s,]+)(?:, (\S+ can't|neither element can) handle caps .*)?$`)

// Culprit returns the token that GStreamer's message about a failed link is about: the caps or the element that takes
// what it does not get. It returns nil if that is not known. elements are those that GStreamer has made.
func Culprit(tokens []Token, elements []describe.Element, message string) *Token {
	names := linkNames.FindStringSubmatch(message)
	if names == nil {
		return nil
	}
	made := Match(tokens, elements)
	target, known := made[names[2]]
	if !known {
		target, known = made[names[1]]
	}
	if !known {
		return nil
	}
	i := slices.IndexFunc(tokens, func(t Token) bool { return t.Start == target.Start })
	if names[3] != "" && i >= 2 && tokens[i-2].Kind == CapsFilter {
		return &tokens[i-2]
	}
	return &tokens[i]
}

// Named replaces the names of elements that ForGStreamer has made of caps by the caps.
func Named(tokens []Token, message string) string {
	for i, token := range ownCaps(tokens) {
		message = strings.ReplaceAll(message, fmt.Sprintf(ownCapsName, i), "the caps "+token.Text)
	}
	return message
}

// Properties returns the values of the properties that the text gives to the element that is made from a token. Names
// have dashes.
func Properties(tokens []Token, element Token) map[string]string {
	given := map[string]string{}
	i := slices.IndexFunc(tokens, func(t Token) bool { return t.Start == element.Start })
	for i++; i > 0 && i < len(tokens) && tokens[i].Kind == Property; i++ {
		given[strings.ReplaceAll(tokens[i].Name, "_", "-")] = tokens[i].Value
	}
	return given
}

// Maker returns the token that an element was made from; nil if that is not known.
func Maker(tokens []Token, elements []describe.Element, name string) *Token {
	if token, known := Match(tokens, elements)[name]; known {
		return &token
	}
	return nil
}
