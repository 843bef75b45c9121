// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package manual writes the reference of a command from its definition: tables in Markdown, and pages for man(1).
package manual

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v3"
)

// option is a flag in words.
type option struct {
	category    string
	names       []string // with their dashes, the main one first
	placeholder string   // of the value; empty for a flag without one
	usage       string
	fallback    string // what the default is; empty if there is nothing to say
	variables   []string
}

// shown is what the flags of package cli have in common.
type shown interface {
	cli.Flag
	cli.DocGenerationFlag
}

// options returns the visible flags, in the order of their categories.
func options(cmd *cli.Command) []option {
	var all []option
	var order []string
	for _, flag := range cmd.Flags {
		f, is := flag.(shown)
		if visible, may := flag.(cli.VisibleFlag); !is || may && !visible.IsVisible() {
			continue
		}
		o := option{variables: f.GetEnvVars()}
		if c, has := flag.(cli.CategorizableFlag); has {
			o.category = c.GetCategory()
		}
		for _, name := range f.Names() {
			dashes := "--"
			if len(name) == 1 {
				dashes = "-"
			}
			o.names = append(o.names, dashes+name)
		}
		o.placeholder, o.usage = unquote(f.GetUsage())
		if !f.TakesValue() {
			o.placeholder = ""
		} else if o.placeholder == "" {
			o.placeholder = "VALUE"
		}
		o.fallback = f.GetDefaultText()
		if value := f.GetValue(); o.fallback == "" && !slices.Contains(zeros, value) {
			o.fallback = strings.Trim(value, `"`)
		}
		if !slices.Contains(order, o.category) {
			order = append(order, o.category)
		}
		all = append(all, o)
	}
	slices.SortStableFunc(all, func(a, b option) int {
		return slices.Index(order, a.category) - slices.Index(order, b.category)
	})
	return all
}

// zeros are default values that mean none.
var zeros = []string{"", `""`, "0", "0s", "false", "[]"} // never written

// unquote returns the word that usage has in back quotes, which stands for the value, and usage without the quotes.
func unquote(usage string) (placeholder, text string) {
	_, rest, found := strings.Cut(usage, "`")
	placeholder, _, closed := strings.Cut(rest, "`")
	if !found || !closed {
		return "", usage
	}
	return placeholder, strings.ReplaceAll(usage, "`", "")
}

// tail is what follows the usage of a flag.
func (o *option) tail() string {
	var notes []string
	if o.fallback != "" {
		notes = append(notes, "default: "+o.fallback)
	}
	for _, v := range o.variables {
		notes = append(notes, "$"+v)
	}
	if len(notes) == 0 {
		return ""
	}
	return " (" + strings.Join(notes, "; ") + ")"
}

// subcommands returns the visible commands of a program or of a command.
func subcommands(root *cli.Command) []*cli.Command {
	return slices.DeleteFunc(slices.Clone(root.Commands), func(c *cli.Command) bool {
		return c.Hidden || c.Name == "help"
	})
}

// Markdown returns a table of the flags of each command.
func Markdown(root *cli.Command) string {
	var out strings.Builder
	table := func(title string, cmd *cli.Command) {
		all := options(cmd)
		if len(all) == 0 {
			return
		}
		fmt.Fprintf(&out, "\n### %s\n", title)
		category := "none yet"
		for i := range all {
			o := &all[i]
			if o.category != category {
				category = o.category
				heading := "flag"
				if category != "" {
					heading = category
				}
				fmt.Fprintf(&out, "\n| %s | |\n|---|---|\n", heading)
			}
			value := ""
			if o.placeholder != "" {
				value = " " + o.placeholder
			}
			fmt.Fprintf(&out, "| `%s%s` | %s%s |\n", strings.Join(o.names, "`, `"), value,
				strings.ReplaceAll(o.usage, "|", `\|`), strings.ReplaceAll(o.tail(), "|", `\|`))
		}
	}
	table("Before the command", root)
	for _, cmd := range subcommands(root) {
		table("`"+root.Name+" "+cmd.Name+"`", cmd)
		for _, part := range subcommands(cmd) {
			table("`"+root.Name+" "+cmd.Name+" "+part.Name+"`", part)
		}
	}
	return out.String()
}
