// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package network

import (
	"sync"
	"sync/atomic"

	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/pion/interceptor"
)

// Slot is a place for a Network in a connection to a room, for a program that joins the
// room before there is a Network. Streams that begin while the slot is empty are neither
// numbered nor paced. The zero value is ready to use; one Slot is for one room. All
// methods are safe for concurrent use.
type Slot struct {
	filled atomic.Pointer[Network]
}

// ConnectOptions returns the options for joining the room, as those of a Network.
func (s *Slot) ConnectOptions() []lksdk.ConnectOption {
	return []lksdk.ConnectOption{
		lksdk.WithInterceptors([]interceptor.Factory{slotFactory{s}}),
		lksdk.WithIncludeDefaultInterceptors(true),
	}
}

// Fill puts a Network into the slot, and reports whether the slot was empty.
func (s *Slot) Fill(n *Network) bool { return s.filled.CompareAndSwap(nil, n) }

// Clear empties the slot.
func (s *Slot) Clear() { s.filled.Store(nil) }

// SlotOf returns the slot among the interceptors of a connection; nil if there is none.
func SlotOf(factories []interceptor.Factory) *Slot {
	for _, f := range factories {
		if ours, ok := f.(slotFactory); ok {
			return ours.slot
		}
	}
	return nil
}

// slotFactory makes the interceptors of a room's connections.
type slotFactory struct{ slot *Slot }

// NewInterceptor makes one.
func (f slotFactory) NewInterceptor(string) (interceptor.Interceptor, error) {
	return &slotConn{slot: f.slot}, nil
}

// slotConn is a conn as soon as the slot is filled.
type slotConn struct {
	interceptor.NoOp
	slot *Slot

	mu   sync.Mutex
	conn atomic.Pointer[conn] // of the slot's Network; changed under mu
}

// now returns the conn of the slot's Network; nil while the slot is empty.
func (s *slotConn) now() *conn {
	n := s.slot.filled.Load()
	if n == nil {
		return nil
	}
	if c := s.conn.Load(); c != nil && c.n == n {
		return c
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.conn.Load(); c != nil && c.n == n {
		return c
	}
	c := &conn{n: n}
	s.conn.Store(c)
	return c
}

// BindLocalStream numbers the packets of a stream that begins while the slot is filled.
func (s *slotConn) BindLocalStream(info *interceptor.StreamInfo, out interceptor.RTPWriter) interceptor.RTPWriter {
	if c := s.now(); c != nil {
		return c.BindLocalStream(info, out)
	}
	return out
}

// UnbindLocalStream forgets a stream.
func (s *slotConn) UnbindLocalStream(info *interceptor.StreamInfo) {
	if c := s.conn.Load(); c != nil {
		c.UnbindLocalStream(info)
	}
}

// BindRTCPReader reads along.
func (s *slotConn) BindRTCPReader(in interceptor.RTCPReader) interceptor.RTCPReader {
	return interceptor.RTCPReaderFunc(func(b []byte, a interceptor.Attributes) (int, interceptor.Attributes, error) {
		i, a, err := in.Read(b, a)
		if err != nil {
			return i, a, err
		}
		if c := s.now(); c != nil {
			a = c.hear(b[:i], a)
		}
		return i, a, nil
	})
}

// Close ends it: what is sent from now on goes nowhere.
func (s *slotConn) Close() error {
	if c := s.conn.Load(); c != nil {
		return c.Close()
	}
	return nil
}
