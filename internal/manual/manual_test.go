// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package manual

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/urfave/cli/v3"
)

func program() *cli.Command {
	return &cli.Command{
		Name: "program", Usage: "do things",
		Flags: []cli.Flag{&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "say more"}},
		Commands: []*cli.Command{
			{
				Name: "send", Usage: "send a file", UsageText: "program send [OPTIONS] FILE",
				Description: "Sends it.\n.dots and back\\slashes\n\n  program send a-file\n\nThat's all.",
				Flags: []cli.Flag{
					&cli.StringFlag{Name: "to", Usage: "`HOST` a|b", DefaultText: "no host", Sources: cli.EnvVars("TO")},
					&cli.IntFlag{Name: "count", Usage: "how often", Value: 3, Category: "More"},
					&cli.BoolFlag{Name: "hidden", Hidden: true},
				},
			},
			{Name: "secret", Hidden: true},
			{
				Name: "list", Usage: "list what is there",
				Commands: []*cli.Command{{
					Name: "files", Description: "Lists files.",
					Flags: []cli.Flag{&cli.BoolFlag{Name: "all", Usage: "also hidden ones"}},
				}},
			},
		},
	}
}

func TestMarkdown(t *testing.T) {
	t.Parallel()
	require.Equal(t, `
### Before the command

| flag | |
|---|---|
| `+"`--verbose`, `-v`"+` | say more |

### `+"`program send`"+`

| flag | |
|---|---|
| `+"`--to HOST`"+` | HOST a\|b (default: no host; $TO) |

| More | |
|---|---|
| `+"`--count VALUE`"+` | how often (default: 3) |

### `+"`program list files`"+`

| flag | |
|---|---|
| `+"`--all`"+` | also hidden ones |
`, Markdown(program()))
}

func TestHelp(t *testing.T) {
	t.Parallel()
	send := program().Commands[0]
	about := "USAGE:\n  program send [OPTIONS] FILE\n\n" + send.Description + "\n\n"
	require.Equal(t, about+`OPTIONS:
  --to HOST  HOST a|b (default: no host; $TO)

OPTIONS (More):
  --count VALUE  how often (default: 3)
`, Help(send, nil, "more"))
	require.Equal(t, about+`OPTIONS:
  --count VALUE  how often (default: 3)

more
`, Help(send, []string{"count"}, "more"))
	root := program()
	root.Flags = append(root.Flags, &cli.StringFlag{
		Name: "long", Usage: strings.Repeat("word ", 30) + "`A-NAME-OF-MANY-WORDS`", DefaultText: "none",
	})
	require.Equal(t, `USAGE:
  program [OPTIONS] COMMAND [ARGUMENTS]

COMMANDS:
  send  send a file
  list  list what is there

OPTIONS:
  --verbose, -v  say more
  --long A-NAME-OF-MANY-WORDS
                 `+strings.Repeat("word ", 15)+`word
                 `+strings.Repeat("word ", 13)+`word
                 A-NAME-OF-MANY-WORDS (default: none)
`, Help(root, nil, ""))
}

func TestMan(t *testing.T) {
	t.Parallel()
	page, ok := Man(program(), "send")
	require.True(t, ok)
	require.Equal(t, `.TH PROGRAM\-SEND 1 "" program "User Commands"
.SH NAME
program\-send \- send a file
.SH SYNOPSIS
.nf
program send [OPTIONS] FILE
.fi
.SH DESCRIPTION
Sends it.
\&.dots and back\eslashes
.PP
.RS 2
.nf
program send a\-file
.fi
.RE
.PP
That\(aqs all.
.SH OPTIONS
.TP
\fB\-\-to\fR \fIHOST\fR
HOST a|b (default: no host; $TO)
.SS More
.TP
\fB\-\-count\fR \fIVALUE\fR
how often (default: 3)
`, page)
	page, ok = Man(program(), "list")
	require.True(t, ok)
	require.Contains(t, page, "\n.SH LIST FILES\nLists files.\n.TP\n\\fB\\-\\-all\\fR\nalso hidden ones\n")
	page, ok = Man(program(), "")
	require.True(t, ok)
	require.Contains(t, page, "\n.SH SYNOPSIS\n.nf\nprogram [OPTIONS] COMMAND [ARGUMENTS]\n")
	require.Contains(t, page, "\n.SH COMMANDS\n.TP\n\\fBsend\\fR\nsend a file\n")
	require.NotContains(t, page, "secret")
	for _, name := range []string{"secret", "other"} {
		_, ok = Man(program(), name)
		require.False(t, ok)
	}
}
