// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package bitstream

// Chroma is how a stream samples colour.
type Chroma uint8

// The samplings. The zero value says that it is not known.
const (
	ChromaUnknown Chroma = iota
	Monochrome
	Chroma420
	Chroma422
	Chroma440
	Chroma444
)

// String returns such as "4:2:0".
func (c Chroma) String() string {
	switch c {
	case Monochrome:
		return "4:0:0"
	case Chroma420:
		return "4:2:0"
	case Chroma422:
		return "4:2:2"
	case Chroma440:
		return "4:4:0"
	case Chroma444:
		return "4:4:4"
	case ChromaUnknown:
	}
	return "unknown"
}

// chromaOf returns a sampling by chroma_format_idc (H.264, table 6-1; H.265, the same).
func chromaOf(idc int) Chroma {
	return [...]Chroma{Monochrome, Chroma420, Chroma422, Chroma444}[idc]
}

// subsampled returns a sampling by subsampling_x and subsampling_y (VP9, 7.2.2; AV1, 6.4.2).
func subsampled(x, y bool) Chroma {
	switch {
	case x && y:
		return Chroma420
	case x:
		return Chroma422
	case y:
		return Chroma440
	default:
		return Chroma444
	}
}

// Format is what a decoder must support to decode a stream. The zero value is that of a stream
// whose format is not known yet.
type Format struct {
	// Profile is the codec's own number: profile_idc of H.264, general_profile_idc of H.265,
	// seq_profile of AV1, the profile of VP9. It is 0 for VP8, whose profiles all decoders support.
	Profile int
	// Constraints are the six constraint flags of H.264, the first in bit 7 as in
	// profile-level-id; 0 for other codecs.
	Constraints int
	// Level is level_idc of H.264 and general_level_idc of H.265; 0 for other codecs.
	Level  int
	Chroma Chroma
	// Depth is how many bits a sample of luma or chroma has, the larger of both; 0 if unknown.
	Depth int
}

// Format returns the format of the last frame that Parse has read; the zero value before. It can
// change with each key frame.
func (p *Parser) Format() Format {
	if p.frames == nil {
		return Format{}
	}
	return p.frames.format()
}
