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
	// idle is how long a flow without a packet from its client is kept once another flow begins.
	// ICE requests consent at least every 5 s (RFC 7675).
	idle = 30 * time.Second
	// maxFlows is the maximum number of flows. Packets of more clients are dropped.
	maxFlows = 256
	// readBuffer is the receive buffer of the sockets, in bytes: a burst of key frames.
	readBuffer = 4 << 20
	// maxDatagram is the maximum size of a datagram, in bytes.
	maxDatagram = 1 << 16
)

// Options configures a link.
type Options struct {
	// Server is the server's address. It must be set.
	Server netip.AddrPort
	// Listen is the IP address that clients send to. It must be set, and differ from the server's.
	Listen netip.Addr
	// Port is the port that clients send to. The default is the server's.
	Port uint16
	// Up and Down are the initial shapes of flows; see SetDefault.
	Up, Down Shape
	// Seed determines which packets are lost, together with the number of earlier flows and of
	// packets sent. The default is 0.
	Seed uint64
	// Remember marks each flow at its start, so that its history is complete.
	Remember bool
}

// Link is a running link. All methods are safe for concurrent use. Close must be called.
type Link struct {
	server  netip.AddrPort
	conn    *net.UDPConn // to the clients
	seed    uint64
	mark    bool // whether to mark new flows
	start   time.Time
	running sync.WaitGroup

	mu                     sync.Mutex
	defaultUp, defaultDown Shape
	flows                  []*Flow // in the order of their start
	begun                  uint64
	closed                 bool
}

// Start starts a link. ctx limits the start, not the link's life.
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

// Addr returns the address that clients send to.
func (l *Link) Addr() netip.AddrPort {
	return unmap(l.conn.LocalAddr().(*net.UDPAddr).AddrPort()) //nolint:forcetypeassert // of a UDP socket
}

// SetDefault sets the shapes of flows that begin from now on. Existing flows keep theirs.
func (l *Link) SetDefault(up, down Shape) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.defaultUp, l.defaultDown = up, down
}

// Flows returns the flows, the oldest first.
func (l *Link) Flows() []*Flow {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.flows)
}

// Close ends all flows, drops the packets that wait in them, and returns when no goroutine of the
// link is running. It is idempotent.
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

// readClients queues the packets that clients send.
func (l *Link) readClients() {
	buf := make([]byte, maxDatagram)
	for {
		n, from, err := l.conn.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // An error of one packet, such as a missing receiver.
		}
		if f := l.flow(unmap(from)); f != nil {
			f.up.push(buf[:n])
		}
	}
}

// flow returns a client's flow and creates it if necessary. It returns nil if that fails.
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
