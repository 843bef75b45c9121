// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package launch

import (
	"regexp"
	"strings"
)

// Kind is what a token is.
type Kind int

// The kinds of tokens.
const (
	Link       Kind = iota + 1 // ! or :
	Element                    // the name of a factory
	Property                   // name=value
	Reference                  // mux. or demux.video_0 or .src
	Location                   // a URL or an absolute path, from which GStreamer makes an element
	CapsFilter                 // caps after a link
	Open                       // ( or bin.(
	Close                      // )
	Other                      // what only GStreamer may know
)

// Token is one part of launch text.
type Token struct {
	Kind       Kind
	Text       string // as written
	Start, End int    // offsets in the text, in bytes

	Name, Value string // of a Property; Value without its quotes
	ValueStart  int

	Caps *Caps // of a CapsFilter
	// Swallowed is the end of the caps if a word follows that is no part of them, and no element either: 0 if not.
	Swallowed int
}

var (
	mediaType = regexp.MustCompile(`^[A-Za-z0-9-]+/[A-Za-z0-9-]+`)
	binOpen   = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_%:-]*\s*\.\s*\(`)
	assigned  = regexp.MustCompile(`^[A-Za-z0-9_@][A-Za-z0-9_%:-]*\s*=`)
	word      = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_%:-]*`)
	reference = regexp.MustCompile(`^([A-Za-z0-9_][A-Za-z0-9_%:-]*)?\.[A-Za-z0-9_%:,-]*`)
	location  = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]*://|\.?/)`)
)

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// scanner splits launch text into tokens as gst_parse's grammar does.
type scanner struct {
	text  string
	pos   int
	known func(element string) bool
}

// Tokens splits the text into tokens. known reports whether there is an element of that name, by which the end of caps
// is found.
func (t *Text) Tokens(known func(element string) bool) []Token {
	s := scanner{text: t.clean, known: known}
	var tokens []Token
	linked := false
	for {
		for s.pos < len(s.text) && isSpace(s.text[s.pos]) {
			s.pos++
		}
		if s.pos >= len(s.text) {
			return tokens
		}
		start := s.pos
		token := s.next(linked)
		token.Start, token.End, token.Text = start, s.pos, s.text[start:s.pos]
		linked = token.Kind == Link
		tokens = append(tokens, token)
	}
}

// next reads the token at the position, which is no space.
func (s *scanner) next(linked bool) Token {
	rest := s.text[s.pos:]
	if linked {
		if token, ok := s.caps(); ok {
			return token
		}
	}
	take := func(kind Kind, n int) Token {
		s.pos += n
		return Token{Kind: kind}
	}
	switch {
	case rest[0] == '!', rest[0] == ':':
		return take(Link, 1)
	case rest[0] == '(':
		return take(Open, 1)
	case rest[0] == ')':
		return take(Close, 1)
	case binOpen.MatchString(rest):
		return take(Open, len(binOpen.FindString(rest)))
	case assigned.MatchString(rest):
		return s.property()
	case location.MatchString(rest):
		return take(Location, len(rest)-len(strings.TrimLeftFunc(rest, func(r rune) bool { return !isSpace(byte(r)) })))
	case reference.MatchString(rest):
		return take(Reference, len(reference.FindString(rest)))
	case mediaType.MatchString(rest) || !word.MatchString(rest):
		return take(Other, s.wordEnd()-s.pos)
	}
	return take(Element, len(word.FindString(rest)))
}

// wordEnd returns where the word at the position ends.
func (s *scanner) wordEnd() int {
	end := s.pos + 1
	for end < len(s.text) && !isSpace(s.text[end]) && s.text[end] != '!' && s.text[end] != ')' {
		end++
	}
	return end
}

// property reads a name, an =, which may have spaces around it, and a value.
func (s *scanner) property() Token {
	name, _, _ := strings.Cut(s.text[s.pos:], "=")
	s.pos += len(name) + 1
	for s.pos < len(s.text) && isSpace(s.text[s.pos]) {
		s.pos++
	}
	start := s.pos
	if start < len(s.text) && (s.text[start] == '"' || s.text[start] == '\'') {
		start++
	}
	return Token{Kind: Property, Name: strings.TrimSpace(name), Value: s.value(), ValueStart: start}
}

// value reads a value up to a space outside quotes.
func (s *scanner) value() string {
	var b strings.Builder
	quote := byte(0)
	for ; s.pos < len(s.text); s.pos++ {
		c := s.text[s.pos]
		switch {
		case c == '\\' && s.pos+1 < len(s.text):
			s.pos++
			b.WriteByte(s.text[s.pos])
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case quote == 0 && isSpace(c):
			return b.String()
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// caps reads the caps at the position; ok is false if there are none.
func (s *scanner) caps() (token Token, ok bool) {
	rest := s.text[s.pos:]
	if quote := rest[0]; quote == '"' || quote == '\'' {
		body, _, closed := strings.Cut(rest[1:], string(quote))
		if !closed || !mediaType.MatchString(body) {
			return Token{}, false
		}
		caps := parseCaps(body, s.pos+1)
		s.pos += len(body) + 2
		return Token{Kind: CapsFilter, Caps: caps}, true
	}
	if !mediaType.MatchString(rest) {
		return Token{}, false
	}
	limit := len(rest)
	if i := unescaped(rest, '!'); i >= 0 {
		limit = i
	}
	whole := strings.TrimRight(rest[:limit], " \t\r\n")
	caps := parseCaps(whole, s.pos)
	token = Token{Kind: CapsFilter, Caps: caps}
	follows := strings.TrimSpace(s.text[caps.End : s.pos+len(whole)])
	switch {
	case follows == "" || follows[0] == ')' || follows[0] == ':' || s.begins(follows):
		s.pos = caps.End
	case ValidCaps(unescape(whole)):
		caps.Text, caps.End, s.pos = unescape(whole), s.pos+len(whole), s.pos+len(whole)
	default:
		token.Swallowed = caps.End
		s.pos += len(whole)
	}
	return token, true
}

// begins reports whether text begins with an element, a reference to one, or a bin.
func (s *scanner) begins(text string) bool {
	switch {
	case assigned.MatchString(text):
		return false
	case binOpen.MatchString(text), text[0] == '(', location.MatchString(text), reference.MatchString(text):
		return true
	}
	name := word.FindString(text)
	return name != "" && s.known(name) && (len(name) == len(text) || isSpace(text[len(name)]))
}

// unescaped returns the index of the first c without a backslash before it, or -1.
func unescaped(text string, c byte) int {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case c:
			return i
		}
	}
	return -1
}
