// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline_test

import (
	"errors"
	"fmt"

	"github.com/gstpublish/gstpublish/pipeline"
)

// What launch text leaves unlinked becomes an output.
func ExampleParse() {
	p, err := pipeline.Parse("videotestsrc ! video/x-raw,width=320,height=240", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer p.Close()
	fmt.Println(len(p.Outputs()), p.State() == pipeline.StateBuilt)
	// Output: 1 true
}

// Mistakes are found before anything runs.
func ExampleParse_mistake() {
	_, err := pipeline.Parse("videotestsrc patern=ball", nil)
	var wrong *pipeline.PropertyError
	fmt.Println(errors.As(err, &wrong))
	// Output: true
}
