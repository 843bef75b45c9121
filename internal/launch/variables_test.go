// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package launch

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestExpand(t *testing.T) {
	values := map[string]string{"file": "my clip.mp4", "source": "videotestsrc pattern=ball", "quote": `a"b\`, "empty": ""}
	lookup := func(name string) (string, bool) {
		value, ok := values[name]
		return value, ok
	}
	for text, want := range map[string]string{
		"filesrc location=${file} ! b":    `filesrc location=my\ clip.mp4 ! b`,
		`filesrc location="${file}"`:      `filesrc location="my clip.mp4"`,
		`a text="x ${quote} y"`:           `a text="x a\"b\\ y"`,
		"${source} ! b":                   "videotestsrc pattern=ball ! b",
		"a ! v/x,width=${width:-640} ! b": "a ! v/x,width=640 ! b",
		"a x=${empty:-1} y=${width:-}":    "a x=1 y=",
		"a x=$${file}":                    "a x=${file}",
		"# ${nothing}\na x=${file}":       "# ${nothing}\na x=my\\ clip.mp4",
		"a x=$file":                       "a x=$file",
	} {
		got, err := Expand(text, lookup)
		require.NoError(t, err, "%s", text)
		require.Equal(t, want, got.Text, "%s", text)
	}
	_, err := Expand("a ! b x=${device}", lookup)
	var place *Error
	require.ErrorAs(t, err, &place)
	require.Equal(t, 8, place.Start)
	require.EqualError(t, err,
		"the variable device has no value: add --set device=VALUE, or set it in the environment")
}

// TestPlacesAreThoseOfTheSource: an error in expanded text shows what the user wrote.
func TestPlacesAreThoseOfTheSource(t *testing.T) {
	values := map[string]string{"source": "videotestsrc pattern=ball", "x": ""}
	const source = "${source} ! queue\n! b w=${x:-12} h=$${y} ! c"
	e, err := Expand(source, func(name string) (string, bool) { return values[name], true })
	require.NoError(t, err)
	for part, want := range map[string]string{
		"pattern=ball": "${source}", "queue": "queue", "b": "b", "w=12": "w=${x:-12}", "12": "${x:-12}", "c": "c",
		"videotestsrc pattern=ball ! queue": "${source} ! queue", "h=${y}": "h=$${y}",
	} {
		start := strings.LastIndex(e.Text, part)
		_, begin, end := e.Source(start, start+len(part))
		require.Equal(t, want, source[begin:end], "%s", part)
	}
}

func TestHeader(t *testing.T) {
	const text = "# A camera,\n# at its best.\n#\n# Publishes: video\n# Needs: gstreamer1.0-plugins-good\n#   (v4l2src)" +
		"\n#\n# More.\n\n# Not this: x\na x=${device:-/dev/video0} y=${key} z=${device} w=${key:-k} # $${no}\n# ${nor}\n"
	require.Equal(t, Header{"A camera, at its best.", "video", "gstreamer1.0-plugins-good (v4l2src)"}, ReadHeader(text))
	require.Equal(t, []Variable{{"device", "/dev/video0", true}, {"key", "k", true}}, Variables(text))
	require.Equal(t, Header{}, ReadHeader("a ! b\n# c\n"))
}
