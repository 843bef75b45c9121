// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package attempt judges figures that are measured in real time, such as a frame rate or a share of a link. Other work
// on the machine can only make them worse. So a test passes if one of three attempts is good enough: a machine that is
// busy for a moment does not fail it, and a regression, which spoils every attempt, does.
//
// The bounds of a figure stay those that users are promised. What is right or wrong whatever the machine does, such as
// the content and the order of frames, is required in each attempt.
package attempt

import (
	"fmt"
	"strings"
	"testing"
)

// Most is the number of attempts after which a figure that was never good enough fails the test.
const Most = 3

// Verdict collects what was not good enough in one attempt.
type Verdict struct{ faults []string }

// Want notes a fault unless good. The text says what the figure is, and what it should be.
func (v *Verdict) Want(good bool, format string, args ...any) {
	if !good {
		v.faults = append(v.faults, fmt.Sprintf(format, args...))
	}
}

// Good reports whether nothing was wrong.
func (v *Verdict) Good() bool { return len(v.faults) == 0 }

// Best calls measure in a subtest of its own, until an attempt has no fault, at most Most times. Each attempt logs its
// faults; those of the last one fail t. What measure makes for an attempt and ends by its t.Cleanup has ended before
// the next attempt begins.
//
// measure judges figures by verdict.Want, which does not stop it. What a function like require.Equal finds with t fails
// the test at once.
func Best(t *testing.T, measure func(t *testing.T, verdict *Verdict)) {
	t.Helper()
	for i := 1; ; i++ {
		var verdict Verdict
		ran := t.Run(fmt.Sprintf("attempt %d", i), func(t *testing.T) { measure(t, &verdict) })
		switch {
		case !ran: // It has failed for another reason.
			return
		case verdict.Good():
			return
		case i == Most:
			t.Errorf("none of %d attempts was good enough; the last one:\n%s", Most, strings.Join(verdict.faults, "\n"))
			return
		}
		t.Logf("attempt %d was not good enough:\n%s", i, strings.Join(verdict.faults, "\n"))
	}
}
