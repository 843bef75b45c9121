// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package operators

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/serve"
)

// pipe makes a pipe with a name.
func pipe(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, syscall.Mkfifo(path, 0o600))
	return path
}

// TestConfigurationInAPipe: a configuration that a shell decrypts, as --config <(decrypt FILE), is read once.
func TestConfigurationInAPipe(t *testing.T) {
	path := pipe(t)
	go func() { _ = os.WriteFile(path, []byte("publications: {}"), 0o600) }() // It ends when it is read.
	text, err := configText(path, true)
	require.NoError(t, err)
	for range 2 {
		data, err := text.read()
		require.NoError(t, err)
		require.Equal(t, "publications: {}", string(data))
	}
}

// TestInterruptible: a signal ends the wait for a file that cannot be read.
func TestInterruptible(t *testing.T) {
	stopped := errors.New("stopped")
	ctx, cancel := context.WithCancelCause(t.Context())
	load := interruptible(ctx, func() (*serve.Config, error) { return &serve.Config{LogLevel: "warn"}, nil })
	c, err := load()
	require.NoError(t, err)
	require.Equal(t, "warn", c.LogLevel)

	secret, loading := pipe(t), make(chan struct{})
	load = interruptible(ctx, func() (*serve.Config, error) {
		close(loading)
		_, readErr := reader(func(string) {})(secret)
		return nil, readErr
	})
	go func() {
		<-loading
		cancel(stopped)
	}()
	_, err = load()
	require.ErrorIs(t, err, stopped)
	go func() { _ = os.WriteFile(secret, nil, 0o600) }() // The reader ends.
}
