// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package pipelines has launch files: examples to start from, each run by a
// test, and the test pattern of `gstpublish demo`.
package pipelines

import (
	"embed"
	"io/fs"
)

// TestPattern is the name of the launch file that the demo publishes.
const TestPattern = "testpattern.launch"

//go:embed *.launch
var files embed.FS

// FS holds the launch files, as NAME.launch, so that they are at hand in any
// folder.
func FS() fs.FS { return files }
