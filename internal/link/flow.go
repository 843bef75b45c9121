// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package link

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"
	"time"
)

// Flow is the traffic of one client address. All methods are safe for concurrent use, also after
// the flow has ended.
type Flow struct {
	client   netip.AddrPort
	conn     *net.UDPConn // to the server
	up, down *Direction
	heard    atomic.Int64 // when the last packet of the client arrived, since the link's start
	cancel   context.CancelFunc
}

// Client returns the client's address.
func (f *Flow) Client() netip.AddrPort { return f.client }

// Up returns the direction from the client to the server.
func (f *Flow) Up() *Direction { return f.up }

// Down returns the direction from the server to the client.
func (f *Flow) Down() *Direction { return f.down }

// SetUp sets the shape of the direction from the client to the server.
func (f *Flow) SetUp(s Shape) { f.up.SetShape(s) }

// SetDown sets the shape of the direction from the server to the client.
func (f *Flow) SetDown(s Shape) { f.down.SetShape(s) }

// Mark restarts the history of both directions.
func (f *Flow) Mark() {
	f.up.Mark()
	f.down.Mark()
}

// Silence returns the time since the client's last packet.
func (f *Flow) Silence() time.Duration { return f.up.now() - time.Duration(f.heard.Load()) }

// end ends the flow; its goroutines return soon. The caller holds the link's lock.
func (f *Flow) end() {
	f.cancel()
	_ = f.conn.Close() // The only error is that it is closed.
}

// begin creates a client's flow. The caller holds the link's lock.
func (l *Link) begin(client netip.AddrPort) (*Flow, error) {
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(l.server.Addr(), 0)))
	if err != nil {
		return nil, fmt.Errorf("link: a socket for %v: %w", client, err)
	}
	_ = conn.SetReadBuffer(readBuffer) // as far as the system allows
	ctx, cancel := context.WithCancel(context.Background())
	f := &Flow{client: client, conn: conn, cancel: cancel}
	f.up = newDirection(l.start, newSchedule(l.defaultUp, l.seed, 2*l.begun), func(data []byte) error {
		_, err := conn.WriteToUDPAddrPort(data, l.server)
		return err
	})
	f.down = newDirection(l.start, newSchedule(l.defaultDown, l.seed, 2*l.begun+1), func(data []byte) error {
		_, err := l.conn.WriteToUDPAddrPort(data, client)
		return err
	})
	l.begun++
	if l.mark {
		f.Mark()
	}
	l.running.Go(func() { f.up.run(ctx) })
	l.running.Go(func() { f.down.run(ctx) })
	l.running.Go(func() { l.readServer(f) })
	return f, nil
}

// readServer queues the packets that the server sends to the flow's client.
func (l *Link) readServer(f *Flow) {
	buf := make([]byte, maxDatagram)
	for {
		n, from, err := f.conn.ReadFromUDPAddrPort(buf)
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err == nil && unmap(from) == l.server:
			f.down.push(buf[:n])
		}
	}
}
