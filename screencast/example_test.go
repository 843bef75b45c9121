// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package screencast_test

import (
	"fmt"

	"github.com/gstpublish/gstpublish/screencast"
)

func ExampleParseRegion() {
	region, err := screencast.ParseRegion("100,50,1280,720")
	fmt.Println(region, err)
	// Output: 100,50,1280,720 <nil>
}
