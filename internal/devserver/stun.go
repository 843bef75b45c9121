// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package devserver

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
)

// STUN's wire format, RFC 8489 sections 5, 14 and 14.2.
const (
	stunHeaderSize      = 20
	stunMagicCookie     = 0x2112A442
	stunBindingRequest  = 0x0001
	stunBindingSuccess  = 0x0101
	stunXORMappedAddr   = 0x0020
	stunXORMappedV4Size = 8
	stunFamilyIPv4      = 0x01
)

// stunResponder answers STUN binding requests on loopback: it tells a client the address that it sent from.
//
// Clients need it: Pion's ICE agent, which LiveKit's Go SDK uses, offers no loopback address by
// itself, so it has no candidate on a machine without another interface. This responder's answers
// become one: 127.0.0.1, server reflexive. Also, no client then asks the STUN servers on the
// internet that the server would name.
type stunResponder struct {
	conn *net.UDPConn
	done chan struct{}
}

func startSTUN() (*stunResponder, error) {
	conn, err := listenUDP()
	if err != nil {
		return nil, fmt.Errorf("listening for STUN: %w", err)
	}
	r := &stunResponder{conn: conn, done: make(chan struct{})}
	go r.serve()
	return r, nil
}

func (r *stunResponder) port() int { return r.conn.LocalAddr().(*net.UDPAddr).Port }

// close ends the responder and waits for its goroutine. It is idempotent.
func (r *stunResponder) close() {
	// It fails only if it is closed already.
	_ = r.conn.Close()
	<-r.done
}

// serve answers until the socket is closed, the only cause of an error when an unconnected UDP
// socket is read.
func (r *stunResponder) serve() {
	defer close(r.done)
	buf := make([]byte, 1500)
	for {
		n, from, err := r.conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		if answer := stunAnswer(buf[:n], from); answer != nil {
			// The client repeats a request whose answer is lost.
			_, _ = r.conn.WriteToUDPAddrPort(answer, from)
		}
	}
}

// stunAnswer returns the answer to a binding request from an IPv4 address, or nil for anything
// else.
func stunAnswer(request []byte, from netip.AddrPort) []byte {
	be := binary.BigEndian
	if len(request) < stunHeaderSize || be.Uint16(request) != stunBindingRequest ||
		be.Uint32(request[4:]) != stunMagicCookie {
		return nil
	}
	addr := from.Addr().Unmap()
	if !addr.Is4() {
		return nil
	}
	ip := addr.As4()
	answer := make([]byte, 0, stunHeaderSize+4+stunXORMappedV4Size)
	answer = be.AppendUint16(answer, stunBindingSuccess)
	answer = be.AppendUint16(answer, 4+stunXORMappedV4Size)
	answer = append(answer, request[4:stunHeaderSize]...) // the cookie and the transaction's identifier
	answer = be.AppendUint16(answer, stunXORMappedAddr)
	answer = be.AppendUint16(answer, stunXORMappedV4Size)
	answer = append(answer, 0, stunFamilyIPv4)
	answer = be.AppendUint16(answer, from.Port()^(stunMagicCookie>>16))
	return be.AppendUint32(answer, be.Uint32(ip[:])^stunMagicCookie)
}
