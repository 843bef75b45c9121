// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package standin

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEnv(t *testing.T) {
	entries := []Entry{
		{Name: "vah264enc", Version: "1.22", Fault: Fault{Kind: Fail, Frame: 100}},
		{Name: "vapostproc", Version: "1.22"},
		{Name: "nvh264enc", Version: "1.26", Fault: Fault{Kind: Abort}},
	}
	text := Env(entries...)
	require.Equal(t, "vah264enc@1.22:fail=100,vapostproc@1.22,nvh264enc@1.26:abort", text)
	read, err := parseEnv(text)
	require.NoError(t, err)
	require.Equal(t, entries, read)
	read, err = parseEnv("")
	require.NoError(t, err)
	require.Empty(t, read)
	require.Empty(t, Env())
}

func TestEveryFaultHasAName(t *testing.T) {
	for k := None; k <= Garbage; k++ {
		read, err := parseFault(k.String())
		require.NoError(t, err)
		require.Equal(t, Fault{Kind: k}, read)
	}
	require.Equal(t, "no such fault", (Garbage + 1).String())
	require.Equal(t, "no such fault", FaultKind(-1).String())
}

func TestFromEnvErrors(t *testing.T) {
	for text, want := range map[string]string{
		"vah264enc":             `"vah264enc" is not NAME@VERSION`,
		"a@1.22,":               `"" is not NAME@VERSION`,
		"a@1.22:sulk":           `there is no fault "sulk", but refuse-ready,`,
		"a@1.22:fail=soon":      `"soon" is not a frame`,
		"a@1.22:fail=-1":        `"-1" is not a frame`,
		"no-such-element@1.22":  "there is no spec of no-such-element",
		"vah264enc@1.2:fail=10": "standin: ",
	} {
		t.Setenv(EnvName, text)
		require.ErrorContains(t, FromEnv(), want, text)
	}
	t.Setenv(EnvName, "")
	require.NoError(t, FromEnv())
	SetFault("vah264enc", Fault{}) // The previous case set it.
}
