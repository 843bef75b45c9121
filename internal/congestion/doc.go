// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package congestion estimates how many bit/s a connection carries, from what its receiver reports
// about each packet (transport-wide congestion control, TWCC), and decides when media may be sent
// and when to probe for more.
//
// It is arithmetic alone: nothing here waits, sends or reads a clock. Time is an argument, a
// time.Duration since any fixed moment. A caller
//
//   - asks [Controller.Grant] before each burst of media, and waits for so long,
//   - reports every packet with a TWCC number to [Controller.Sent],
//   - passes reports to [Controller.Feedback],
//   - and sends what [Controller.Probe] requests, when [Controller.Due] says so.
//
// It accounts for screens, which send nothing for minutes and then everything at once: silence says
// nothing about a link, and earlier knowledge is kept. It accounts for LiveKit's server, which
// reports only once it has more than 20 packets: three times a second at 600 kbit/s, once in 20 s
// for a still screen.
//
// How it works, and how that differs from libwebrtc's goog_cc, the source of most of its numbers:
//
//   - A queue shows in its delay, and in the trend of the delay ([Status.QueueDelay] is above the
//     minimum delay of the last minute). While there is a queue, packets arrive at the rate of the
//     link, however few are sent: that rate, and not the average of what arrives, is the link's
//     capacity. So an estimate never collapses while little is sent, and need not undershoot to be
//     safe.
//   - The queue is drained by letting media wait until it is gone, which follows from the link's
//     capacity and what was sent, without waiting for reports. The estimate stays near the
//     capacity.
//   - A window of bytes in flight stops media before the first report about a link that became
//     slower.
//   - Loss lowers the estimate only above 15 %, or if there is a queue as well. A run of ten
//     packets or more, in half a second or more, none of which arrived, is a link that was cut:
//     that is not loss.
//   - A deep queue that stays though it contains nothing of ours is filled by others, until packets
//     get lost (a file transfer). It is tolerated for ten seconds at a time, in which only loss
//     lowers the estimate.
//   - Probes find out whether a link carries more, every 850 ms while the application needs more.
//     Nothing else reaches far above the estimate.
//
// The result is three values, see [Status]: how much to encode (the estimate), how fast one frame
// may leave (the pacing rate), and what the link has been shown to carry, at least or at most.
//
// While a link is known to be narrow, the pacing rate is the estimate itself (goog_cc's factor for
// screens, 1.0), in bursts of 5 ms. If nothing speaks against more, it is 1.5 times the estimate,
// or what trains of packets have shown that the link carries: then a frame leaves as fast as
// sockets take it, up to 40 packets at once. goog_cc probes for that with padding; here each frame
// is the probe.
package congestion
