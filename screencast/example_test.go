// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package screencast_test

import (
	"fmt"

	"github.com/gstpublish/gstpublish/screencast"
)

// The defaults of a screen are LiveKit's presets for its size.
func ExampleDefaults() {
	o := screencast.Defaults(1280, 720)
	fmt.Println(o.FPS > 0, o.MaxBitrate >= o.Floor)
	// Output: true true
}
