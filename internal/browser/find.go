// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// variable is the environment variable that names the Chromium to use.
const variable = "CHROMIUM"

// commands are the names of Chromium and of browsers that are built from it.
var commands = [...]string{"chromium", "chromium-browser", "google-chrome"} // never written

// ErrNotFound means that Find found no Chromium on this machine.
var ErrNotFound = errors.New("no Chromium found")

// Find returns the path of a Chromium: the one in the environment variable CHROMIUM, otherwise the
// first on PATH that is named chromium, chromium-browser or google-chrome. The error is
// ErrNotFound, or says why the value of CHROMIUM is unusable.
func Find() (string, error) {
	if path := os.Getenv(variable); path != "" {
		found, err := exec.LookPath(path)
		if err != nil {
			return "", fmt.Errorf("browser: using %s=%s: %w", variable, path, err)
		}
		return filepath.Abs(found)
	}
	for _, name := range commands {
		if path, err := exec.LookPath(name); err == nil {
			return filepath.Abs(path)
		}
	}
	return "", fmt.Errorf("browser: %w on PATH: run scripts/setup (or make setup), or set %s to the path of one",
		ErrNotFound, variable)
}
