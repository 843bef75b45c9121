// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

// SetEstimate says how many bit/s the network can carry; 0 if that isn't known, as
// in the beginning. A screen keeps its size: the encoder's target goes down as
// far as Options.Floor, then fewer pictures are sent. A camera keeps its frame
// rate, and its target goes down. What a pipeline coded itself stays as it is.
func (p *Publication) SetEstimate(bps int) {
	e, bps := p.encoding, max(bps, 0)
	if e == nil {
		return
	}
	e.estimate.Store(int64(bps))
	if e.screen != nil {
		e.screen.SetEstimate(bps)
		return
	}
	if g := e.current.Load(); g != nil {
		if err := g.chain.SetBitrate(e.cameraTarget(g)); err != nil {
			e.p.log.Debug("the target stays", "err", err)
		}
	}
}

// leastTarget is libwebrtc's least bitrate of video, in bit/s
// (rtc_base/experiments/min_video_bitrate_experiment.cc).
const leastTarget = 30_000

// cameraTarget is the target of a camera's encoder, in bit/s.
func (e *encoding) cameraTarget(g *engine) int {
	width, height := e.pictureSize()
	target := e.bitrateFor(width, height, g.chain.Codec())
	if estimate := int(e.estimate.Load()); estimate > 0 {
		target = min(target, max(estimate, leastTarget))
	}
	return target
}
