// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package stamps repairs the time stamps of media that comes from outside, and says when media that is not live is
// due. Time is an argument. No type is safe for concurrent use.
package stamps
