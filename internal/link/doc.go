// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package link simulates a link with a given rate, delay, loss and queue between clients and a
// server. It is a UDP relay in user space, for tests.
//
// Clients send to the link's address as if it were the server's. Each client address is a flow,
// with its own socket to the server and one Direction each way. A direction is a queue that drops
// at its tail, a transmitter with a rate, then a wire with loss and delay.
//
// Times are computed, not measured: they follow from the packet's arrival and from earlier packets.
// A timer that fires late delays one packet. It does not delay the packets after it, and does not
// change the rate.
package link
