// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package bitstream

const (
	vp9Slots     = 8 // NUM_REF_FRAMES
	vp9Refs      = 3 // REFS_PER_FRAME
	vp9SyncCode  = 0x498342
	vp9RGB       = 7 // CS_RGB
	vp9AllSlots  = 1<<vp9Slots - 1
	vp9MaxFrames = 8 // in a superframe
)

// slot describes a frame that is kept for reference.
type slot struct {
	width, height int
	quantizer     int
	known         bool
}

// vp9Parser reads the uncompressed header of VP9 (section 6.2 of the
// specification) and superframes (annex B).
type vp9Parser struct {
	slots   [vp9Slots]slot
	current Format
}

func (p *vp9Parser) format() Format { return p.current }

func (p *vp9Parser) parse(data []byte) (Frame, error) {
	if len(data) == 0 {
		return unread(), ErrTruncated
	}
	sizes, n := vp9Superframe(data)
	var last lastShown
	for _, size := range sizes[:n] {
		if size > len(data) {
			return last.failed(ErrTruncated)
		}
		if size > 0 { // libvpx writes no frame for a layer that it omits.
			h := vp9Header{bitReader: bitReader{data: data[:size]}, frame: unread()}
			h.read(&p.slots)
			if h.err == nil && h.format.Depth > 0 {
				p.current = h.format
			}
			last.add(h.frame)
			if h.err != nil {
				return last.failed(h.err)
			}
		}
		data = data[size:]
	}
	return last.end()
}

// vp9Superframe reads the sizes of the frames from the index at the end (annex
// B). Without an index there is one frame.
func vp9Superframe(data []byte) (sizes [vp9MaxFrames]int, n int) {
	sizes[0] = len(data)
	marker := data[len(data)-1]
	frames, bytes := int(marker&7)+1, int(marker>>3&3)+1
	index := 2 + frames*bytes
	if marker&0xe0 != 0xc0 || len(data) < index || data[len(data)-index] != marker {
		return sizes, 1
	}
	at := data[len(data)-index+1:]
	for i := range frames {
		sizes[i] = 0
		for k := range bytes {
			sizes[i] |= int(at[i*bytes+k]) << (8 * k)
		}
	}
	return sizes, frames
}

// vp9Header is a frame's header while it is read.
type vp9Header struct {
	bitReader
	frame     Frame
	profile   int
	resilient bool
	refresh   int    // refresh_frame_flags
	format    Format // of a frame that says so
}

// read reads uncompressed_header up to base_q_idx.
func (h *vp9Header) read(slots *[vp9Slots]slot) {
	h.require(h.u(2) == 2) // frame_marker
	h.profile = h.u(1) | h.u(1)<<1
	if h.profile == 3 {
		h.require(!h.flag())
	}
	if h.flag() { // show_existing_frame
		s := &slots[h.u(3)]
		h.frame.Shown = h.err == nil
		if s.known {
			h.frame.Quantizer, h.frame.Width, h.frame.Height = s.quantizer, s.width, s.height
		}
		return
	}
	h.frame.Key = !h.flag() && h.err == nil
	h.frame.Shown = h.flag()
	h.resilient = h.flag()
	if h.frame.Key {
		h.syncCode()
		h.colour()
		h.size()
		h.renderSize()
		h.refresh = vp9AllSlots
	} else {
		h.notKey(slots)
	}
	if !h.resilient {
		h.u(2) // refresh_frame_context, frame_parallel_decoding_mode
	}
	h.u(2) // frame_context_idx
	h.loopFilter()
	h.frame.Quantizer = h.u(8)
	h.keep(slots)
}

// notKey reads the part that only inter frames and intra-only frames have.
func (h *vp9Header) notKey(slots *[vp9Slots]slot) {
	intra := !h.frame.Shown && h.flag()
	if !h.resilient {
		h.u(2) // reset_frame_context
	}
	if intra {
		h.syncCode()
		if h.profile > 0 {
			h.colour()
		}
		h.refresh = h.u(8)
		h.size()
		h.renderSize()
		return
	}
	h.refresh = h.u(8)
	var refs [vp9Refs]int
	for i := range refs {
		refs[i] = h.u(3)
		h.u(1) // ref_frame_sign_bias
	}
	h.sizeWithRefs(slots, refs)
	h.u(1)         // allow_high_precision_mv
	if !h.flag() { // is_filter_switchable
		h.u(2) // raw_interpolation_filter
	}
}

func (h *vp9Header) syncCode() { h.require(h.u(24) == vp9SyncCode) }

// colour reads color_config.
func (h *vp9Header) colour() {
	h.format = Format{Profile: h.profile, Chroma: Chroma420, Depth: 8}
	if h.profile >= 2 {
		h.format.Depth = 10 + 2*h.u(1) // ten_or_twelve_bit
	}
	rgb := h.u(3) == vp9RGB
	if !rgb {
		h.u(1) // color_range
	}
	if h.profile&1 == 1 {
		h.format.Chroma = Chroma444
		if !rgb {
			x, y := h.flag(), h.flag() // subsampling_x, subsampling_y
			h.format.Chroma = subsampled(x, y)
		}
		h.u(1) // reserved_zero
	}
}

// size reads frame_size.
func (h *vp9Header) size() {
	h.frame.Width = h.u(16) + 1
	h.frame.Height = h.u(16) + 1
}

func (h *vp9Header) renderSize() {
	if h.flag() {
		h.u(32)
	}
}

// sizeWithRefs reads frame_size_with_refs.
func (h *vp9Header) sizeWithRefs(slots *[vp9Slots]slot, refs [vp9Refs]int) {
	found := false
	for _, ref := range refs {
		if found = h.flag(); found {
			// The quantizer does not depend on the size.
			h.frame.Width, h.frame.Height = slots[ref].width, slots[ref].height
			break
		}
	}
	if !found {
		h.size()
	}
	h.renderSize()
}

// loopFilter reads loop_filter_params.
func (h *vp9Header) loopFilter() {
	h.u(6 + 3)    // loop_filter_level, loop_filter_sharpness
	if h.both() { // loop_filter_delta_enabled, loop_filter_delta_update
		for range 4 + 2 { // loop_filter_ref_deltas, loop_filter_mode_deltas
			if h.flag() {
				h.u(7)
			}
		}
	}
}

// keep is the reference frame update process (section 8.10).
func (h *vp9Header) keep(slots *[vp9Slots]slot) {
	if h.err != nil {
		return
	}
	for i := range slots {
		if h.refresh>>i&1 == 1 {
			slots[i] = slot{h.frame.Width, h.frame.Height, h.frame.Quantizer, true}
		}
	}
}
