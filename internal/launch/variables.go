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

// Expand replaces variables by their values, outside of comments. A value in a property is one word, whatever is in it;
// elsewhere it may be several. $${name} is ${name}. The error is an *Error for the source.
func Expand(source string, lookup func(name string) (string, bool)) (string, error) {
	var b strings.Builder
	done := 0
	text := withoutComments(source)
	for _, m := range variable.FindAllStringSubmatchIndex(text, -1) {
		b.WriteString(source[done:m[0]])
		done = m[1]
		if strings.HasPrefix(text[m[0]:], "$$") {
			b.WriteString(text[m[0]+1 : m[1]])
			continue
		}
		name := text[m[2]:m[3]]
		value, ok := lookup(name)
		if (!ok || value == "") && m[4] >= 0 {
			value, ok = text[m[6]:m[7]], true
		}
		if !ok {
			return "", &Error{m[0], m[1], fmt.Errorf("the variable %s has no value: add --set %s=VALUE, or set it in the "+
				"environment", name, name)}
		}
		b.WriteString(quoteAt(text[:m[0]], value))
	}
	return b.String() + source[done:], nil
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
