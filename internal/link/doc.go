// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package link is a link of a set rate, delay, loss and queue between clients
// and a server: a UDP relay in user space, for tests.
//
// Clients send to the link's address as if it were the server's. Each client
// address is a flow, with a socket of its own towards the server and a
// direction each way. A direction is a queue that drops at its tail, a
// transmitter of a rate, then a wire that loses packets and takes time.
//
// What happens when is computed, not measured: a packet's times follow from
// those of its arrival and of the packets before it. A timer that fires late
// delays a packet and none after it, and doesn't change the rate.
package link
