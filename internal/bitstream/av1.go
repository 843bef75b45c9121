// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package bitstream

// Numbers of AV1's specification (section 3), types of OBUs (6.2.2) and of frames
// (6.8.2).
const (
	av1Slots     = 8 // NUM_REF_FRAMES
	av1Refs      = 7 // REFS_PER_FRAME
	av1AllSlots  = 1<<av1Slots - 1
	av1NoPrimary = 7 // PRIMARY_REF_NONE

	av1OBUSequence    = 1
	av1OBUFrameHeader = 3
	av1OBUFrame       = 6

	av1KeyFrame       = 0
	av1IntraOnlyFrame = 2
	av1SwitchFrame    = 3
)

// av1Slot describes a frame that is kept for reference.
type av1Slot struct {
	slot      // its width is UpscaledWidth
	key       bool
	orderHint int
}

// av1Parser reads the OBUs of temporal units (section 5.3 of the specification).
type av1Parser struct {
	sequence av1Sequence
	begun    bool // a sequence header was read
	slots    [av1Slots]av1Slot
}

func (p *av1Parser) format() Format { return p.sequence.format }

func (p *av1Parser) parse(data []byte) (Frame, error) {
	var last lastShown
	for len(data) > 0 {
		o, err := nextOBU(data)
		if err != nil {
			return last.failed(err)
		}
		data = data[o.end:]
		switch o.kind {
		case av1OBUSequence:
			var s av1Sequence
			if s, err = av1SequenceHeader(o.body); err != nil {
				return last.failed(err)
			}
			p.sequence, p.begun = s, true
		case av1OBUFrameHeader, av1OBUFrame: // A redundant header adds nothing.
			var f Frame
			f, err = p.frameHeader(&o)
			last.add(f)
			if err != nil {
				return last.failed(err)
			}
		}
	}
	return last.end()
}

func (p *av1Parser) frameHeader(o *obu) (Frame, error) {
	if !p.begun {
		return unread(), ErrMissing
	}
	h := av1Header{
		bitReader: bitReader{data: o.body}, av1Sequence: &p.sequence, slots: &p.slots,
		temporalID: o.temporalID, spatialID: o.spatialID, frame: unread(),
	}
	h.read()
	return h.frame, h.err
}

// obu is an open bitstream unit.
type obu struct {
	kind                  int
	temporalID, spatialID int
	body                  []byte
	end                   int // where the next one begins
}

// nextOBU reads an OBU's header and size (5.3.1 to 5.3.3). An OBU without a size extends to the end of the data.
func nextOBU(data []byte) (obu, error) {
	b := bitReader{data: data}
	b.require(!b.flag()) // obu_forbidden_bit
	o := obu{kind: b.u(4)}
	extension, sized := b.flag(), b.flag()
	b.u(1)
	if extension {
		o.temporalID, o.spatialID = b.u(3), b.u(2)
		b.u(3)
	}
	size := 0
	if sized {
		size = b.leb128()
	}
	if b.err != nil {
		return obu{}, b.err
	}
	// Only whole bytes were read, so b.next is where the reader is.
	if !sized {
		size = len(data) - b.next
	}
	if size > len(data)-b.next {
		return obu{}, ErrTruncated
	}
	o.end = b.next + size
	o.body = data[b.next:o.end]
	return o, nil
}

// leb128 reads a number in bytes of seven bits (4.10.5). No data is longer than 1<<31.
func (b *bitReader) leb128() int {
	v := uint64(0)
	for i := range 8 {
		more := b.flag()
		v |= uint64(b.u(7)) << (7 * i) //nolint:gosec // seven bits
		if !more {
			break
		}
	}
	if v >= 1<<31 {
		b.fail(ErrTruncated)
		return 0
	}
	return int(v) //nolint:gosec // checked above
}
