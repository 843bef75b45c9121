// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package attempt

import (
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

// best judges attempts that measure these figures, in turn.
func best(t *testing.T, figures ...int) (attempts, ended int) {
	t.Helper()
	Best(t, func(t *testing.T, verdict *Verdict) {
		t.Helper()
		require.Equal(t, attempts, ended, "the attempt before has ended")
		t.Cleanup(func() { ended++ })
		figure := figures[attempts]
		attempts++
		require.GreaterOrEqual(t, figure, 0)
		verdict.Want(figure >= 5, "a figure of %d, want 5", figure)
	})
	return attempts, ended
}

func TestAGoodAttemptIsEnough(t *testing.T) {
	for want, figures := range map[int][]int{1: {5}, 2: {4, 6}, 3: {4, 3, 5}} {
		attempts, ended := best(t, figures...)
		require.Equal(t, want, attempts)
		require.Equal(t, want, ended)
	}
}

// TestChild fails in a process of its own, for TestWhatFails.
func TestChild(t *testing.T) {
	switch os.Getenv("ATTEMPT_TEST") {
	case "figures":
		best(t, 4, 3, 2, 9)
	case "wrong":
		best(t, -1, 9)
	default:
		t.Skip("for TestWhatFails")
	}
}

func TestWhatFails(t *testing.T) {
	for kind, says := range map[string]string{
		"figures": "none of 3 attempts was good enough; the last one",
		"wrong":   "attempt_1",
	} {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestChild$", "-test.v")
		cmd.Env = append(os.Environ(), "ATTEMPT_TEST="+kind)
		out, err := cmd.CombinedOutput()
		require.Error(t, err, "%s", out)
		require.Contains(t, string(out), says)
		require.Contains(t, string(out), "--- FAIL: TestChild")
		if kind == "wrong" {
			require.NotContains(t, string(out), "attempt_2", "what is wrong is not tried again")
		}
	}
}
