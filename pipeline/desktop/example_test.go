// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package desktop_test

import (
	"fmt"

	"github.com/gstpublish/gstpublish/pipeline/desktop"
)

func ExampleParseRegion() {
	region, err := desktop.ParseRegion("100,50,1280,720")
	fmt.Println(region, err)
	// Output: 100,50,1280,720 <nil>
}
