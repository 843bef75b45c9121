// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package e2e has end-to-end tests: from CaptureFrame or a pipeline through a real LiveKit server to a subscriber that
// decodes and checks the frames. The server runs on loopback; scripts/setup builds it.
package e2e
