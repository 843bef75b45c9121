// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package session

// Connected reports whether the SDK's connection is established, for a participant who sends or who does not.
func (s *Session) Connected(sends bool) bool { return s.current().connected(sends) }
