// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

//go:build noscreenenc

// Package screenenc is excluded from this build. GStreamer's stock encoders are used.
package screenenc

import "unsafe"

// Included reports whether the elements are built in.
const Included = false

// Register does nothing.
func Register() error { return nil }

// Libraries returns "".
func Libraries() string { return "" }

// SampleInfoOf returns no information.
func SampleInfoOf(unsafe.Pointer) (info SampleInfo, ok bool) { return SampleInfo{Quantizer: -1}, false }
