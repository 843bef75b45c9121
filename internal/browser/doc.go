// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package browser runs headless Chromium, for tests of what browsers make of a stream. It controls
// the browser through a pair of pipes (the DevTools protocol), so no port is open, and the browser
// ends with its parent, however that ends.
//
// The tests of this package check that Chromium shows the output of the encoders as package packets
// sends it.
package browser
