// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/urfave/cli/v3"

	"github.com/gstpublish/gstpublish/internal/input"
	"github.com/gstpublish/gstpublish/pipeline"
)

// top is the module's folder.
var top = filepath.Join("..", "..")

// pages returns the documents with their text.
func pages(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/*/*.md", "examples/*.md"} {
		files, err := filepath.Glob(filepath.Join(top, pattern))
		require.NoError(t, err)
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			all[file] = string(text)
		}
	}
	require.Greater(t, len(all), 15)
	return all
}

// blocks returns the code in a page that is marked with a language.
func blocks(text, language string) (found []string) {
	fence := regexp.MustCompile("(?ms)^```" + language + "\n(.*?)^```$")
	for _, match := range fence.FindAllStringSubmatch(text, -1) {
		found = append(found, match[1])
	}
	return found
}

// example is a command in a document.
type example struct {
	line  string
	fails bool // the document shows its error
}

// inTable finds commands in the cells of tables.
var inTable = regexp.MustCompile("\\| `([^`]*\\bgstpublish [a-z][^`]*)` \\|")

// examples returns the commands of a page.
func examples(text string) (found []example) {
	for _, block := range blocks(text, "console") {
		lines := strings.Split(strings.ReplaceAll(block, "\\\n", " "), "\n")
		for i, line := range lines {
			if command, is := strings.CutPrefix(line, "$ "); is {
				fails := i+1 < len(lines) && strings.HasPrefix(lines[i+1], "gstpublish: ")
				found = append(found, example{command, fails})
			}
		}
	}
	for _, match := range inTable.FindAllStringSubmatch(text, -1) {
		message := strings.HasSuffix(match[1], ".")
		if !message && !strings.ContainsAny(match[1], "…[") && !strings.Contains(match[1], "COMMAND") {
			found = append(found, example{line: strings.ReplaceAll(match[1], `\|`, "|")})
		}
	}
	return found
}

// shellWord is a word, which may be in quotes, or a character that ends a command.
var shellWord = regexp.MustCompile(`(?:[^\s"'|>]|"[^"]*"|'[^']*')+|[|>]`)

// commandsOf splits a line of a shell into commands of words, without comments and redirections.
func commandsOf(line string) (commands [][]string) {
	line, _, _ = strings.Cut(line, "  #")
	if before, _, found := strings.Cut(line, " # "); found {
		line = before
	}
	var words []string
	skip := false
	for _, word := range shellWord.FindAllString(line, -1) {
		switch {
		case word == "|":
			commands = append(commands, words)
			words = nil
		case word == ">":
			skip = true
		case skip:
			skip = false
		default:
			words = append(words, strings.NewReplacer(`"`, "", "'", "").Replace(word))
		}
	}
	return append(commands, words)
}

// TestCommandsInDocsAreRight parses every gstpublish command in the documents, with its pipeline. It starts nothing.
func TestCommandsInDocsAreRight(t *testing.T) {
	count := 0
	for file, text := range pages(t) {
		for _, e := range examples(text) {
			for _, words := range commandsOf(e.line) {
				if len(words) == 0 || words[0] != "gstpublish" {
					continue
				}
				count++
				err := parseCommand(t.Context(), words)
				missing := (*pipeline.MissingElementError)(nil)
				switch {
				case errors.As(err, &missing): // on this machine
				case e.fails:
					require.Error(t, err, "%s: %s", file, e.line)
				default:
					require.NoError(t, err, "%s: %s", file, e.line)
				}
			}
		}
	}
	require.Greater(t, count, 50)
}

// parseCommand parses a command line up to its action, and the pipeline that it names.
func parseCommand(ctx context.Context, words []string) error {
	a := &app{out: io.Discard, errw: io.Discard, log: slog.New(slog.DiscardHandler)}
	words, a.words = splitWords(words)
	root := a.command()
	root.Before = nil
	for _, cmd := range root.Commands {
		cmd.Action = func(_ context.Context, cmd *cli.Command) error {
			switch cmd.Name {
			case "man", "list", "worker", "dispatch":
				return nil
			case "run", "check":
				return a.parseExample(cmd)
			}
			return a.noArguments(cmd)
		}
	}
	return root.Run(ctx, words)
}

// parseExample parses the pipeline of run or check, if it is there.
func (a *app) parseExample(cmd *cli.Command) error {
	args := cmd.Args().Slice()
	switch {
	case a.words != nil:
		pipe, err := pipeline.ParseArgs(a.words, nil)
		if err != nil {
			return err
		}
		return pipe.Close()
	case len(args) == 0 && len(cmd.StringSlice("input")) > 0:
		return nil
	case len(args) != 1:
		return fmt.Errorf("expected one file or input, got %q", args)
	case input.Of(args[0]).Kind != input.None, !slices.Contains([]string{"", ".launch"}, filepath.Ext(args[0])):
		return nil // a camera, a URL or a media file
	}
	fsys, name := launchFile(filepath.Base(args[0]))
	_, err := fs.Stat(fsys, name)
	return err
}

var (
	markdownLink = regexp.MustCompile(`\]\(([^)#\s]*)(#[^)\s]*)?\)`)
	heading      = regexp.MustCompile(`(?m)^#+ (.*)$`)
	notInAnchor  = regexp.MustCompile("[^a-z0-9 _-]")
)

// anchors returns what a page's headings are linked as.
func anchors(text string) (all []string) {
	for _, match := range heading.FindAllStringSubmatch(text, -1) {
		name := notInAnchor.ReplaceAllString(strings.ToLower(match[1]), "")
		all = append(all, "#"+strings.ReplaceAll(name, " ", "-"))
	}
	return all
}

// TestLinksInDocsLead checks that each link to a file or to a heading leads there.
func TestLinksInDocsLead(t *testing.T) {
	for file, text := range pages(t) {
		for _, match := range markdownLink.FindAllStringSubmatch(text, -1) {
			target, anchor := match[1], match[2]
			if strings.Contains(target, "://") {
				continue
			}
			path := file
			if target != "" {
				path = filepath.Join(filepath.Dir(file), target)
			}
			_, err := os.Stat(path)
			require.NoError(t, err, "%s links to %s", file, target)
			if anchor == "" || filepath.Ext(path) != ".md" {
				continue
			}
			linked, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Contains(t, anchors(string(linked)), anchor, "%s links to %s%s", file, target, anchor)
		}
	}
}

// TestEveryPageIsInTheIndex finds pages that docs/README.md forgets.
func TestEveryPageIsInTheIndex(t *testing.T) {
	index, err := os.ReadFile(filepath.Join(top, "docs", "README.md"))
	require.NoError(t, err)
	for file := range pages(t) {
		if filepath.Dir(file) == filepath.Join(top, "docs") && filepath.Base(file) != "README.md" {
			require.Contains(t, string(index), "("+filepath.Base(file)+")")
		}
	}
}

// TestCookbookHasEveryLaunchFile: encoders have one file for each codec, of which one is enough.
func TestCookbookHasEveryLaunchFile(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(top, "docs", "cookbook.md"))
	require.NoError(t, err)
	files, err := filepath.Glob(filepath.Join(top, "pipelines", "*.launch"))
	require.NoError(t, err)
	for _, file := range files {
		if name := filepath.Base(file); !strings.HasPrefix(name, "encode-") {
			require.Contains(t, string(text), "../pipelines/"+name)
		}
	}
}

// quoted finds messages in the first column of a table.
var quoted = regexp.MustCompile("(?m)^\\| (`[^|]*`) \\|")

// TestMessagesInTroubleshootingArePrinted checks that each part of a message between names and numbers is in the
// source.
func TestMessagesInTroubleshootingArePrinted(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(top, "docs", "troubleshooting.md"))
	require.NoError(t, err)
	source := sourceText(t)
	rows := quoted.FindAllStringSubmatch(string(text), -1)
	require.Greater(t, len(rows), 30)
	var unknown []string
	for _, row := range rows {
		for message := range strings.SplitSeq(strings.Trim(row[1], "`"), "`, `") {
			for part := range strings.SplitSeq(message, "…") {
				if part = strings.Trim(part, " "); len(part) > 2 {
					if !strings.Contains(source, part) {
						unknown = append(unknown, part)
					}
				}
			}
		}
	}
	require.Empty(t, unknown, "not in the source")
}

// sourceText is the code of the program and of its page, and the scripts that test what it prints. Strings that are cut
// over lines are put together.
func sourceText(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	require.NoError(t, filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && slices.Contains([]string{".git", ".cache", "docs", "test", "bench"}, name) {
			return filepath.SkipDir
		}
		if strings.HasSuffix(name, "_test.go") || name == "livekit-client.umd.js" ||
			!slices.Contains([]string{".go", ".js", ".html", ".txtar"}, filepath.Ext(name)) {
			return nil
		}
		data, err := os.ReadFile(path)
		all.Write(data)
		return err
	}))
	joined := regexp.MustCompile(`"\s*\+\s*"`).ReplaceAllString(all.String(), "")
	return strings.NewReplacer(`\"`, `"`).Replace(joined)
}
