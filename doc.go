// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package gstpublish publishes live video, and screens, in LiveKit rooms.
//
//	room, err := gstpublish.Join(ctx, url, gstpublish.Token(token), nil)
//	// ...
//	defer room.Close()
//	source, err := appsrc.NewVideoSource(1280, 720, &appsrc.Options{IsScreencast: true})
//	// ...
//	publication, err := room.Publish(ctx, source, nil)
//	// ...
//	err = source.CaptureFrame(frame, nil)
//
// A [Room] publishes frames from the program (package appsrc), a GStreamer pipeline from
// launch text or a file (package pipeline), or a captured screen (package
// screencast); as many of them at the same time as the caller likes. It measures
// what the network carries and keeps all of them within that. It comes back after the
// connection breaks or the server restarts. It uses hardware encoders that have encoded
// real frames on this machine, and replaces an encoder that fails.
//
// A program that joins rooms with LiveKit's SDK passes [ConnectOptions] to the SDK, and
// the room to [Attach].
//
// # Logging
//
// LiveKit's SDK logs to standard error by default, and its log quotes access tokens.
// Importing this package silences that default; a program that wants the SDK's log calls
// lksdk.SetLogger, as before. A Room logs to Options.Logger only, and to nothing if that
// is nil. There, the SDK's messages have level Debug, without secrets.
package gstpublish

import (
	"github.com/livekit/protocol/logger"
	lksdk "github.com/livekit/server-sdk-go/v2"
)

// init silences the SDK's default log. It must not be later: the SDK reads its logger
// without a lock wherever a room is joined.
func init() { lksdk.SetLogger(logger.GetDiscardLogger()) }
