// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package bench measures what takes several packages: the way of a frame from
// CaptureFrame through an encoder, how long it takes and what memory it leaves
// behind; and what publishing costs, with layers and networks, in a process of its
// own. What a single package costs is measured in that package.
package bench
