// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package launch

import (
	"strings"

	"github.com/gstpublish/gstpublish/internal/gst"
)

// Caps are caps in launch text.
type Caps struct {
	Text    string // without the backslashes of launch text
	End     int    // the offset in the launch text at which they end
	Structs []Struct
}

// Struct is one of several alternatives in caps.
type Struct struct {
	Media  string // such as video/x-raw
	Fields []Field
}

// Field is a field of caps with its value.
type Field struct {
	Name, Value string // Value as written, with its type if that is given
	Start, End  int    // offsets in the launch text
}

// ValidCaps reports whether GStreamer can read text as caps.
func ValidCaps(text string) bool {
	caps, err := gst.ParseCaps(text)
	if err != nil {
		return false
	}
	caps.Unref()
	return true
}

// unescape removes the backslashes of launch text.
func unescape(text string) string {
	r := newCapsReader(text, 0)
	return string(r.text)
}

// capsReader reads caps, and knows where in the launch text each character is from.
type capsReader struct {
	text   []byte // unescaped
	places []int
	pos    int
}

func newCapsReader(text string, offset int) *capsReader {
	r := &capsReader{}
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) {
			i++
		}
		r.text, r.places = append(r.text, text[i]), append(r.places, offset+i)
	}
	r.places = append(r.places, offset+len(text))
	return r
}

// parseCaps reads the caps at the beginning of text, which is at an offset in the launch text, as far as they go.
func parseCaps(text string, offset int) *Caps {
	r := newCapsReader(text, offset)
	caps := &Caps{}
	end := 0
	for {
		r.space()
		media := mediaType.Find(r.text[r.pos:])
		if media == nil {
			break
		}
		r.pos += len(media)
		r.features()
		s := Struct{Media: string(media)}
		end = r.pos
		for r.take(',') {
			field, ok := r.field()
			if !ok {
				break
			}
			s.Fields = append(s.Fields, field)
			end = r.pos
		}
		caps.Structs = append(caps.Structs, s)
		if !r.take(';') {
			break
		}
	}
	if rest := strings.TrimSpace(string(r.text[end:])); rest == "," || rest == ";" {
		end = len(r.text) // GStreamer allows one at the end.
	}
	caps.Text, caps.End = string(r.text[:end]), r.places[end]
	return caps
}

func (r *capsReader) space() {
	for r.pos < len(r.text) && isSpace(r.text[r.pos]) {
		r.pos++
	}
}

// take skips a character and the spaces around it, if it is next.
func (r *capsReader) take(c byte) bool {
	before := r.pos
	r.space()
	if r.pos < len(r.text) && r.text[r.pos] == c {
		r.pos++
		r.space()
		return true
	}
	r.pos = before
	return false
}

// features skips features, such as (memory:GLMemory).
func (r *capsReader) features() {
	if r.pos < len(r.text) && r.text[r.pos] == '(' {
		r.nested('(', ')')
	}
}

// field reads a name, an = and a value.
func (r *capsReader) field() (Field, bool) {
	before := r.pos
	name := word.Find(r.text[r.pos:])
	r.pos += len(name)
	if name == nil || !r.take('=') {
		r.pos = before
		return Field{}, false
	}
	start := r.pos
	if r.pos < len(r.text) && r.text[r.pos] == '(' {
		r.nested('(', ')')
		r.space()
	}
	r.value()
	return Field{
		Name: string(name), Value: string(r.text[start:r.pos]), Start: r.places[before], End: r.places[r.pos-1] + 1,
	}, true
}

// value skips a value without its type.
func (r *capsReader) value() {
	if r.pos >= len(r.text) {
		return
	}
	switch c := r.text[r.pos]; c {
	case '[':
		r.nested('[', ']')
	case '{':
		r.nested('{', '}')
	case '<':
		r.nested('<', '>')
	case '"', '\'':
		r.quoted(c)
	default:
		for r.pos < len(r.text) && !isSpace(r.text[r.pos]) && !strings.ContainsRune(",;)!", rune(r.text[r.pos])) {
			r.pos++
		}
	}
}

func (r *capsReader) quoted(quote byte) {
	for r.pos++; r.pos < len(r.text); r.pos++ {
		if r.text[r.pos] == quote {
			r.pos++
			return
		}
	}
}

// nested skips a list or a range, and what is in it.
func (r *capsReader) nested(begin, end byte) {
	depth := 0
	for r.pos < len(r.text) {
		switch c := r.text[r.pos]; c {
		case begin:
			depth++
		case end:
			depth--
		case '"':
			r.quoted(c)
			continue
		}
		r.pos++
		if depth == 0 {
			return
		}
	}
}
