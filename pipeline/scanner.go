// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import "strings"

// launchWord is one word of launch text: a link, a bracket, an element, caps, a reference, or a
// property with its value.
type launchWord struct {
	text            string
	property, value string // of a property; value without its quotes
	line            int
}

// launchScanner splits launch text into words as gst_parse's grammar does, as
// far as elements and properties go.
type launchScanner struct {
	text string
	pos  int
	line int
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func (s *launchScanner) skipSpace() {
	for s.pos < len(s.text) && isSpace(s.text[s.pos]) {
		if s.text[s.pos] == '\n' {
			s.line++
		}
		s.pos++
	}
}

// next returns the next word; ok is false at the end.
func (s *launchScanner) next() (w launchWord, ok bool) {
	s.skipSpace()
	if s.pos >= len(s.text) {
		return launchWord{}, false
	}
	w.line = s.line
	if c := s.text[s.pos]; c == '!' || c == '(' || c == ')' {
		s.pos++
		w.text = string(c)
		return w, true
	}
	start := s.pos
	for s.pos < len(s.text) && !isSpace(s.text[s.pos]) && !strings.ContainsRune("!()=", rune(s.text[s.pos])) {
		s.pos++
	}
	name := s.text[start:s.pos]
	if !s.assignment() || strings.ContainsRune(name, '/') {
		s.restOf()
		w.text = s.text[start:s.pos]
		return w, true
	}
	w.property, w.value = name, s.value()
	w.text = s.text[start:s.pos]
	return w, true
}

// assignment skips an = with spaces around it, which gst_parse allows.
func (s *launchScanner) assignment() bool {
	save := *s
	s.skipSpace()
	if s.pos < len(s.text) && s.text[s.pos] == '=' {
		s.pos++
		s.skipSpace()
		return true
	}
	*s = save
	return false
}

// restOf skips to the end of a word that is not a property, such as caps.
func (s *launchScanner) restOf() {
	for s.pos < len(s.text) && !isSpace(s.text[s.pos]) && s.text[s.pos] != '!' && s.text[s.pos] != ')' {
		s.pos++
	}
}

// value reads a value up to a space outside quotes.
func (s *launchScanner) value() string {
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
			if c == '\n' {
				s.line++
			}
			b.WriteByte(c)
		}
	}
	return b.String()
}
