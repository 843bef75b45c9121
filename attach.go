// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package gstpublish

import (
	"errors"
	"time"

	"github.com/livekit/protocol/livekit"
	"github.com/livekit/protocol/logger"
	lksdk "github.com/livekit/server-sdk-go/v2"

	"github.com/gstpublish/gstpublish/internal/network"
	"github.com/gstpublish/gstpublish/internal/signal"
)

// attachment is a room that the caller has joined.
type attachment struct {
	room *lksdk.Room
	slot *network.Slot
	over chan struct{} // closed when it is not watched any more
}

// ConnectOptions returns options for the SDK's connect call, with which Attach can take
// over the room. They replace the SDK's interceptors by the same ones and gstpublish's, so
// do not use lksdk.WithInterceptors too; and they silence the SDK's log of this room, which
// quotes access tokens, unless lksdk.WithLogger comes after them. The options are for one
// room.
//
//	room, err := lksdk.ConnectToRoomWithToken(url, token, nil, gstpublish.ConnectOptions()...)
func ConnectOptions() []lksdk.ConnectOption {
	return append(new(network.Slot).ConnectOptions(), lksdk.WithLogger(logger.GetDiscardLogger()))
}

// Prepare lets a room that the caller is about to join publish VP9 in several sizes
// (sink.LayerOptions.Sizes), which needs a part of the SDK that has no public interface. Call
// it between lksdk.NewRoom and joining. The error is that of an SDK in which that part has
// changed. Rooms of Join need no call.
func Prepare(room *lksdk.Room) error {
	if room == nil {
		return ErrNoRoom
	}
	return signal.Prepare(room)
}

// Attach makes a Room of one that the caller has joined with ConnectOptions. It measures what the
// network carries, for everything that is published through it.
//
// The connection stays the caller's: the SDK reconnects, for about a minute after it broke, and
// Close leaves the room connected. Everything that Publish has published is then published again.
// If opts is nil, the defaults are used.
//
// The error is ErrNoRoom, ErrNotPrepared or ErrAttached, or says what is wrong with the options. A
// room that is not connected cannot be attached.
func Attach(room *lksdk.Room, opts *AttachOptions) (*Room, error) {
	if room == nil {
		return nil, ErrNoRoom
	}
	var given AttachOptions
	if opts != nil {
		given = *opts
	}
	o, err := (&Options{
		MaxBandwidth: given.MaxBandwidth, OnEvent: given.OnEvent, AnswerStats: given.AnswerStats,
		ProofDir: given.ProofDir, Logger: given.Logger,
	}).withDefaults()
	if err != nil {
		return nil, err
	}
	if room.ConnectionState() == lksdk.ConnectionStateDisconnected {
		return nil, errors.New("gstpublish: attaching a room: it is not connected")
	}
	factories, known := signal.Interceptors(room)
	if !known {
		return nil, errors.New("gstpublish: attaching a room: this version of LiveKit's SDK is not known")
	}
	slot := network.SlotOf(factories)
	if slot == nil {
		return nil, ErrNotPrepared
	}
	r := newRoom("", nil, o)
	if !slot.Fill(r.network) {
		r.network.Close()
		return nil, ErrAttached
	}
	if err := r.answers.register(room); err != nil {
		slot.Clear()
		r.network.Close()
		return nil, err
	}
	r.attachment = &attachment{room: room, slot: slot, over: make(chan struct{})}
	close(r.accepted)
	close(r.joined)
	go r.watch()
	return r, nil
}

// watchInterval is how often the state of an attached room is read. The SDK reports it
// through callbacks only, which are the caller's.
const watchInterval = 250 * time.Millisecond

// watch follows the state of an attached room.
func (r *Room) watch() {
	defer close(r.attachment.over)
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	var broke time.Time // zero while it is connected
	for {
		select {
		case <-ticker.C:
		case <-r.ctx.Done():
			return
		}
		switch state := r.attachment.room.ConnectionState(); {
		case state == lksdk.ConnectionStateDisconnected:
			r.disconnected(broke)
			return
		case state == lksdk.ConnectionStateReconnecting && broke.IsZero():
			broke = time.Now()
			r.tell(Event{Kind: Interrupted})
		case state == lksdk.ConnectionStateConnected && !broke.IsZero():
			r.tell(Event{Kind: Resumed, Away: time.Since(broke)})
			broke = time.Time{}
		}
	}
}

// disconnected ends a room that the SDK, or the caller, has left.
func (r *Room) disconnected(broke time.Time) {
	lost := &LostError{Reason: r.attachment.room.DisconnectReason()}
	if lost.Reason == livekit.DisconnectReason_UNKNOWN_REASON {
		lost.Reason = livekit.DisconnectReason_SIGNAL_CLOSE
	}
	if !broke.IsZero() {
		lost.Away = time.Since(broke)
	}
	r.tell(Event{Kind: Lost, Away: lost.Away, Err: lost})
	r.lose(lost)
}

// release gives the room back to the caller.
func (a *attachment) release() {
	<-a.over
	a.slot.Clear()
}
