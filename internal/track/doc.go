// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package track writes samples to one track of LiveKit's SDK, or to one of its simulcast layers: it splits them into
// RTP packets, knows whether a viewer can receive them, and limits key frame requests.
package track
