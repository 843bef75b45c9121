// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package launch

import (
	"fmt"
	"strings"

	"github.com/gstpublish/gstpublish/internal/gst"
)

// ownCapsName is the name of an element for caps that GStreamer's grammar does not allow where they are.
const ownCapsName = gst.OwnPrefix + "caps%d"

// ForGStreamer returns the text as GStreamer takes it. GStreamer needs an element after caps, and after a link. Here a
// branch may end with either, since its end is what is published.
func (t *Text) ForGStreamer(tokens []Token) string {
	var b strings.Builder
	done, n := 0, 0
	replace := func(start, end int, by string) {
		b.WriteString(t.clean[done:start])
		b.WriteString(by)
		done = end
	}
	for i, token := range tokens {
		switch {
		case needsElement(tokens, i):
			replace(token.Start, token.End, fmt.Sprintf(`capsfilter name=`+ownCapsName+` caps="%s"`,
				n, strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(token.Caps.Text)))
			n++
		case token.Kind == CapsFilter && strings.ContainsAny(token.Text[:1], `"'`):
			replace(token.Start, token.End, token.Text[1:len(token.Text)-1])
		case token.Kind == Link && isLast(tokens, i):
			replace(token.Start, token.End, "")
		}
	}
	return b.String() + t.clean[done:]
}

// needsElement reports whether a token is caps between which and the next or the previous element there is no link.
func needsElement(tokens []Token, i int) bool {
	return tokens[i].Kind == CapsFilter && (endsBranch(tokens, i) || follows(tokens, i, CapsFilter))
}

// ownCaps returns the tokens that ForGStreamer replaces by elements.
func ownCaps(tokens []Token) []Token {
	var found []Token
	for i, token := range tokens {
		if needsElement(tokens, i) {
			found = append(found, token)
		}
	}
	return found
}

// isLast reports whether a token is the last one of the text or of its bin.
func isLast(tokens []Token, i int) bool { return i+1 == len(tokens) || tokens[i+1].Kind == Close }

// endsBranch reports whether nothing is linked to what a token makes.
func endsBranch(tokens []Token, i int) bool {
	return isLast(tokens, i) || tokens[i+1].Kind != Link || isLast(tokens, i+1)
}

// follows reports whether a token is linked to one of a kind before it.
func follows(tokens []Token, i int, kind Kind) bool {
	return i >= 2 && tokens[i-1].Kind == Link && tokens[i-2].Kind == kind
}
