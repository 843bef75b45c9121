// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

// definitions explains the words in the tables. Its values are the PSNR of a sharp frame, and the time at which another
// viewer joins in motion.
const definitions = `## What the figures are

- One LiveKit server on this machine; publisher, server and viewer in processes of their own; medians of the repeats.
  Publishers play the clip as a program that draws does: they apply what each frame changes to one frame, and capture
  that when it is due.
- gstpublish publishes as the README does: a Session, a Network, a Prover, default options, and a CaptureFrame that
  copies. "no Network" is the same without congestion control and pacing. "gstpublish run" is the command, with a
  pipeline that reads frames from shared memory (shmsrc), as ximagesrc reads those of an X server; what draws and writes
  them is in another process. A frame is captured when the pipeline learns of it.
- "lowest layer": gstpublish publishes several layers, and the viewer requests the lowest. "lowest small layer": the
  same with LayerOptions.HalfSize. Frames that are smaller than the clip's are enlarged to its size, linearly
  interpolated as a browser shows them, and then compared.
- link: what is between publisher and server: its rate, which counts the headers of IP and UDP, the delay each way, and
  how much may queue. "viewer": the same between server and viewer, and what the table of narrow links is then about.
  "none" is this machine's loopback.
- shown: captured frames that differ from the one before and reached the viewer. RTP time matches a decoded frame with
  a captured one; the decoded frames' content shows by how many frames all of them are late. A repeat or refinement of a
  still frame counts once, for the changed frame that it repeats.
- p50, p95: from a frame's capture to the arrival of the last RTP packet of the first decoded frame that shows it.
- CPU: user and system time of the whole publishing process, from the first capture to the last. It includes drawing,
  except for "gstpublish run".
- wake-ups, preempted: voluntary and involuntary context switches of all threads of that process, for each captured
  frame. Each wait of a thread ends in a wake-up.
- allocations, allocated, GCs: what Go's allocator and collector did meanwhile; memory that C allocates is not in it.
- capture: mean time inside CaptureFrame; for "gstpublish run", of the copy into shared memory. draw: mean time to apply
  a frame's changes.
- load: the machine's over the minute before. idle: the share of its processors' time over the clip that was unused.
- frames/s in motion: shown frames for each second between the first and the last change, rests of a second or more not
  counted. sent, of the link, queue, packets, dropped: what went through the link meanwhile, and how long packets waited
  in its queue.
- kB: RTP payload received, from the first packet to 0.1 s after the last capture.
- seen: PSNR of what a viewer has for each captured frame: the newest decoded frame of it or of an earlier one, however
  late it came. A frame that was dropped counts as what is shown instead. seen in motion: of the frames that differ from
  the one before.
- dB: PSNR of luma, 100 where frames are equal. SSIM: of luma, windows of 8 by 8, 4 px apart. motion: mean over the
  frames shown. final: the last decoded frame, compared with the clip's last frame. 0.5 s, 1 s: what is displayed so
  long after the last change before a second or more without one; the worst of all such moments. sharp after: from that
  change until a decoded frame of at least %d dB was decoded, the slowest.
- final RGB: of the last decoded frame beside the recording's, in red, green and blue; the recording has the colour of
  each pixel if it is 4:4:4. Of a frame in 4:2:0, a sample of chroma counts for its four pixels. coloured text: the same
  in blocks of 8x8 px that have colour and edges. "4:4:4" publishes the recording as it is, others publish its chroma
  averaged over four pixels.
- keys: key frames, their mean and their largest size; a publisher that begins with a black frame has a tiny one. join
  in motion: another viewer asks for the track %v into the clip; the time to its first decoded frame. resized: decoded
  frames that are not of the clip's size.
- Encoding alone: each frame that differs from the one before goes through the encode chain as fast as that takes it,
  one after the other, with the clip's time stamps: no server, no policy. p50, p95: from the call of CaptureFrame to the
  sample, conversion and the wait for other work on the machine included. CPU: of the process.
- BD-rate: how many per cent more bytes it takes over the whole clip for the same mean PSNR, seen in motion and of all
  frames, by piecewise cubics through the limits' medians; over the range of dB that both reach. Below 0 is better.
  CPU: of all limits, beside the other's.
`

// restDefinitions explains the tables of still screens and of viewers who join. Its values are the time for which a
// still screen is measured, the number of viewers and the time between them, the PSNR of a sharp frame, and how long
// viewers wait for it.
const restDefinitions = `- A still screen: %v after the clip, from a second after its end on, with one viewer.
  silent: nothing is captured. held: the last frame is captured again and again at the clip's rate.
- Joins: a second viewer, %d times, %v apart; medians over those who saw anything. first: the first decoded frame;
  sharp: the first of at least %d dB, within %v. Time counts from the viewer's request for the track, signalling
  and negotiation included; "since Join" from its call to join the room.
`
