// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package operators

import (
	"bytes"
	"maps"
	"regexp"
	"slices"
	"sync"
	"testing"
)

// refusals counts the lines of a server's log that say why a job was not assigned, by what they say.
type refusals struct {
	mu     sync.Mutex // protects the following fields
	rest   []byte     // of a line that is not complete
	counts map[string]int
	first  map[string]string // the first line
}

// refusal matches those messages of livekit-server 1.13.5, and refusalError their error.
var (
	refusal = regexp.MustCompile(`failed to send job request|not dispatching agent job|failed to assign job to worker|` +
		`no worker available to handle job|availability response for unknown job|failed to check enabled|` +
		`failed to handle request`)
	refusalError = regexp.MustCompile(`"error": *"([^"]*)"`)
)

// Write implements io.Writer.
func (r *refusals) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rest = append(r.rest, p...)
	for {
		line, rest, complete := bytes.Cut(r.rest, []byte("\n"))
		if !complete {
			return len(p), nil
		}
		r.add(string(line))
		r.rest = rest
	}
}

func (r *refusals) add(line string) {
	what := refusal.FindString(line)
	if what == "" {
		return
	}
	if m := refusalError.FindStringSubmatch(line); m != nil {
		what += ": " + m[1]
	}
	if r.counts[what]++; r.counts[what] == 1 {
		r.first[what] = line
	}
}

// log logs the counts.
func (r *refusals) log(b *testing.B) {
	b.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, what := range slices.Sorted(maps.Keys(r.counts)) {
		b.Logf("the server logged %d times %q, first:\n%s", r.counts[what], what, r.first[what])
	}
}
