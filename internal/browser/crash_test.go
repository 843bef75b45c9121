// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestCrash: waiting for a page whose process has crashed returns an error, and other pages
// continue.
func TestCrash(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	b, err := Start(ctx, nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, b.Stop()) }()
	page, err := b.Open(ctx, "about:blank")
	require.NoError(t, err)
	other, err := b.Open(ctx, "about:blank")
	require.NoError(t, err)
	waiting := make(chan error)
	go func() { waiting <- page.Eval(ctx, "new Promise(() => {})", nil) }()
	require.ErrorIs(t, page.call(ctx, "Page.crash", struct{}{}, nil), ErrCrashed)
	require.ErrorIs(t, <-waiting, ErrCrashed)
	require.ErrorIs(t, page.Eval(ctx, "1", nil), ErrCrashed)
	require.NoError(t, other.Eval(ctx, "1", nil))
}
