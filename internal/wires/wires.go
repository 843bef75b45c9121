// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package wires passes what a gstpublish.Room owns to the calls of package sink that publish in the
// room. It travels in their context: options of sink are for every module, and these types are not.
package wires

import (
	"context"

	lksdk "github.com/livekit/server-sdk-go/v2"

	"github.com/gstpublish/gstpublish/internal/network"
	"github.com/gstpublish/gstpublish/internal/proof"
)

// Wires are what a room owns. The zero value is that of a publication without a room of package
// gstpublish.
type Wires struct {
	// Prover finds out which encoders work. If it is nil, the first installed software encoder is
	// used.
	Prover *proof.Prover
	// Network is the one of the room's connection: it estimates the bandwidth and paces packets. If
	// it is nil, packets leave as they come.
	Network *network.Network
	// Room waits until tracks can be published in the room, and returns it. If it is nil, the room
	// is not known before it is published in.
	Room func(ctx context.Context) (*lksdk.Room, error)
}

type key struct{}

// With returns a context with the wires.
func With(ctx context.Context, w Wires) context.Context { return context.WithValue(ctx, key{}, w) }

// From returns the wires of a context; none by default.
func From(ctx context.Context) Wires {
	w, _ := ctx.Value(key{}).(Wires) // Nothing else has this key.
	return w
}
