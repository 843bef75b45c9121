// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package devserver

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

const (
	// Version is the livekit-server that scripts/setup builds, as scripts/server/go.mod pins it.
	Version = "v1.13.5"

	serverVariable = "LIVEKIT_SERVER"
	serverCommand  = "livekit-server"
)

// cachedServer is where scripts/setup builds the server, relative to the module's root.
var cachedServer = filepath.Join(".cache", "livekit-server-"+Version)

// ErrNotFound means that [Find] found no LiveKit server on this machine.
var ErrNotFound = errors.New("no LiveKit server found")

// Find returns the path of a livekit-server: the one in the environment variable LIVEKIT_SERVER,
// otherwise the one that scripts/setup has built, in .cache of the module around the working
// directory, otherwise the first on PATH. The error is [ErrNotFound] with the command to run, or
// says why the value of LIVEKIT_SERVER is unusable.
func Find() (string, error) {
	if path := os.Getenv(serverVariable); path != "" {
		found, err := exec.LookPath(path)
		if err != nil {
			return "", fmt.Errorf("devserver: using %s=%s: %w", serverVariable, path, err)
		}
		return filepath.Abs(found)
	}
	root, err := moduleRoot()
	if err != nil {
		return "", fmt.Errorf("devserver: finding the LiveKit server: %w", err)
	}
	cached := filepath.Join(root, cachedServer)
	for _, candidate := range []string{cached, serverCommand} {
		if path, err := exec.LookPath(candidate); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("devserver: %w: neither %s nor %s on PATH; run scripts/setup (or make setup) in gstpublish's "+
		"source, or set %s to the path of one", ErrNotFound, cached, serverCommand, serverVariable)
}

// moduleRoot returns the nearest folder with a go.mod, from the working directory up, or the
// working directory if there is none.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, "go.mod")); err == nil {
			return at, nil
		}
		if at == filepath.Dir(at) {
			return dir, nil
		}
	}
}
