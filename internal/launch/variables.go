// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package launch

import (
	"fmt"
	"regexp"
	"strings"
)

// Variable is a variable of a launch file: ${name}, or ${name:-default}.
type Variable struct {
	Name, Default string
	Optional      bool // it has a default
}

// variable matches a variable, and a $ before one that stands for itself.
var variable = regexp.MustCompile(`\$?\$\{([A-Za-z_][A-Za-z0-9_]*)(:-([^}]*))?\}`)

// Variables returns the variables of a launch file in the order of the text.
func Variables(source string) []Variable {
	var found []Variable
	known := map[string]int{}
	for _, m := range variable.FindAllStringSubmatch(withoutComments(source), -1) {
		v := Variable{Name: m[1], Default: m[3], Optional: m[2] != ""}
		i, seen := known[v.Name]
		switch {
		case strings.HasPrefix(m[0], "$$"):
		case !seen:
			known[v.Name] = len(found)
			found = append(found, v)
		case !found[i].Optional:
			found[i] = v
		}
	}
	return found
}

// Expansion is the text of a launch file with the values of its variables.
type Expansion struct {
	Text   string
	source string
	pieces []piece // in order
}

// piece is a part of an Expansion that differs from the source: there from begin to end, in the text from in to out.
type piece struct{ begin, end, in, out int }

// Source returns the text of the launch file, and the place in it of a span of the Expansion. Of a span inside a value
// it is the whole variable.
func (e *Expansion) Source(start, end int) (text *Text, begin, last int) {
	return New(e.source), e.origin(start, false), e.origin(end, true)
}

// origin returns where an offset of the text comes from; isEnd reports whether it is the end of a span.
func (e *Expansion) origin(offset int, isEnd bool) int {
	shift := 0
	for _, p := range e.pieces {
		inside := offset >= p.in && offset < p.out
		if isEnd {
			inside = offset > p.in && offset <= p.out
		}
		switch {
		case inside && isEnd:
			return p.end
		case inside:
			return p.begin
		case offset >= p.out:
			shift = p.end - p.out
		}
	}
	return offset + shift
}

// Expand replaces variables by their values, outside of comments. A value in a property is one word, whatever is in it;
// elsewhere it may be several. $${name} is ${name}. The error is an *Error for the source.
func Expand(source string, lookup func(name string) (string, bool)) (*Expansion, error) {
	e := &Expansion{source: source}
	var b strings.Builder
	done := 0
	write := func(m []int, value string) {
		in := b.Len()
		b.WriteString(value)
		e.pieces = append(e.pieces, piece{m[0], m[1], in, b.Len()})
	}
	text := withoutComments(source)
	for _, m := range variable.FindAllStringSubmatchIndex(text, -1) {
		b.WriteString(source[done:m[0]])
		done = m[1]
		if strings.HasPrefix(text[m[0]:], "$$") {
			write(m, text[m[0]+1:m[1]])
			continue
		}
		name := text[m[2]:m[3]]
		value, ok := lookup(name)
		if (!ok || value == "") && m[4] >= 0 {
			value, ok = text[m[6]:m[7]], true
		}
		if !ok {
			return nil, &Error{m[0], m[1], fmt.Errorf("the variable %s has no value: add --set %s=VALUE, or set it in the "+
				"environment", name, name)}
		}
		write(m, quoteAt(text[:m[0]], value))
	}
	e.Text = b.String() + source[done:]
	return e, nil
}

// inValue and inQuotes match text after which a value of a property continues.
var (
	inQuotes = regexp.MustCompile(`=\s*"(?:[^"\\]|\\.)*$`)
	inValue  = regexp.MustCompile(`=\s*[^\s"]*$`)
)

// quoteAt returns a value as it must be after text.
func quoteAt(text, value string) string {
	line := text[strings.LastIndexByte(text, '\n')+1:]
	switch {
	case inQuotes.MatchString(line):
		return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value)
	case inValue.MatchString(line):
		return strings.NewReplacer(`\`, `\\`, `"`, `\"`, " ", `\ `, "\t", "\\\t", "\n", "\\\n").Replace(value)
	}
	return value
}

// withoutComments blanks the lines that begin with #.
func withoutComments(source string) string {
	lines := strings.SplitAfter(source, "\n")
	for i, line := range lines {
		if strings.HasPrefix(strings.TrimSpace(line), "#") {
			lines[i] = blank(line)
		}
	}
	return strings.Join(lines, "")
}

// Header is what the comment at the beginning of a launch file says.
type Header struct {
	Title     string // the first paragraph
	Publishes string // after "Publishes:"
	Needs     string // after "Needs:"
}

// ReadHeader reads the comment at the beginning of a launch file.
func ReadHeader(source string) Header {
	var h Header
	for i, paragraph := range paragraphs(source) {
		key, value, found := strings.Cut(paragraph, ": ")
		switch {
		case found && key == "Publishes":
			h.Publishes = value
		case found && key == "Needs":
			h.Needs = value
		case i == 0:
			h.Title = paragraph
		}
	}
	return h
}

// paragraphs returns the paragraphs of the comment at the beginning of a launch file. Publishes: and Needs: begin one.
func paragraphs(source string) []string {
	var found []string
	open := false
	for line := range strings.Lines(source) {
		text, comment := strings.CutPrefix(strings.TrimSpace(line), "#")
		text = strings.TrimSpace(text)
		switch {
		case !comment:
			return found
		case text == "":
			open = false
		case !open || strings.HasPrefix(text, "Publishes: ") || strings.HasPrefix(text, "Needs: "):
			found, open = append(found, text), true
		default:
			found[len(found)-1] += " " + text
		}
	}
	return found
}
