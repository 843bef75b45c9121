// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package page serves a page on this machine that shows a video of a LiveKit room, what its publisher says of it, and
// what the browser measures.
//
// The address contains a random key, so that other users of the machine cannot open the page. A browser that opens it
// receives a token with the right to subscribe in that room and no other right. Nothing is fetched from anywhere else:
// the page, its script and livekit-client are part of the program.
package page
