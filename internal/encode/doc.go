// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package encode has the encode chain: a pipeline that converts, scales and encodes the frames that
// a program pushes. Its bit rate, quality and size can change with each frame.
package encode
