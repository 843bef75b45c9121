// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package appsrc_test

import (
	"errors"
	"fmt"

	"github.com/gstpublish/gstpublish/appsrc"
)

// A frame refers to the caller's pixels, and must have as many bytes as its format and size say.
func ExampleNewVideoFrame() {
	frame, err := appsrc.NewVideoFrame(appsrc.BufferRGBA, 4, 2, make([]byte, 4*4*2))
	fmt.Println(frame.Width, frame.Height, err)
	_, err = appsrc.NewVideoFrame(appsrc.BufferRGBA, 4, 2, make([]byte, 10))
	fmt.Println(errors.Is(err, appsrc.ErrLength))
	// Output:
	// 4 2 <nil>
	// true
}
