// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"cmp"
	"context"
	"net/netip"
	"slices"
	"testing"
	"time"

	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/devserver"
	"github.com/gstpublish/gstpublish/internal/link"
	"github.com/gstpublish/gstpublish/internal/network"
	"github.com/gstpublish/gstpublish/internal/viewer"
	"github.com/gstpublish/gstpublish/internal/wires"
)

// linkIP is the address of media for clients. The server has another loopback address.
var linkIP = netip.MustParseAddr("127.0.0.2")

// linked is a server behind a link, for one test. All media passes the link.
type linked struct {
	t        *testing.T
	server   *devserver.Server
	link     *link.Link
	net      *network.Network // of the publisher
	up, down link.Shape       // of the publisher
	others   []*link.Flow     // of viewers
}

// newLinked starts a server with these shapes of the publisher's link. Viewers have a link without limits.
func newLinked(t *testing.T, up, down link.Shape) *linked {
	t.Helper()
	ctx := within(t)
	s, err := devserver.Start(ctx, &devserver.Options{MediaIP: linkIP})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Stop(context.Background())) })
	l, err := link.Start(ctx, &link.Options{Server: s.MediaAddr(), Listen: linkIP, Seed: 1})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	n := network.New(nil)
	t.Cleanup(n.Close)
	return &linked{t: t, server: s, link: l, net: n, up: up, down: down}
}

// view joins a subscriber. Viewers must join before the publisher: later flows count as the publisher's.
func (n *linked) view(room string) *viewer.Viewer {
	n.t.Helper()
	v, err := viewer.Join(within(n.t), n.server.URL(), token(n.t, room, "viewer"),
		&viewer.Options{KeepAll: true, Follow: true})
	require.NoError(n.t, err)
	n.t.Cleanup(func() { require.NoError(n.t, v.Close()) })
	n.others = n.link.Flows()
	return v
}

// join connects the publisher.
func (n *linked) join(room string) *lksdk.Room {
	n.t.Helper()
	n.link.SetDefault(n.up, n.down)
	options := append(n.net.ConnectOptions(), lksdk.WithAutoSubscribe(false))
	r, err := lksdk.ConnectToRoomWithToken(n.server.URL(), token(n.t, room, "publisher"), nil, options...)
	require.NoError(n.t, err)
	n.t.Cleanup(r.Disconnect)
	return r
}

// flows returns the publisher's flows.
func (n *linked) flows() []*link.Flow {
	return slices.DeleteFunc(n.link.Flows(), func(f *link.Flow) bool { return slices.Contains(n.others, f) })
}

// shape changes the publisher's link.
func (n *linked) shape(up, down link.Shape) {
	n.up, n.down = up, down
	n.link.SetDefault(up, down)
	for _, f := range n.flows() {
		f.SetUp(up)
		f.SetDown(down)
	}
}

// mark restarts the history of the publisher's link.
func (n *linked) mark() {
	for _, f := range n.flows() {
		f.Mark()
	}
}

// media returns the flow of the publisher's media. The flows of previous connections become silent.
func (n *linked) media() *link.Flow {
	n.t.Helper()
	const alive = 5 * time.Second // ICE sends a packet every 2 s.
	flows := slices.DeleteFunc(n.flows(), func(f *link.Flow) bool { return f.Silence() > alive })
	require.NotEmpty(n.t, flows)
	return slices.MaxFunc(flows, func(a, b *link.Flow) int {
		return cmp.Compare(a.Up().Stats().BytesIn, b.Up().Stats().BytesIn)
	})
}

// screen publishes a screen in a room that already has a viewer.
func (n *linked) screen() *screen {
	n.t.Helper()
	name := newRoom(n.t)
	v := n.view(name)
	return publishScreen(n.t, name, v, n.join(name), nil, wires.Wires{Network: n.net})
}
