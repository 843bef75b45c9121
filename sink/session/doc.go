// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package session joins a LiveKit room and keeps in it.
//
// LiveKit's SDK resumes a connection, and joins anew where that fails; but each
// of its attempts comes later than the last, and after a minute it gives up. A
// Session lets the SDK go first. Beside it, it watches whether the server
// answers; once one that was away is back, and the SDK isn't at once, it joins
// in a new lksdk.Room, with a new access token, and moves there what is
// published (a Mover). So what is captured goes on through a restart of the
// server. Events tell the caller; a loss for good is a *LostError.
package session
