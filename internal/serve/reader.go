// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// reader reads nodes of YAML. It keeps the first error, by its place in the text.
type reader struct {
	source *Source
	err    error
	at     *yaml.Node // of err
	depth  int        // of mappings, since anchors can contain themselves
}

func (r *reader) fail(n *yaml.Node, err error) {
	if r.err != nil && (r.at.Line < n.Line || r.at.Line == n.Line && r.at.Column <= n.Column) {
		return
	}
	r.at = n
	r.err = &Error{Name: r.source.Name, Line: n.Line, Column: n.Column, Err: err}
}

// syntaxLine is how the errors of package yaml begin.
var syntaxLine = regexp.MustCompile(`^yaml: line (\d+): `)

func syntaxError(name string, err error) *Error {
	text := err.Error()
	e := &Error{Name: name, Err: errors.New(strings.TrimPrefix(text, "yaml: "))}
	if m := syntaxLine.FindStringSubmatch(text); m != nil {
		e.Line, _ = strconv.Atoi(m[1]) // digits
		e.Column = 1
		text = strings.TrimPrefix(text, m[0])
		e.Err = errors.New(text + syntaxHints[text])
	}
	return e
}

// syntaxHints says what is usually the cause of an error of package yaml. The first of them has the line at which the
// block begins.
var syntaxHints = map[string]string{
	"did not find expected key": " in the block that begins here: is a line of it indented differently, " +
		"or a quote missing?",
	"found character that cannot start any token":     ": is it a tab? YAML is indented with spaces",
	"found a tab character that violates indentation": ": YAML is indented with spaces",
}

// maxDepth is more than a configuration needs.
const maxDepth = 20

// mapping calls f for each key of a mapping.
func (r *reader) mapping(n *yaml.Node, f func(key string, k, v *yaml.Node)) {
	n = resolve(n)
	if n.Kind != yaml.MappingNode {
		r.fail(n, fmt.Errorf("expected a mapping (key: value), got %s", kind(n)))
		return
	}
	if r.depth++; r.depth > maxDepth {
		r.fail(n, errors.New("too many mappings inside each other"))
		return
	}
	defer func() { r.depth-- }()
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], resolve(n.Content[i+1])
		if k.Tag == "!!merge" {
			r.mapping(v, f)
			continue
		}
		if seen[k.Value] {
			r.fail(k, fmt.Errorf("the key %q is there twice", k.Value))
		}
		seen[k.Value] = true
		f(k.Value, k, v)
	}
}

// resolve returns what an alias stands for.
func resolve(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

func kind(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	default:
		if n.Tag == "!!null" {
			return "nothing"
		}
		return strconv.Quote(n.Value)
	}
}

// unknown reports a key that is not known.
func (r *reader) unknown(k *yaml.Node, known []string) {
	text := fmt.Sprintf("unknown key %q", k.Value)
	if near := similar(k.Value, known); near != "" {
		text += fmt.Sprintf(": did you mean %s?", near)
	}
	r.fail(k, errors.New(text))
}

// similar returns the known key that differs least; "" if none is close.
func similar(key string, known []string) string {
	best, least := "", 3
	for _, other := range known {
		if d := distance(strings.ReplaceAll(key, "_", "-"), strings.ReplaceAll(other, "_", "-")); d < least {
			best, least = other, d
		}
	}
	return best
}

// distance is Levenshtein's.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			before, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, before+cost)
		}
	}
	return row[len(b)]
}

// text reads text, or a number or a truth value as it is written.
func (r *reader) text(n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		r.fail(n, fmt.Errorf("expected text, got %s", kind(n)))
		return ""
	}
	return n.Value
}

// list reads text, or a list of it.
func (r *reader) list(n *yaml.Node) []string {
	if n.Kind != yaml.SequenceNode {
		return []string{r.text(n)}
	}
	var all []string
	for _, element := range n.Content {
		all = append(all, r.text(resolve(element)))
	}
	return all
}

func (r *reader) truth(n *yaml.Node) bool {
	if n.Kind != yaml.ScalarNode || n.Tag != "!!bool" {
		r.fail(n, fmt.Errorf("expected true or false, got %s", kind(n)))
	}
	return strings.EqualFold(n.Value, "true")
}

func (r *reader) oneOf(n *yaml.Node, values ...string) string {
	if text := r.text(n); slices.Contains(values, text) {
		return text
	}
	r.fail(n, fmt.Errorf("expected one of %s, got %s", strings.Join(values, ", "), kind(n)))
	return values[0]
}

func (r *reader) port(n *yaml.Node) int {
	port, err := strconv.Atoi(r.text(n))
	if err != nil || port < 0 || port > 65535 {
		r.fail(n, fmt.Errorf("expected a port from 0 (any free one) to 65535, got %s", kind(n)))
	}
	return port
}

func (r *reader) duration(n *yaml.Node) time.Duration {
	d, err := time.ParseDuration(r.text(n))
	if err != nil || d < 0 {
		r.fail(n, fmt.Errorf("expected a duration such as 30s, got %s", kind(n)))
	}
	return d
}

// secret reads a file that contains a secret.
func (r *reader) secret(n *yaml.Node) string {
	data, err := r.source.ReadFile(r.text(n))
	value := strings.TrimSpace(string(data))
	switch {
	case err != nil:
		r.fail(n, err)
	case value == "":
		r.fail(n, fmt.Errorf("the file %s is empty", n.Value))
	}
	return value
}
