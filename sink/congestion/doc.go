// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package congestion finds out how many bit/s a connection carries, from what its
// receiver reports of each packet (transport-wide congestion control, TWCC), and
// says when media may be sent and when to probe for more.
//
// It is arithmetic alone: nothing here waits, sends or knows a clock. Time is an
// argument, a time.Duration since any moment that stays the same. A caller
//
//   - asks [Controller.Delay] before each packet of media, and waits for so long,
//   - tells [Controller.Sent] of every packet with a TWCC number, whatever it is,
//   - hands over reports with [Controller.Feedback],
//   - and sends what [Controller.Probe] asks for, when [Controller.Due] says so.
//
// What it knows of screens: they send nothing for minutes and then everything at
// once, so that silence says nothing about a link, and what was known is held. What
// it knows of LiveKit's server: a report comes only when more than 20 packets are
// held, at 600 kbit/s three times a second, at rest each 20 s.
package congestion
