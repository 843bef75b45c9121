// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

//go:build noscreenenc

// Package screenenc is left out of this build: GStreamer's stock elements do what
// they can.
package screenenc

import "unsafe"

// Included says that the elements are built in.
const Included = false

// Register does nothing.
func Register() error { return nil }

// Libraries are none.
func Libraries() string { return "" }

// SampleInfoOf finds nothing.
func SampleInfoOf(unsafe.Pointer) (info SampleInfo, ok bool) { return SampleInfo{Quantizer: -1}, false }
