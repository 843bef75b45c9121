// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package devserver

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
)

const loopback = "127.0.0.1"

// configYAML configures a server that listens only on loopback and that a client reaches there without another
// network. The settings are those of livekit-server v1.13.5 (pkg/config) and mediatransportutil (pkg/rtcconfig):
//   - node_ip is the announced address. With it, the server asks no STUN servers on the internet.
//   - enable_loopback_candidate and the one address in ips.includes bind UDP only to 127.0.0.1.
//   - use_ice_lite, if another address is announced, keeps the server from asking clients at their own addresses: it
//     would find a way around the announced one.
//   - tcp_port 0 disables ICE over TCP: its listener would be open on every interface, and loopback never blocks UDP.
//     With Options.TCPOnly there is such a port, and force_tcp leaves out UDP.
//   - stun_servers is for clients, which would otherwise ask servers on the internet; see [stunResponder].
//   - dynacast_pause_delay is how long a layer has no viewers before its publisher is notified; the default is 5 s.
//   - development permits the short secret.
//
// Other settings have the server's defaults: joining creates rooms, TURN and Prometheus are off.
const configYAML = `
port: %d
bind_addresses: ["` + loopback + `"]
rtc:
  udp_port: %d
  tcp_port: %d
  force_tcp: %t
  node_ip: %s
  use_ice_lite: %t
  use_external_ip: false
  enable_loopback_candidate: true
  ips:
    includes: ["` + loopback + `/32"]
  stun_servers: ["` + loopback + `:%d"]
%svideo:
  dynacast_pause_delay: 1s
keys:
  ` + apiKey + `: ` + apiSecret + `
logging:
  level: info
development: true
room:
  enable_remote_unmute: %t
  max_participants: %d
`

// ports are the ports of a server, all on loopback.
type ports struct {
	signal int // TCP: HTTP and WebSocket
	media  int // UDP, or TCP with Options.TCPOnly: everything WebRTC, on one port

	announced netip.Addr // where clients must send media; loopback if it is not valid
}

// config returns the server's configuration.
func config(o *Options, p ports, stunPort int) string {
	node := loopback
	if p.announced.IsValid() {
		node = p.announced.String()
	}
	tcp := 0
	if o.TCPOnly {
		tcp = p.media
	}
	codecs := ""
	if len(o.Codecs) > 0 {
		codecs = "  enabled_codecs: [{mime: " + strings.Join(o.Codecs, "}, {mime: ") + "}]\n"
	}
	turn := ""
	if o.TURN != 0 {
		turn = fmt.Sprintf("  turn_servers: [{host: %s, port: %d, protocol: tls, username: %s, credential: %s}]\n",
			loopback, o.TURN, o.TURNUser, o.TURNPassword)
	}
	return fmt.Sprintf(configYAML, p.signal, p.media, tcp, o.TCPOnly, node, p.announced.IsValid(), stunPort, turn,
		o.RemoteUnmute, o.MaxParticipants) + codecs
}

// freePorts finds ports that are currently free. Another process may take them before they are
// used.
func freePorts() (ports, error) {
	tcp, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.ParseIP(loopback)})
	if err != nil {
		return ports{}, fmt.Errorf("finding a free TCP port: %w", err)
	}
	defer tcp.Close()
	udp, err := listenUDP()
	if err != nil {
		return ports{}, fmt.Errorf("finding a free UDP port: %w", err)
	}
	defer udp.Close()
	return ports{
		signal: tcp.Addr().(*net.TCPAddr).Port,
		media:  udp.LocalAddr().(*net.UDPAddr).Port,
	}, nil
}

// listenUDP binds a free UDP port on loopback.
func listenUDP() (*net.UDPConn, error) {
	return net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(loopback)})
}
