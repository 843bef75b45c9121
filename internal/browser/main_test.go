// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package browser_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/livekit/protocol/logger"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/browser"
	"github.com/gstpublish/gstpublish/internal/devserver"
	"github.com/gstpublish/gstpublish/internal/gsttest"
	"github.com/gstpublish/gstpublish/internal/test/need"
)

// wait limits what a test waits for.
const wait = time.Minute

// chromium and server are shared by all tests.
var (
	chromium *browser.Browser
	server   *devserver.Server
)

func TestMain(m *testing.M) {
	if os.Getenv(parentVariable) != "" {
		parent()
		return
	}
	lksdk.SetLogger(logger.GetDiscardLogger())
	gsttest.Main(withBrowser{m})
}

// withBrowser starts a browser and a server, runs the tests, and stops both.
type withBrowser struct{ m *testing.M }

func (w withBrowser) Run() int {
	if need.ShortSkipsAll("a browser") {
		return 0
	}
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	var err error
	if chromium, err = browser.Start(ctx, nil); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := 1
	if server, err = devserver.Start(ctx, nil); err == nil {
		code = w.m.Run()
		err = server.Stop(context.Background())
	}
	if err = errors.Join(err, chromium.Stop()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	t.Cleanup(cancel)
	return ctx
}

// open opens a page.
func open(t *testing.T, url string) *browser.Page {
	t.Helper()
	page, err := chromium.Open(within(t), url)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, page.Close(context.Background())) })
	return page
}

// waitFor waits until the condition holds.
func waitFor(t *testing.T, what string, condition func() bool) {
	t.Helper()
	ctx := within(t)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			require.FailNow(t, "waited too long for "+what)
		}
	}
}
