// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package congestion finds out how many bit/s a connection carries, from what its
// receiver reports of each packet (transport-wide congestion control, TWCC), and
// says when media may be sent and when to probe for more.
//
// It is arithmetic alone: nothing here waits, sends or knows a clock. Time is an
// argument, a time.Duration since any moment that stays the same. A caller
//
//   - asks [Controller.Grant] before each burst of media, and waits for so long,
//   - tells [Controller.Sent] of every packet with a TWCC number, whatever it is,
//   - hands over reports with [Controller.Feedback],
//   - and sends what [Controller.Probe] asks for, when [Controller.Due] says so.
//
// What it knows of screens: they send nothing for minutes and then everything at
// once, so that silence says nothing about a link, and what was known is held. What
// it knows of LiveKit's server: a report comes only when more than 20 packets are
// held, at 600 kbit/s three times a second, at rest each 20 s.
//
// How it does it, and how that differs from libwebrtc's goog_cc, which it has most of its numbers from:
//
//   - A queue is seen by its delay, and by the trend of it ([Status.QueueDelay] is above the least
//     delay of the last minute). While there is one, packets arrive as fast as the link goes, however
//     few are sent: that, and not what arrives on average, is the link's capacity. So an
//     estimate never collapses where little is sent, and needn't undershoot to be safe.
//   - The queue is drained by letting media wait until it is gone, which is known from what the link
//     carries and what was sent, without waiting for reports. The estimate stays near the capacity.
//   - A window of bytes in flight stops media before the first report of a link that got slower.
//   - Loss lowers the estimate only above 15 %, or where there is a queue as well. A run of ten packets or
//     more, in half a second or more, none of which arrived, is a link that was cut: that is no loss.
//   - A deep queue that stays though nothing of ours is in it is others', who fill it until packets get lost (a
//     file's transfer). It is put up with for ten seconds at a time, in which only loss lowers the estimate.
//   - Probes find out whether a link carries more, every 850 ms while the application wants more. Above the
//     estimate nothing else reaches far.
//
// Three values come out of it, see [Status]: what to encode (the estimate), how fast one frame may leave (the pacing
// rate), and what the link has shown to carry, at least or at most.
//
// While a link is known to be narrow, the pacing rate is the estimate itself (goog_cc's factor for screens, 1.0), in
// bursts of 5 ms. Where nothing speaks against more, it is 1.5 times the estimate, or what trains of packets have
// shown that the link carries: then a frame leaves as fast as sockets take it, up to 40 packets at once. goog_cc
// probes for that with padding; here each frame is the probe.
package congestion
