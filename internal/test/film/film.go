// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package film captures test frames, for tests that look at what arrives.
package film

import (
	"sync"
	"testing"
	"time"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/testframe"
)

// Start captures test frames of width x height px, fps a second, until the test ends. Their index counts from 1. The
// source must stay open until the clean-up of the test: close it in a clean-up that is registered before this call. An
// error of the source fails the test.
func Start(tb testing.TB, src *appsrc.VideoSource, width, height, fps int) {
	tb.Helper()
	stop := make(chan struct{})
	var filming sync.WaitGroup
	tb.Cleanup(func() {
		close(stop)
		filming.Wait()
	})
	filming.Go(func() {
		tick := time.NewTicker(time.Second / time.Duration(fps))
		defer tick.Stop()
		frame := testframe.Draw(appsrc.BufferI420, width, height, 0)
		for index := uint32(1); ; index++ {
			select {
			case <-stop:
				return
			case <-tick.C:
			}
			testframe.Redraw(frame, index)
			if err := src.CaptureFrame(frame, nil); err != nil {
				tb.Error(err)
				return
			}
		}
	})
}
