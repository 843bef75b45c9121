// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package manual

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/urfave/cli/v3"
)

// The columns of Help: where its lines end, and the widest first column of a table.
const (
	helpColumns = 100
	helpNames   = 26
)

// Help returns what --help prints about a program or one of its commands. If some names the command's main options, by
// their names, it has only these, and the line more where it leaves out the others.
func Help(cmd *cli.Command, some []string, more string) string {
	var out strings.Builder
	synopsis := cmd.UsageText
	if synopsis == "" {
		synopsis = cmd.Name + " [OPTIONS] COMMAND [ARGUMENTS]"
	}
	fmt.Fprintf(&out, "USAGE:\n%s\n", indent(synopsis))
	if cmd.Description != "" {
		fmt.Fprintf(&out, "\n%s\n", cmd.Description)
	}
	if commands := subcommands(cmd); len(commands) > 0 {
		var rows [][2]string
		for _, c := range commands {
			rows = append(rows, [2]string{c.Name, c.Usage})
		}
		out.WriteString("\nCOMMANDS:\n" + columns(rows))
	}
	all := options(cmd)
	main := slices.DeleteFunc(slices.Clone(all), func(o option) bool { return !o.isOneOf(some) })
	if len(main) == 0 {
		writeHelp(&out, all)
		return out.String()
	}
	for i := range main {
		main[i].category = ""
	}
	writeHelp(&out, main)
	fmt.Fprintf(&out, "\n%s\n", more)
	return out.String()
}

// isOneOf reports whether names has the option's main name.
func (o *option) isOneOf(names []string) bool {
	return slices.Contains(names, strings.TrimLeft(o.names[0], "-"))
}

// writeHelp writes options, each category below a heading.
func writeHelp(out *strings.Builder, all []option) {
	for len(all) > 0 {
		n := slices.IndexFunc(all, func(o option) bool { return o.category != all[0].category })
		if n < 0 {
			n = len(all)
		}
		heading := "OPTIONS"
		if all[0].category != "" {
			heading += " (" + all[0].category + ")"
		}
		var rows [][2]string
		for i := range all[:n] {
			o := &all[i]
			names := strings.TrimRight(strings.Join(o.names, ", ")+" "+o.placeholder, " ")
			rows = append(rows, [2]string{names, o.usage + o.tail()})
		}
		fmt.Fprintf(out, "\n%s:\n%s", heading, columns(rows))
		all = all[n:]
	}
}

// columns writes a table of two columns. A name that is too long for the first has a line of its own.
func columns(rows [][2]string) string {
	width := 0
	for _, row := range rows {
		if n := utf8.RuneCountInString(row[0]); n <= helpNames {
			width = max(width, n)
		}
	}
	var out strings.Builder
	for _, row := range rows {
		name := row[0]
		if utf8.RuneCountInString(name) > width {
			fmt.Fprintf(&out, "  %s\n", name)
			name = ""
		}
		for _, line := range wrap(row[1], helpColumns-width-4) {
			fmt.Fprintf(&out, "  %-*s  %s\n", width, name, line)
			name = ""
		}
	}
	return out.String()
}

// wrap breaks a text between words into lines of that width.
func wrap(text string, width int) (lines []string) {
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			lines = append(lines, line)
			line = ""
		}
		line = strings.TrimLeft(line+" "+word, " ")
	}
	return append(lines, line)
}

// indent moves lines to the right.
func indent(text string) string { return "  " + strings.ReplaceAll(text, "\n", "\n  ") }
