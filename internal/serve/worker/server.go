// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"slices"
	"time"

	"github.com/livekit/protocol/livekit"
	lksdk "github.com/livekit/server-sdk-go/v2"
)

// presentTimeout limits the request for the participants of a room: an offer must be answered soon.
const presentTimeout = time.Second

// dispatchedTimeout limits the question whether a dispatch is in a room.
const dispatchedTimeout = 5 * time.Second

// Server is the API of a LiveKit server.
type Server struct {
	*lksdk.AgentDispatchClient

	rooms *lksdk.RoomServiceClient
}

// NewServer returns the API of a server, with an API key and its secret.
func NewServer(url, key, secret string) *Server {
	return &Server{lksdk.NewAgentDispatchServiceClient(url, key, secret), lksdk.NewRoomServiceClient(url, key, secret)}
}

// Rooms returns which of these rooms exist; all rooms for no names.
func (s *Server) Rooms(ctx context.Context, names []string) (existing []string, err error) {
	list, err := s.rooms.ListRooms(ctx, &livekit.ListRoomsRequest{Names: names})
	for _, room := range list.GetRooms() {
		existing = append(existing, room.GetName())
	}
	return existing, err
}

// CreateRoom creates a room with these dispatches, and no others. It changes nothing if the room exists.
func (s *Server) CreateRoom(ctx context.Context, name string, dispatches []*livekit.RoomAgentDispatch) error {
	_, err := s.rooms.CreateRoom(ctx, &livekit.CreateRoomRequest{Name: name, Agents: dispatches})
	return err
}

// Participants returns the identities in a room.
func (s *Server) Participants(ctx context.Context, room string) (identities []string, err error) {
	list, err := s.rooms.ListParticipants(ctx, &livekit.ListParticipantsRequest{Room: room})
	for _, p := range list.GetParticipants() {
		identities = append(identities, p.GetIdentity())
	}
	return identities, err
}

// Remove removes a participant from a room.
func (s *Server) Remove(ctx context.Context, room, identity string) error {
	_, err := s.rooms.RemoveParticipant(ctx, &livekit.RoomParticipantIdentity{Room: room, Identity: identity})
	return err
}

// Dispatched reports whether a dispatch is in a room; false if the server does not answer within a few seconds.
func (s *Server) Dispatched(ctx context.Context, room, dispatch string) bool {
	ctx, cancel := context.WithTimeout(ctx, dispatchedTimeout)
	defer cancel()
	list, err := s.ListDispatch(ctx, &livekit.ListAgentDispatchRequest{Room: room, DispatchId: dispatch})
	return err == nil && slices.ContainsFunc(list.GetAgentDispatches(), func(d *livekit.AgentDispatch) bool {
		return d.GetId() == dispatch && d.GetState().GetDeletedAt() == 0
	})
}

// Present reports whether a participant is in a room; false if the server does not answer within a second.
func (s *Server) Present(ctx context.Context, room, identity string) bool {
	ctx, cancel := context.WithTimeout(ctx, presentTimeout)
	defer cancel()
	p, err := s.rooms.GetParticipant(ctx, &livekit.RoomParticipantIdentity{Room: room, Identity: identity})
	return err == nil && p.GetIdentity() == identity
}
