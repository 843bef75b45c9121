// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package session keeps a participant connected to a LiveKit room.
//
// LiveKit's SDK resumes a connection, and joins again if that fails; but each of its attempts comes
// later than the last, and after a minute it gives up. A Session lets the SDK try first, and
// meanwhile polls whether the server answers. Once a server that was away is back, and the SDK has
// not reconnected at once, the session joins with a new lksdk.Room and a new access token, and
// moves its publications there (see Mover). So capture continues through a restart of the server.
// Events inform the caller; a permanent loss is a *LostError.
package session
