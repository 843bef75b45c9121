// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package manual

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v3"
)

// Man returns a page for man(1): of the program if name is empty, and of a command otherwise. ok is false if there is
// no such command.
func Man(root *cli.Command, name string) (page string, ok bool) {
	if name == "" {
		return manPage(root, root, root.Name), true
	}
	for _, cmd := range subcommands(root) {
		if cmd.Name == name {
			return manPage(root, cmd, root.Name+"-"+name), true
		}
	}
	return "", false
}

// WriteMan writes all pages into a folder, which must exist.
func WriteMan(root *cli.Command, folder string) error {
	names := []string{""}
	for _, cmd := range subcommands(root) {
		names = append(names, cmd.Name)
	}
	for _, name := range names {
		page, _ := Man(root, name)
		file := strings.TrimSuffix(root.Name+"-"+name, "-") + ".1"
		if err := os.WriteFile(filepath.Join(folder, file), []byte(page), 0o644); err != nil { //nolint:gosec // for all users
			return fmt.Errorf("manual: %w", err)
		}
	}
	return nil
}

func manPage(root, cmd *cli.Command, title string) string {
	var out strings.Builder
	fmt.Fprintf(&out, ".TH %s 1 \"\" %s \"User Commands\"\n", escape(strings.ToUpper(title)), escape(root.Name))
	fmt.Fprintf(&out, ".SH NAME\n%s \\- %s\n.SH SYNOPSIS\n.nf\n", escape(title), escape(cmd.Usage))
	synopsis := cmd.UsageText
	if synopsis == "" {
		synopsis = root.Name + " [OPTIONS] COMMAND [ARGUMENTS]"
	}
	fmt.Fprintf(&out, "%s\n.fi\n", escapeLines(synopsis))
	if cmd.Description != "" {
		out.WriteString(".SH DESCRIPTION\n" + prose(cmd.Description))
	}
	writeOptions(&out, ".SH OPTIONS\n", cmd)
	if cmd == root {
		out.WriteString(".SH COMMANDS\n")
		for _, c := range subcommands(root) {
			fmt.Fprintf(&out, ".TP\n\\fB%s\\fR\n%s\n", escape(c.Name), escape(c.Usage))
		}
		return out.String()
	}
	for _, c := range subcommands(cmd) {
		fmt.Fprintf(&out, ".SH %s\n%s", escape(strings.ToUpper(cmd.Name+" "+c.Name)), prose(c.Description))
		writeOptions(&out, "", c)
	}
	return out.String()
}

// writeOptions writes the options of a command, if it has any, below a heading.
func writeOptions(out *strings.Builder, heading string, cmd *cli.Command) {
	all := options(cmd)
	if len(all) == 0 {
		return
	}
	out.WriteString(heading)
	category := ""
	for i := range all {
		o := &all[i]
		if o.category != category {
			category = o.category
			fmt.Fprintf(out, ".SS %s\n", escape(category))
		}
		names := make([]string, len(o.names))
		for n, text := range o.names {
			names[n] = `\fB` + escape(text) + `\fR`
		}
		value := ""
		if o.placeholder != "" {
			value = ` \fI` + escape(o.placeholder) + `\fR`
		}
		fmt.Fprintf(out, ".TP\n%s%s\n%s\n", strings.Join(names, ", "), value, escape(o.usage+o.tail()))
	}
}

// prose writes paragraphs; lines that are indented stay lines.
func prose(text string) string {
	var out strings.Builder
	literal := false
	set := func(to bool) {
		if to != literal {
			out.WriteString(map[bool]string{true: ".RS 2\n.nf\n", false: ".fi\n.RE\n"}[to])
		}
		literal = to
	}
	for line := range strings.SplitSeq(text, "\n") {
		switch {
		case line == "":
			set(false)
			out.WriteString(".PP\n")
		case strings.HasPrefix(line, "  "):
			set(true)
			out.WriteString(escape(line[2:]) + "\n")
		default:
			set(false)
			out.WriteString(escape(line) + "\n")
		}
	}
	set(false)
	return out.String()
}

func escapeLines(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = escape(lines[i])
	}
	return strings.Join(lines, "\n")
}

// escape writes a line of text for roff: what is special in it is not, and hyphens can be searched for.
func escape(line string) string {
	line = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "…", "...").Replace(line)
	if strings.HasPrefix(line, ".") {
		line = `\&` + line
	}
	return line
}
