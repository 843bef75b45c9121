// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package catalogue_test

import (
	"fmt"

	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// The candidates of a codec, in the order in which they are tried.
func ExampleFor() {
	codec, err := catalogue.ParseCodec("vp8")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, row := range catalogue.For(codec) {
		if !row.Hardware() {
			fmt.Println(row.Factory)
		}
	}
	// Unordered output:
	// gpvp8enc
	// vp8enc
}
