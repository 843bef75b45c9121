// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package link

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"time"
)

const (
	// idle is how long a flow without a packet from its client is kept, once
	// another one begins. ICE asks for consent every 5 s or more often (RFC 7675).
	idle = 30 * time.Second
	// maxFlows bounds how many there are; packets of more clients are dropped.
	maxFlows = 256
	// readBuffer of the sockets in bytes: a burst of key frames.
	readBuffer = 4 << 20
	// maxDatagram is the longest that there is.
	maxDatagram = 1 << 16
)

// Options say where a link is.
type Options struct {
	// Server is where the server is. It must be set.
	Server netip.AddrPort
	// Listen is the address that clients send to, another than the server's. It
	// must be set.
	Listen netip.Addr
	// Port that clients send to. Defaults to the server's.
	Port uint16
	// Up and Down are what flows are like at first: see SetDefault.
	Up, Down Shape
	// Seed of what gets lost. A flow's losses follow from it, from how many flows
	// began before, and from how many packets were sent. Defaults to 0.
	Seed uint64
	// Remember marks each flow as it begins, so that its history has all of it.
	Remember bool
}

// Link is a running one. Its methods are safe for concurrent use. Close
// must be called.
type Link struct {
	server  netip.AddrPort
	conn    *net.UDPConn // towards the clients
	seed    uint64
	mark    bool // new flows
	start   time.Time
	running sync.WaitGroup

	mu                     sync.Mutex
	defaultUp, defaultDown Shape
	flows                  []*Flow // in the order in which they began
	begun                  uint64
	closed                 bool
}

// Start listens. The context bounds that, not the link's life.
func Start(ctx context.Context, opts *Options) (*Link, error) {
	if opts == nil || !opts.Server.IsValid() || !opts.Listen.IsValid() {
		return nil, errors.New("link: the addresses of the server and of the link are required")
	}
	port := opts.Port
	if port == 0 {
		port = opts.Server.Port()
	}
	address := net.JoinHostPort(opts.Listen.String(), strconv.Itoa(int(port)))
	conn, err := new(net.ListenConfig).ListenPacket(ctx, "udp", address)
	if err != nil {
		return nil, fmt.Errorf("link: %w", err)
	}
	udp := conn.(*net.UDPConn) //nolint:forcetypeassert // as documented
	_ = udp.SetReadBuffer(readBuffer)
	l := &Link{
		server: opts.Server, conn: udp, seed: opts.Seed, mark: opts.Remember, start: time.Now(),
		defaultUp: opts.Up, defaultDown: opts.Down,
	}
	l.running.Go(l.readClients)
	return l, nil
}

// Addr is where clients send to.
func (l *Link) Addr() netip.AddrPort {
	return unmap(l.conn.LocalAddr().(*net.UDPAddr).AddrPort()) //nolint:forcetypeassert // of a UDP socket
}

// SetDefault says what flows are like that begin from now on. Those that there
// are stay as they are.
func (l *Link) SetDefault(up, down Shape) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.defaultUp, l.defaultDown = up, down
}

// Flows are those that there are, the oldest first.
func (l *Link) Flows() []*Flow {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.flows)
}

// Close ends all flows, with what waits in them, and returns when nothing of the
// link runs any more. It is idempotent.
func (l *Link) Close() error {
	l.mu.Lock()
	if !l.closed {
		l.closed = true
		_ = l.conn.Close() // The only error is that it is closed.
		for _, f := range l.flows {
			f.end()
		}
		l.flows = nil
	}
	l.mu.Unlock()
	l.running.Wait()
	return nil
}

// readClients takes what clients send.
func (l *Link) readClients() {
	buf := make([]byte, maxDatagram)
	for {
		n, from, err := l.conn.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // An error of one packet, such as one without a receiver.
		}
		if f := l.flow(unmap(from)); f != nil {
			f.up.push(buf[:n])
		}
	}
}

// flow is that of a client, which may begin with it; nil if it can't.
func (l *Link) flow(client netip.AddrPort) *Flow {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Since(l.start)
	i := slices.IndexFunc(l.flows, func(f *Flow) bool { return f.client == client })
	if i < 0 {
		if l.forget(); l.closed || len(l.flows) >= maxFlows {
			return nil
		}
		f, err := l.begin(client)
		if err != nil {
			return nil // The client sends again.
		}
		i = len(l.flows)
		l.flows = append(l.flows, f)
	}
	l.flows[i].heard.Store(int64(now))
	return l.flows[i]
}

// forget ends the flows of clients that are gone.
func (l *Link) forget() {
	l.flows = slices.DeleteFunc(l.flows, func(f *Flow) bool {
		gone := f.Silence() > idle
		if gone {
			f.end()
		}
		return gone
	})
}

func unmap(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }
