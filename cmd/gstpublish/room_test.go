// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/livekit/protocol/livekit"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/gstpublish/gstpublish/internal/devserver"
	"github.com/gstpublish/gstpublish/internal/test/turns"
)

// soon is less than the server takes to notice a participant that has gone without
// leaving, which is its ICE timeouts.
const soon = 10 * time.Second

// startTURN makes a TURN server over TLS the only way to a server. Its certificate is in turn.pem.
func startTURN(ts *testscript.TestScript, o *devserver.Options) {
	o.MediaIP = netip.MustParseAddr("192.0.2.1") // that of no host (RFC 5737)
	relay, err := turns.Start(o.MediaIP)
	ts.Check(err)
	ts.Defer(func() { ts.Check(relay.Close()) })
	ts.Check(os.WriteFile(ts.MkAbs("turn.pem"), relay.Certificate, 0o600))
	o.TURN, o.TURNUser, o.TURNPassword = relay.Port, turns.Username, turns.Credential
}

// serverOptions are those of "server start": tcp, turn, unmute, max=NUMBER and MIME types, the
// only ones that may be published.
func serverOptions(ts *testscript.TestScript, args []string) *devserver.Options {
	o := &devserver.Options{}
	for _, arg := range args {
		limit, isLimit := strings.CutPrefix(arg, "max=")
		switch {
		case arg == "tcp":
			o.TCPOnly = true
		case arg == "turn":
			startTURN(ts, o)
		case arg == "unmute":
			o.RemoteUnmute = true
		case isLimit:
			var err error
			o.MaxParticipants, err = strconv.Atoi(limit)
			ts.Check(err)
		case strings.Contains(arg, "/"):
			o.Codecs = append(o.Codecs, arg)
		default:
			ts.Fatalf("unknown option of a server: %s", arg)
		}
	}
	return o
}

// roomService returns a client for the API of the script's server.
func roomService(ts *testscript.TestScript) *lksdk.RoomServiceClient {
	return lksdk.NewRoomServiceClient(
		ts.Getenv("LIVEKIT_URL"), ts.Getenv("LIVEKIT_API_KEY"), ts.Getenv("LIVEKIT_API_SECRET"))
}

// callAPI calls the server's API for a room, or for a participant in it. mute and unmute are for all of
// their tracks, and wait until there is one and the server says that it is so.
func callAPI(ts *testscript.TestScript, args []string) {
	client := roomService(ts)
	ctx, cancel := context.WithTimeout(context.Background(), waitTimeout)
	defer cancel()
	if args[0] == "delete" {
		_, err := client.DeleteRoom(ctx, &livekit.DeleteRoomRequest{Room: args[1]})
		ts.Check(err)
		return
	}
	if len(args) < 3 {
		ts.Fatalf("usage: api %s ROOM IDENTITY", args[0])
	}
	who := &livekit.RoomParticipantIdentity{Room: args[1], Identity: args[2]}
	var err error
	switch args[0] {
	case "permit", "forbid":
		_, err = client.UpdateParticipant(ctx, &livekit.UpdateParticipantRequest{
			Room: who.GetRoom(), Identity: who.GetIdentity(),
			Permission: &livekit.ParticipantPermission{CanPublish: args[0] == "permit", CanSubscribe: true},
		})
	case "remove":
		_, err = client.RemoveParticipant(ctx, who)
	case "mute", "unmute":
		err = setMuted(client, who, args[0] == "mute")
	default:
		ts.Fatalf("no way to %s a participant", args[0])
	}
	ts.Check(err)
}

// setMuted mutes or unmutes all tracks of a participant. A busy server may not know of a track yet, or answer too late.
func setMuted(client *lksdk.RoomServiceClient, who *livekit.RoomParticipantIdentity, muted bool) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), waitTimeout)
	defer cancel()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for {
		info, err := client.GetParticipant(ctx, who)
		done := len(info.GetTracks()) > 0
		for _, track := range info.GetTracks() {
			if track.GetMuted() == muted {
				continue
			}
			done = false
			_, muteErr := client.MutePublishedTrack(ctx, &livekit.MuteRoomTrackRequest{
				Room: who.GetRoom(), Identity: who.GetIdentity(), TrackSid: track.GetSid(), Muted: muted,
			})
			err = errors.Join(err, muteErr)
		}
		if done {
			return nil
		}
		select {
		case <-poll.C:
		case <-ctx.Done():
			return fmt.Errorf("muted should be %t: %v: %w", muted, info, err)
		}
	}
}

// requireAlone waits until the server knows of no participant in a room.
func requireAlone(ts *testscript.TestScript, args []string) {
	client := roomService(ts)
	ctx, cancel := context.WithTimeout(context.Background(), soon)
	defer cancel()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for {
		list, err := client.ListParticipants(ctx, &livekit.ListParticipantsRequest{Room: args[0]})
		if err == nil && len(list.GetParticipants()) == 0 {
			return
		}
		select {
		case <-poll.C:
		case <-ctx.Done():
			ts.Fatalf("participants stay in room %s: %v, %v", args[0], list, err)
		}
	}
}
