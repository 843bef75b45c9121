// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package devserver runs a real LiveKit server on loopback, for the demo and for tests.
//
// A server is a child process with its own free ports, so that many run side by side. It needs no network but loopback,
// looks nothing up elsewhere, and doesn't outlive its parent where the system can see to that (Linux).
package devserver
