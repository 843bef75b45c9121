// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package launch

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var kinds = [...]string{
	"?", "link", "element", "property", "reference", "location", "caps", "open", "close", "other",
}

func isElement(name string) bool {
	return slices.Contains([]string{"videotestsrc", "audiotestsrc", "videoconvert", "fakesink", "tee", "a", "b"}, name)
}

// write returns tokens in a form that a test can show.
func write(tokens []Token) string {
	var words []string
	for _, t := range tokens {
		word := kinds[t.Kind] + " " + t.Text
		if t.Kind == Property {
			word = fmt.Sprintf("property %s=%q", t.Name, t.Value)
		}
		if t.Swallowed > 0 {
			word += " swallowed"
		}
		words = append(words, word)
	}
	return strings.Join(words, " | ")
}

// TestProperties of an element are those behind it, up to what is no property.
func TestProperties(t *testing.T) {
	tokens := New(`a x=1 ! a long_name="b c" @preset=x e::p=1 ! m.a`).Tokens(isElement)
	var given []map[string]string
	for _, token := range tokens {
		if token.Kind == Element {
			given = append(given, Properties(tokens, token))
		}
	}
	require.Equal(t, []map[string]string{
		{"x": "1"}, {"long-name": "b c", "@preset": "x", "e::p": "1"},
	}, given)
	require.Empty(t, Properties(tokens, Token{Start: 1000}))
}

func TestTokens(t *testing.T) {
	for text, want := range map[string]string{
		"":                               "",
		"a ! b":                          "element a | link ! | element b",
		"a!b":                            "element a | link ! | element b",
		"a : b":                          "element a | link : | element b",
		"a x=1":                          `element a | property x="1"`,
		"a x = 1":                        `element a | property x="1"`,
		`a x="b ! c"`:                    `element a | property x="b ! c"`,
		`a x=b\ c`:                       `element a | property x="b c"`,
		"a x=1! b":                       `element a | property x="1!" | element b`,
		"a e::p=1":                       `element a | property e::p="1"`,
		"a @preset=x":                    `element a | property @preset="x"`,
		"mux. demux.v_0":                 "reference mux. | reference demux.v_0",
		"a .src ! .sink":                 "element a | reference .src | link ! | reference .sink",
		"d.a,b ! m.c,d":                  "reference d.a,b | link ! | reference m.c,d",
		"( a )":                          "open ( | element a | close )",
		"bin. ( a x=1 )":                 `open bin. ( | element a | property x="1" | close )`,
		"a ! /tmp/x":                     "element a | link ! | location /tmp/x",
		"rtsp://h/x ! a":                 "location rtsp://h/x | link ! | element a",
		"a --codec vp8":                  "element a | other --codec | element vp8",
		"=":                              "other =",
		"a ! v/x":                        "element a | link ! | caps v/x",
		"a ! v/x ! b":                    "element a | link ! | caps v/x | link ! | element b",
		"a ! v/x,y=1 b":                  "element a | link ! | caps v/x,y=1 | element b",
		"a ! v/x , y = 1":                "element a | link ! | caps v/x , y = 1",
		"a ! v/x,y=1 b !":                "element a | link ! | caps v/x,y=1 | element b | link !",
		"a ! v/x;w/z ! b":                "element a | link ! | caps v/x;w/z | link ! | element b",
		"a ! v/x t. ! b":                 "element a | link ! | caps v/x | reference t. | link ! | element b",
		"( a ! v/x )":                    "open ( | element a | link ! | caps v/x | close )",
		`a ! v/x,\ y=1`:                  `element a | link ! | caps v/x,\ y=1`,
		`a ! "v/x, y=1"`:                 `element a | link ! | caps "v/x, y=1"`,
		"a ! v/x,f={ A, B } ! b":         "element a | link ! | caps v/x,f={ A, B } | link ! | element b",
		"a ! v/x,f=(string)\"A B\" ! b":  `element a | link ! | caps v/x,f=(string)"A B" | link ! | element b`,
		`a ! v/x,f=\(string\)A ! b`:      `element a | link ! | caps v/x,f=\(string\)A | link ! | element b`,
		"a ! v/x(memory:GL), y=[1,2] b":  "element a | link ! | caps v/x(memory:GL), y=[1,2] | element b",
		"a ! v/x,y=1 z=2 ! b":            "element a | link ! | caps v/x,y=1 z=2 swallowed | link ! | element b",
		"a ! v/x,y=1 nonsense ! b":       "element a | link ! | caps v/x,y=1 nonsense swallowed | link ! | element b",
		"gst-launch-1.0 -v -e a ! b":     "element a | link ! | element b",
		"/usr/bin/gst-launch-1.0 a -v":   "element a",
		"gst-launch-1.0 -X caps a ! b":   "element a | link ! | element b",
		"gst-launch-1.0 --gst-debug=3 a": "element a",
		"a \\\n ! \\\n b":                "element a | link ! | element b",
		"# c ! d\na\n  # e\n ! b":        "element a | link ! | element b",
	} {
		require.Equal(t, want, write(New(text).Tokens(isElement)), "%s", text)
	}
}

// FuzzTokens checks that every text is read to its end, that tokens follow each other, and that the text for GStreamer
// can be made of them.
func FuzzTokens(f *testing.F) {
	for _, text := range []string{
		"a ! b x=1", `x="`, "\\", "((", "a/b=(c)", "= =", "a\n\n!x=y\\\n", "a ! v/x,y=", "a ! v/x,y=(", `a ! "v/x`,
		"a ! v/x b !",
		"gst-launch-1.0 -v a", "a ! v/x,y=\"", "a ! v/x;", "a ! v/x,y={[<",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, source string) {
		text := New(source)
		require.Len(t, text.clean, len(source))
		tokens := text.Tokens(isElement)
		end := 0
		for _, token := range tokens {
			require.GreaterOrEqual(t, token.Start, end)
			require.Greater(t, token.End, token.Start)
			end = token.End
			require.Positive(t, text.Place(token.Start).Column)
			require.Contains(t, text.Excerpt(token.Start, token.End), "^")
		}
		require.LessOrEqual(t, end, len(source))
		text.ForGStreamer(tokens)
	})
}

func TestForGStreamer(t *testing.T) {
	for text, want := range map[string]string{
		"a ! b":              "a ! b",
		"a ! b !":            "a ! b ",
		"a !":                "a ",
		"( a ! ) ! b":        "( a  ) ! b",
		"a ! v/x ! b":        "a ! v/x ! b",
		"a ! v/x":            `a ! capsfilter name=gstpublish-caps0 caps="v/x"`,
		"a ! v/x !":          `a ! capsfilter name=gstpublish-caps0 caps="v/x" `,
		"a ! v/x,y=1  a ! b": `a ! capsfilter name=gstpublish-caps0 caps="v/x,y=1"  a ! b`,
		"a ! v/x  b ! v/y": `a ! capsfilter name=gstpublish-caps0 caps="v/x"  b ` +
			`! capsfilter name=gstpublish-caps1 caps="v/y"`,
		"a ! v/x ! v/y ! b":  `a ! v/x ! capsfilter name=gstpublish-caps0 caps="v/y" ! b`,
		`a ! "v/x, y=1" ! b`: `a ! v/x, y=1 ! b`,
		`a ! v/x,y="p q"`:    `a ! capsfilter name=gstpublish-caps0 caps="v/x,y=\"p q\""`,
		"( a ! v/x ) ! b":    `( a ! capsfilter name=gstpublish-caps0 caps="v/x" ) ! b`,
	} {
		source := New(text)
		require.Equal(t, want, source.ForGStreamer(source.Tokens(isElement)), "%s", text)
	}
}

func TestWordsAreJoinedAsGstLaunchDoes(t *testing.T) {
	for _, c := range []struct {
		want  string
		words []string
	}{
		{`filesrc location=a\ b.mp4 ! fakesink`, []string{"filesrc", "location=a b.mp4", "!", "fakesink"}},
		{`textoverlay text="two words"`, []string{"textoverlay", `text="two words"`}},
		{`a ! v/x,\ y=1 ! b`, []string{"a", "!", "v/x, y=1", "!", "b"}},
		// gst-launch-1.0 finds no such elements.
		{"a x=1 ! b", []string{"a x=1 ! b"}},
		{"a x=1 ! b", []string{"a x=1", "! b"}},
		{"a ! b ! c", []string{"a", "! b !", "c"}},
		{"v/x,y=1 ! b", []string{"v/x,y=1 ! b"}},
	} {
		require.Equal(t, c.want, FromWords(c.words).source)
	}
}

func TestExcerpt(t *testing.T) {
	text := New("a\n\tbé ! cc x=1\nd")
	start := strings.Index(text.source, "cc")
	require.Equal(t, Place{2, 7}, text.Place(start))
	require.Equal(t, " bé ! cc x=1\n      ^~", text.Excerpt(start, start+2))
	long := New(strings.Repeat("queue ! ", 40) + "wrong" + strings.Repeat(" ! queue", 40))
	start = strings.Index(long.source, "wrong")
	lines := strings.Split(long.Excerpt(start, start+5), "\n")
	require.Equal(t, strings.Index(string([]rune(lines[0])[1:]), "wrong")+1, strings.Index(lines[1], "^~~~~"))
	require.LessOrEqual(t, len([]rune(lines[0])), excerptWidth+2)
}

func TestSimilar(t *testing.T) {
	names := []string{"videotestsrc", "audiotestsrc", "x264enc", "x265enc"}
	require.Equal(t, []string{"videotestsrc"}, Similar("vidoetestsrc", names))
	require.Equal(t, []string{"x264enc"}, Similar("x264en", names))
	require.Empty(t, Similar("quite-another-thing", names))
}
