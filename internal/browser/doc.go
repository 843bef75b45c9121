// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package browser runs a real Chromium without a window, for tests of what
// browsers make of a stream. It steers it through a pair of pipes (the DevTools
// protocol), so that no port is open and the browser ends with its parent,
// whichever way that ends.
//
// The tests of this package are what it is for: Chromium shows what the encoders
// make and package packets sends.
package browser
