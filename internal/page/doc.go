// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package page serves a page on this machine that shows a video of a LiveKit room, the state of its publisher, and what
// the browser measures.
//
// The address contains a random key, so that other users of the machine cannot open the page. A browser that opens it
// receives a token that Options.Token makes, which should permit to subscribe in that room, to send data, and nothing
// else. Nothing is fetched from anywhere else: the page, its script and livekit-client are part of the program.
//
// What the publisher says comes from Options.State, or, if that is nil, by LiveKit's RPC from the publisher itself: the
// method gstpublish.stats, once a second while the page is visible. That is what sending data is needed for.
package page
