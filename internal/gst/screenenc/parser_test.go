// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

//go:build !noscreenenc

package screenenc_test

import "testing"

// TestParsersKeepMetadata puts the codec's parser, if there is one, after the encoder; pull checks
// the metadata.
func TestParsersKeepMetadata(t *testing.T) {
	each(t, func(t *testing.T, e *element) {
		t.Helper()
		if e.codec.Parser() == "" {
			return
		}
		f := start(t, e, "screen=true ! "+e.codec.Parser()+" ! "+e.codec.StreamCaps())
		for n := range 10 {
			f.encode(page(320, 180, n))
		}
	})
}
