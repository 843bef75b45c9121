// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package link

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// wait limits what a test waits for, also on a busy machine.
const wait = time.Minute

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func listen(t *testing.T) *net.UDPConn {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	require.NoError(t, conn.SetDeadline(time.Now().Add(wait)))
	t.Cleanup(func() { conn.Close() })
	return conn
}

func addr(conn *net.UDPConn) netip.AddrPort { return unmap(conn.LocalAddr().(*net.UDPAddr).AddrPort()) }

// echo answers each packet with the packet and its sender's address.
func echo(conn *net.UDPConn) {
	buf := make([]byte, maxDatagram)
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		_, _ = conn.WriteToUDPAddrPort(append(buf[:n:n], " of "+from.String()...), from)
	}
}

// between starts a link to a server that echoes.
func between(t *testing.T, o Options) *Link {
	t.Helper()
	server := listen(t)
	go echo(server)
	o.Server, o.Listen = addr(server), netip.MustParseAddr("127.0.0.2")
	l, err := Start(t.Context(), &o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	return l
}

func send(t *testing.T, conn *net.UDPConn, to netip.AddrPort, text string) {
	t.Helper()
	_, err := conn.WriteToUDPAddrPort([]byte(text), to)
	require.NoError(t, err)
}

// receive reads a packet from the link.
func receive(t *testing.T, conn *net.UDPConn, from netip.AddrPort) string {
	t.Helper()
	buf := make([]byte, maxDatagram)
	n, is, err := conn.ReadFromUDPAddrPort(buf)
	require.NoError(t, err)
	require.Equal(t, from, unmap(is))
	return string(buf[:n])
}

func TestEachClientIsAFlow(t *testing.T) {
	l := between(t, Options{})
	require.Equal(t, l.server.Port(), l.Addr().Port())
	a, b := listen(t), listen(t)
	send(t, a, l.Addr(), "hello")
	first := receive(t, a, l.Addr())
	require.Regexp(t, `^hello of 127\.0\.0\.1:\d+$`, first)
	send(t, a, l.Addr(), "hello")
	require.Equal(t, first, receive(t, a, l.Addr()), "the server knows it by an address of its own")
	send(t, b, l.Addr(), "hello")
	require.NotEqual(t, first, receive(t, b, l.Addr()))

	flows := l.Flows()
	require.Len(t, flows, 2)
	require.Equal(t, []netip.AddrPort{addr(a), addr(b)}, []netip.AddrPort{flows[0].Client(), flows[1].Client()})
	up := flows[0].Up().Stats()
	up.MaxQueueDelay = 0
	require.Equal(t, Stats{PacketsIn: 2, BytesIn: 66, PacketsOut: 2, BytesOut: 66}, up)
	require.EqualValues(t, 2*(len(first)+overhead), flows[0].Down().Stats().BytesOut)
}

func TestFlowsAreRememberedFromTheirBeginning(t *testing.T) {
	for _, remember := range []bool{false, true} {
		l := between(t, Options{Remember: remember})
		client := listen(t)
		send(t, client, l.Addr(), "hello")
		receive(t, client, l.Addr())
		flow := l.Flows()[0]
		require.Len(t, flow.Up().History().Events, map[bool]int{true: 1}[remember])
		require.Len(t, flow.Down().History().Events, map[bool]int{true: 1}[remember])
	}
}

func TestStrangersAreNotHeard(t *testing.T) {
	l := between(t, Options{})
	client, stranger := listen(t), listen(t)
	send(t, client, l.Addr(), "hello")
	receive(t, client, l.Addr())
	send(t, stranger, unmap(l.Flows()[0].conn.LocalAddr().(*net.UDPAddr).AddrPort()), "I am the server")
	send(t, client, l.Addr(), "still there?")
	require.Contains(t, receive(t, client, l.Addr()), "still there?")
}

func TestDefaultsAreForFlowsThatBegin(t *testing.T) {
	l := between(t, Options{Up: Shape{Rate: 1, Queue: time.Hour}})
	narrow, free := listen(t), listen(t)
	send(t, narrow, l.Addr(), "hello")
	require.Eventually(t, func() bool { return len(l.Flows()) == 1 }, wait, ms)
	up, down := Shape{Queue: time.Minute}, Shape{Queue: time.Hour}
	l.SetDefault(up, down)
	send(t, free, l.Addr(), "hello")
	receive(t, free, l.Addr())
	flows := l.Flows()
	require.Equal(t, 1, flows[0].Up().Shape().Rate)
	require.Equal(t, []Shape{up, down}, []Shape{flows[1].Up().Shape(), flows[1].Down().Shape()})
	require.Zero(t, flows[0].Up().Stats().PacketsOut)
	flows[0].SetUp(Shape{})
	receive(t, narrow, l.Addr())
	cut := Shape{Loss: 1}
	flows[0].SetDown(cut)
	send(t, narrow, l.Addr(), "hello")
	require.Eventually(t, func() bool { return flows[0].Down().Stats().Lost == 1 }, wait, ms)
}

func TestAServerThatIsAwayAndComesBack(t *testing.T) {
	server, client := listen(t), listen(t)
	at := addr(server)
	l, err := Start(t.Context(), &Options{Server: at, Listen: netip.MustParseAddr("127.0.0.2")})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	require.NoError(t, server.Close())
	for range 3 {
		send(t, client, l.Addr(), "hello?")
	}
	require.Eventually(t, func() bool {
		return len(l.Flows()) == 1 && l.Flows()[0].Up().Stats().PacketsOut == 3
	}, wait, ms)
	server, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(at))
	require.NoError(t, err)
	t.Cleanup(func() { server.Close() })
	go echo(server)
	send(t, client, l.Addr(), "hello!")
	require.Contains(t, receive(t, client, l.Addr()), "hello!")
}

func TestFlowsOfClientsThatAreGoneEnd(t *testing.T) {
	l := between(t, Options{})
	gone, here := listen(t), listen(t)
	for _, client := range []*net.UDPConn{gone, here} {
		send(t, client, l.Addr(), "hello")
		receive(t, client, l.Addr())
	}
	flow := l.Flows()[0]
	require.Less(t, flow.Silence(), idle)
	flow.heard.Add(-int64(idle))
	require.GreaterOrEqual(t, flow.Silence(), idle)
	l.mu.Lock()
	l.forget()
	l.mu.Unlock()
	require.Len(t, l.Flows(), 1)
	require.Equal(t, addr(here), l.Flows()[0].Client())
	require.EqualValues(t, 1, flow.Up().Stats().PacketsOut, "what it did is still known")
	send(t, gone, l.Addr(), "hello")
	receive(t, gone, l.Addr())
	require.Len(t, l.Flows(), 2)
}

func TestFlowsAreBounded(t *testing.T) {
	l := between(t, Options{})
	for port := range maxFlows {
		require.NotNil(t, l.flow(netip.AddrPortFrom(l.server.Addr(), uint16(port+1))))
	}
	require.Nil(t, l.flow(netip.AddrPortFrom(l.server.Addr(), maxFlows+1)))
	require.NotNil(t, l.flow(netip.AddrPortFrom(l.server.Addr(), 1)))
}

func TestCloseEndsWhatWaits(t *testing.T) {
	l := between(t, Options{Up: Shape{Delay: time.Hour}})
	send(t, listen(t), l.Addr(), "hello")
	require.Eventually(t, func() bool { return len(l.Flows()) == 1 }, wait, ms)
	f := l.Flows()[0]
	require.NoError(t, l.Close())
	require.NoError(t, l.Close())
	require.Empty(t, l.Flows())
	require.Zero(t, f.Up().Stats().PacketsOut)
	f.SetUp(Shape{})
	require.Nil(t, l.flow(l.server), "nothing begins any more")
}

func TestStartRefuses(t *testing.T) {
	server := listen(t)
	for name, o := range map[string]*Options{
		"nothing":     nil,
		"no server":   {Listen: addr(server).Addr()},
		"no address":  {Server: addr(server)},
		"port in use": {Server: addr(server), Listen: addr(server).Addr()},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Start(context.Background(), o)
			require.ErrorContains(t, err, "link: ")
		})
	}
}
