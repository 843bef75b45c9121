// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package console

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSplitInputs(t *testing.T) {
	require.Equal(t, &Inputs{
		Shared: []string{"gstpublish", "-v", "run", "-r", "demo"},
		Names:  []string{"a.mp4", "rtsp://b"},
		Own:    [][]string{{"--codec", "vp9"}, nil},
	}, SplitInputs(strings.Fields("gstpublish -v run -r demo --input a.mp4 --codec vp9 --input=rtsp://b")))
	for _, none := range []string{
		"gstpublish", "gstpublish run -r demo a.mp4", "gstpublish watch --input x", "gstpublish -v", "gstpublish run --input",
	} {
		require.Nil(t, SplitInputs(strings.Fields(none)), "%s", none)
	}
}
