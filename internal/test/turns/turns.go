// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package turns is a TURN server over TLS on loopback, for tests. It is the only way to a LiveKit server that announces
// an address which nothing else reaches, as behind a firewall that lets only TLS through.
package turns

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"time"

	"github.com/pion/turn/v5"
)

const (
	loopback = "127.0.0.1"
	realm    = "test"
)

// Username is the only one that may log in.
const Username = "someone"

// Credential is its password.
const Credential = "something"

// Server is a running server. All methods are safe for concurrent use. Close must be called.
type Server struct {
	// Port is its TCP port on 127.0.0.1.
	Port int
	// Certificate is its own, in PEM. Clients must trust it.
	Certificate []byte

	server *turn.Server
}

// Start starts a server that relays what is sent to an address, at any port, to 127.0.0.1.
func Start(announced netip.Addr) (*Server, error) {
	certificate, trusted, err := selfSigned()
	if err != nil {
		return nil, fmt.Errorf("turns: making a certificate: %w", err)
	}
	listener, err := tls.Listen("tcp4", loopback+":0", &tls.Config{
		Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12,
	})
	if err != nil {
		return nil, fmt.Errorf("turns: listening: %w", err)
	}
	s := &Server{Port: listener.Addr().(*net.TCPAddr).Port, Certificate: trusted} //nolint:forcetypeassert // of TCP
	s.server, err = turn.NewServer(turn.ServerConfig{
		Realm: realm,
		AuthHandler: func(a *turn.RequestAttributes) (user string, key []byte, ok bool) {
			return a.Username, turn.GenerateAuthKey(a.Username, a.Realm, Credential), a.Username == Username
		},
		ListenerConfigs: []turn.ListenerConfig{{
			Listener: listener,
			RelayAddressGenerator: &generator{
				turn.RelayAddressGeneratorStatic{RelayAddress: net.ParseIP(loopback), Address: loopback}, announced.AsSlice(),
			},
		}},
	})
	if err != nil {
		_ = listener.Close()
		return nil, fmt.Errorf("turns: starting: %w", err)
	}
	return s, nil
}

// Close ends the server.
func (s *Server) Close() error { return s.server.Close() }

// selfSigned returns a certificate for loopback, and the same in PEM.
func selfSigned() (certificate tls.Certificate, trusted []byte, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return certificate, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.ParseIP(loopback)}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return certificate, nil, err
	}
	certificate = tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	return certificate, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), nil
}

// generator makes relays that take the announced address for loopback.
type generator struct {
	turn.RelayAddressGeneratorStatic

	announced net.IP
}

func (g *generator) AllocatePacketConn(c turn.AllocateListenerConfig) (net.PacketConn, net.Addr, error) {
	conn, addr, err := g.RelayAddressGeneratorStatic.AllocatePacketConn(c)
	if err != nil {
		return nil, nil, err
	}
	return &relay{conn, g.announced}, addr, nil
}

// relay is one of its relays.
type relay struct {
	net.PacketConn

	announced net.IP
}

func (r *relay) WriteTo(p []byte, addr net.Addr) (int, error) {
	if udp, ok := addr.(*net.UDPAddr); ok && udp.IP.Equal(r.announced) {
		addr = &net.UDPAddr{IP: net.ParseIP(loopback), Port: udp.Port}
	}
	return r.PacketConn.WriteTo(p, addr)
}

func (r *relay) ReadFrom(p []byte) (int, net.Addr, error) {
	n, addr, err := r.PacketConn.ReadFrom(p)
	if udp, ok := addr.(*net.UDPAddr); ok {
		addr = &net.UDPAddr{IP: r.announced, Port: udp.Port}
	}
	return n, addr, err
}
