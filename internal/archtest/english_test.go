// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package archtest

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// phrases returns expressions for phrases that do not read as English here, each with a plain one to use instead.
func phrases() map[*regexp.Regexp]string {
	plain := map[*regexp.Regexp]string{}
	for phrase, instead := range map[string]string{
		`[Tt]ells? whether`:             "reports whether",
		`(is|are) told\b`:               "receives, learns or is notified",
		`([Nn]o|[Ss]ome)body\b`:         "no viewer, a client, or whoever it is",
		`mend(s|ed|ing)?\b`:             "repair or fix",
		`go(es)? on\b`:                  "continue",
		`shall\b`:                       "must or should",
		`has(n't| not) an?\b`:           "has no",
		`lets? go of\b`:                 "release",
		`unwell\b`:                      "unavailable",
		`[Ww]hoever\b`:                  "a noun, such as the caller",
		`for ever\b`:                    "forever",
		`anew\b`:                        "again",
		`sees? to it\b`:                 "ensure",
		`may be called at once\b`:       "is safe for concurrent use",
		`called at the same time\b`:     "is safe for concurrent use",
		`may be called from any gorout`: "is safe for concurrent use",
		`to be let in\b`:                "to authenticate",
		`coded (picture|frame|sample)`:  "sample",
		`encoded picture`:               "sample",
		`decoded picture`:               "decoded frame",
	} {
		plain[regexp.MustCompile(`\b`+phrase)] = instead
	}
	return plain
}

// isText reports whether a file has sentences of ours.
func isText(name string) bool {
	switch path.Ext(name) {
	case ".md", ".txtar", ".launch", ".yml", ".txt":
		return true
	default:
		return isSource(name)
	}
}

// checkEnglish finds phrases that do not read as English. Text that is wrapped is searched as one line.
func checkEnglish(module fs.FS) (wrong []string, err error) {
	refused := phrases()
	err = fs.WalkDir(module, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (name == ".git" || name == ".cache" || path.Base(name) == "fuzz"):
			return fs.SkipDir
		case entry.IsDir() || !isText(name) || path.Base(name) == "english_test.go":
			return nil
		}
		text, err := fs.ReadFile(module, name)
		if err != nil {
			return err
		}
		oneLine := wrapped.ReplaceAllString(string(text), " ")
		if path.Ext(name) == ".go" && !terms.MatchString(name) {
			for _, found := range picture.FindAllString(oneLine, -1) {
				wrong = append(wrong, fmt.Sprintf("%s: %q: write %q", name, found, "frame"))
			}
		}
		for phrase, instead := range refused {
			for _, found := range phrase.FindAllString(oneLine, -1) {
				wrong = append(wrong, fmt.Sprintf("%s: %q: write %q", name, found, instead))
			}
		}
		return nil
	})
	slices.Sort(wrong)
	return slices.Compact(wrong), err
}

// wrapped matches the end of a line and what begins the next line of the same comment or list.
var wrapped = regexp.MustCompile(`[ \t]*\n[ \t]*(//|#|\*)?[ \t]*`)

var (
	// picture matches the word for what is a frame here.
	picture = regexp.MustCompile(`\b(?:[Pp]ictures?)\b`)
	// terms matches files that use the specifications' term.
	terms = regexp.MustCompile(`^internal/(bitstream|incoming|packets)/|^pipeline/catalogue/`)
)

// TestEnglish keeps out phrases that were once common here.
func TestEnglish(t *testing.T) {
	wrong, err := checkEnglish(os.DirFS(moduleRoot(t)))
	require.NoError(t, err)
	require.Empty(t, strings.Join(wrong, "\n"))
}

func TestPhrasesAreFound(t *testing.T) {
	wrong, err := checkEnglish(fstest.MapFS{
		"a/a.go":         {Data: []byte("// isX tells\n// whether it is.\npackage a\n")},
		"a/frame.go":     {Data: []byte("// It draws a picture.\npackage a\n")},
		"a/fine.go":      {Data: []byte("// isX reports whether it is. An amendment.\npackage a\n")},
		"docs/a.md":      {Data: []byte("It goes on, and\nNobody is told.\n")},
		"scripts/a":      {Data: []byte("# This\n# shall work.\n")},
		"a/testdata/b.c": {Data: []byte("// set up\n// anew\n")},
		"a/image.png":    {Data: []byte("shall")},
		".cache/x/a.go":  {Data: []byte("// shall\n")},
	})
	require.NoError(t, err)
	require.Equal(t, []string{
		`a/a.go: "tells whether": write "reports whether"`,
		`a/frame.go: "picture": write "frame"`,
		`a/testdata/b.c: "anew": write "again"`,
		`docs/a.md: "Nobody": write "no viewer, a client, or whoever it is"`,
		`docs/a.md: "goes on": write "continue"`,
		`docs/a.md: "is told": write "receives, learns or is notified"`,
		`scripts/a: "shall": write "must or should"`,
	}, wrong)
}
