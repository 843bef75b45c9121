// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package bitstream

// av1Header is a frame's header while it is read.
type av1Header struct {
	bitReader
	*av1Sequence
	slots                 *[av1Slots]av1Slot
	temporalID, spatialID int // of its OBU

	frame        Frame
	kind         int  // frame_type
	intra        bool // FrameIsIntra
	resilient    bool // error_resilient_mode
	noCDFUpdate  bool // disable_cdf_update
	screenTools  bool // allow_screen_content_tools
	integerMV    bool // force_integer_mv
	sizeOverride bool // frame_size_override_flag
	orderHint    int
	refresh      int // refresh_frame_flags
	codedWidth   int // FrameWidth, before superres scales it up
}

// read reads uncompressed_header up to base_q_idx (5.9.2).
func (h *av1Header) read() {
	h.kind, h.frame.Shown, h.resilient = av1KeyFrame, true, true
	if !h.reduced {
		if h.flag() { // show_existing_frame
			h.showExisting()
			return
		}
		h.frameType()
	}
	h.intra = h.kind == av1KeyFrame || h.kind == av1IntraOnlyFrame
	h.frame.Key = h.kind == av1KeyFrame && h.err == nil
	h.common()
	h.refreshFlags()
	if h.intra {
		h.frameSize()
		h.renderSize()
		if h.screenTools && h.frame.Width == h.codedWidth {
			h.u(1) // allow_intrabc
		}
	} else {
		h.inter()
	}
	if !h.reduced && !h.noCDFUpdate {
		h.u(1) // disable_frame_end_update_cdf
	}
	h.tileInfo()
	h.frame.Quantizer = h.u(8)
	h.keep()
}

// showExisting shows a frame that was decoded earlier. A key frame then fills all slots (7.21).
func (h *av1Header) showExisting() {
	index := h.u(3)
	h.presentationTime()
	if h.frameIDs {
		h.u(h.idBits) // display_frame_id
	}
	h.frame.Shown = h.err == nil
	s := h.slots[index]
	if !s.known || h.err != nil {
		return
	}
	h.frame.Quantizer, h.frame.Width, h.frame.Height = s.quantizer, s.width, s.height
	if s.key {
		for i := range h.slots {
			h.slots[i] = s
		}
	}
}

// presentationTime reads temporal_point_info (5.9.31), if there is one.
func (h *av1Header) presentationTime() {
	if h.decoderModel && !h.equalInterval {
		h.u(h.presentationTimeBits)
	}
}

func (h *av1Header) frameType() {
	h.kind = h.u(2)
	h.frame.Shown = h.flag()
	if h.frame.Shown {
		h.presentationTime()
	} else {
		h.u(1) // showable_frame
	}
	shownKey := h.kind == av1KeyFrame && h.frame.Shown
	h.resilient = h.kind == av1SwitchFrame || shownKey || h.flag()
	if shownKey {
		for i := range h.slots {
			h.slots[i].known, h.slots[i].orderHint = false, 0
		}
	}
}

// common reads the part that all frames have between their type and refresh_frame_flags.
func (h *av1Header) common() {
	h.noCDFUpdate = h.flag()
	h.screenTools = h.chosen(h.av1Sequence.screenTools)
	if h.screenTools {
		h.integerMV = h.chosen(h.av1Sequence.integerMV)
	}
	if h.frameIDs {
		h.u(h.idBits) // current_frame_id
	}
	h.sizeOverride = h.kind == av1SwitchFrame || !h.reduced && h.flag()
	h.orderHint = h.u(h.orderHintBits)
	if !h.intra && !h.resilient {
		h.u(3) // primary_ref_frame
	}
	if h.decoderModel && h.flag() { // buffer_removal_time_present_flag
		for _, p := range h.points[:h.pointCount] {
			if p.decoderModel && h.within(p.idc) {
				h.u(h.removalTimeBits)
			}
		}
	}
}

// chosen returns the value that the sequence sets, or reads the frame's own flag.
func (h *av1Header) chosen(sequence int) bool {
	if sequence == av1Select {
		return h.flag()
	}
	return sequence == 1
}

// within reports whether the frame's layers belong to an operating point.
func (h *av1Header) within(idc int) bool {
	return idc == 0 || idc>>h.temporalID&1 == 1 && idc>>(h.spatialID+8)&1 == 1
}

// refreshFlags reads refresh_frame_flags and, from resilient frames, the expected order hints of the slots.
func (h *av1Header) refreshFlags() {
	h.refresh = av1AllSlots
	if h.kind != av1SwitchFrame && (h.kind != av1KeyFrame || !h.frame.Shown) {
		h.refresh = h.u(av1Slots)
	}
	if h.intra && h.refresh == av1AllSlots || !h.resilient || !h.orderHints {
		return
	}
	for i := range h.slots {
		hint := h.u(h.orderHintBits)
		if s := &h.slots[i]; h.err == nil && s.orderHint != hint {
			*s = av1Slot{orderHint: hint}
		}
	}
}

// keep implements the reference frame update process (7.20).
func (h *av1Header) keep() {
	if h.err != nil {
		return
	}
	s := av1Slot{
		slot:      slot{h.frame.Width, h.frame.Height, h.frame.Quantizer, true},
		key:       h.kind == av1KeyFrame,
		orderHint: h.orderHint,
	}
	for i := range h.slots {
		if h.refresh>>i&1 == 1 {
			h.slots[i] = s
		}
	}
}
