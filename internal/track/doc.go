// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package track writes samples into one track of LiveKit's SDK, or into one simulcast layer of it: it cuts them into
// RTP packets, knows whether a viewer gets them, and limits the requests for key frames.
package track
