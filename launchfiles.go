// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package gstpublish

import (
	"embed"
	"io/fs"
)

//go:embed pipelines/*.launch
var launchFiles embed.FS

// LaunchFiles returns the launch files that come with gstpublish, such as camera.launch, for pipeline.ParseFS and
// pipeline.ReadHeader.
func LaunchFiles() fs.FS {
	files, err := fs.Sub(launchFiles, "pipelines")
	if err != nil {
		return launchFiles // The path is valid.
	}
	return files
}
