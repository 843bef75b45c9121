// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// mappings are the keys whose value is a mapping.
var mappings = []string{"logging", "defaults", "publications", "environment"}

// TestEachKey: a value of the wrong kind is an error with the line and the column of the value, for each key; and so is
// a key that is slightly wrong, which is named.
func TestEachKey(t *testing.T) {
	inPublication := slices.Concat(publicationKeys, credentialKeys, slices.Sorted(maps.Keys(source(nil).Flags)))
	for _, level := range []struct {
		head, tail string // of the configuration
		keys       []string
	}{
		{"", "\npublications:\n  a: {pipeline: x, room: r}\n", slices.Concat(topKeys, credentialKeys)},
		{"logging:\n  ", "\npublications:\n  a: {pipeline: x, room: r}\n", []string{"level", "json"}},
		{"publications:\n  a:\n    ", "\n", inPublication},
		{"defaults:\n  ", "\npublications:\n  a: {pipeline: x, room: r}\n", inPublication},
	} {
		for _, key := range level.keys {
			value := "{a: {b: c}}"
			if slices.Contains(mappings, key) {
				value = "[a]"
			}
			tail := level.tail
			if key == "publications" {
				tail = "\n"
			}
			lines := strings.Split(level.head, "\n")
			line, column := len(lines), len(lines[len(lines)-1])+1
			_, err := Parse([]byte(level.head+key+": "+value+tail), source(nil))
			require.ErrorContains(t, err, fmt.Sprintf("serve.yaml:%d:%d: expected ", line, column+len(key+": ")), key)
			_, err = Parse([]byte(level.head+key+"x: "+value+tail), source(nil))
			require.ErrorContains(t, err, fmt.Sprintf("serve.yaml:%d:%d: unknown key %q: did you mean ", line, column,
				key+"x"), key)
		}
	}
}
