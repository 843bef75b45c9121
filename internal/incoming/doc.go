// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package incoming checks samples that a pipeline has encoded, before they are sent as they are:
// whether viewers can decode their format, whether they come in the order in which they are shown,
// and whether something is missing before them. It knows nothing of GStreamer, tracks and time.
package incoming
