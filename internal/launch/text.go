// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package launch

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Text is launch text. The zero value is empty text.
type Text struct {
	source string // as it was written, for excerpts
	clean  string // without comments and without the words of gst-launch-1.0; as long as source
}

// New returns the text of a launch file, or of several lines in quotes. A line that begins with # is a comment; a
// backslash at the end of a line is ignored. If the text begins with gst-launch-1.0, that and its options are ignored.
func New(source string) *Text {
	lines := strings.SplitAfter(source, "\n")
	for i, line := range lines {
		body := strings.TrimRight(line, " \t\r\n")
		switch {
		case strings.HasPrefix(strings.TrimSpace(body), "#"):
			lines[i] = blank(line)
		case strings.HasSuffix(body, "\\"):
			lines[i] = body[:len(body)-1] + " " + line[len(body):]
		}
	}
	return &Text{source: source, clean: withoutTool(strings.Join(lines, ""))}
}

// FromWords returns the text of command-line words, joined as gst-launch-1.0 joins them: spaces inside a word stay part
// of it. Unlike there, a word may also be a part of a pipeline, or all of it, in quotes.
func FromWords(words []string) *Text {
	var b strings.Builder
	for i, word := range words {
		if i > 0 {
			b.WriteByte(' ')
		}
		if isPart(word) {
			b.WriteString(word)
		} else {
			b.WriteString(escapeSpaces(word))
		}
	}
	return New(b.String())
}

// isPart reports whether a word with spaces is several words of launch text: gst-launch-1.0 would find no element of
// that name.
func isPart(word string) bool {
	fields := strings.Fields(word)
	if len(fields) < 2 {
		return false
	}
	first := strings.TrimLeft(fields[0], "!")
	if mediaType.MatchString(first) {
		return slices.Contains(fields, "!") // and not caps with spaces
	}
	return first == "" || !strings.ContainsAny(first, `="'`) && !strings.HasPrefix(fields[1], "=")
}

func escapeSpaces(word string) string {
	var b strings.Builder
	quoted := false
	for i := range len(word) {
		switch {
		case word[i] == '"' && (i == 0 || word[i-1] != '\\'):
			quoted = !quoted
		case word[i] == ' ' && !quoted:
			b.WriteByte('\\')
		}
		b.WriteByte(word[i])
	}
	return b.String()
}

// blank returns spaces in the place of every byte but the end of a line.
func blank(text string) string {
	b := []byte(text)
	for i := range b {
		if b[i] != '\n' {
			b[i] = ' '
		}
	}
	return string(b)
}

var (
	tool = regexp.MustCompile(`^\s*(\S*/)?gst-launch(-1\.0)?(\.exe)?(\s|$)`)
	// toolOption is an option of gst-launch-1.0, which it accepts before, in and after the pipeline.
	toolOption = regexp.MustCompile(`(?:^|\s)(-[tcvqmfe]+|(?:-X|--exclude)(?:=\S+|\s+\S+)|-X\S+|` +
		`--(?:tags|toc|verbose|quiet|messages|no-fault|eos-on-shutdown|no-position|force-position|trace)|` +
		`--gst-[a-z-]+(?:=\S+)?)(?:\s|$)`)
)

// withoutTool blanks gst-launch-1.0 and its options, if the text begins with it.
func withoutTool(text string) string {
	place := tool.FindStringIndex(text)
	if place == nil {
		return text
	}
	text = blank(text[:place[1]]) + text[place[1]:]
	for {
		option := toolOption.FindStringSubmatchIndex(text)
		if option == nil {
			return text
		}
		text = text[:option[2]] + blank(text[option[2]:option[3]]) + text[option[3]:]
	}
}

// String returns the text as it was written, or as words were joined.
func (t *Text) String() string { return t.source }

// Place is where something stands in the text: Line and Column begin with 1, columns are characters.
type Place struct{ Line, Column int }

// Place returns where an offset in bytes is.
func (t *Text) Place(offset int) Place {
	before := t.source[:min(offset, len(t.source))]
	begin := strings.LastIndexByte(before, '\n') + 1
	return Place{strings.Count(before, "\n") + 1, utf8.RuneCountInString(before[begin:]) + 1}
}

// excerptWidth is how many characters of a long line an excerpt shows.
const excerptWidth = 100

// Excerpt returns the line of a span in the text, and below it a caret under the span. The line may be cut off.
func (t *Text) Excerpt(start, end int) string {
	start = min(start, len(t.source))
	from := strings.LastIndexByte(t.source[:start], '\n') + 1
	line, _, _ := strings.Cut(t.source[from:], "\n")
	line = strings.ReplaceAll(strings.TrimRight(line, "\r"), "\t", " ")
	before := []rune(line[:min(start-from, len(line))])
	marked := max(1, utf8.RuneCountInString(line[min(start-from, len(line)):max(0, min(end-from, len(line)))]))
	runes := []rune(line)
	left, column := "", len(before)
	if cut := column - excerptWidth/2; cut > 0 && len(runes) > excerptWidth {
		cut = min(cut, len(runes)-excerptWidth+1)
		runes, column, left = runes[cut:], column-cut+1, "…"
	}
	right := ""
	if len(runes) > excerptWidth {
		runes, right = runes[:excerptWidth], "…"
	}
	marked = min(marked, max(1, len(runes)+len([]rune(left))-column))
	return left + string(runes) + right + "\n" + strings.Repeat(" ", column) + "^" + strings.Repeat("~", marked-1)
}
