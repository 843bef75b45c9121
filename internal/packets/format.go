// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package packets

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v4"
)

// format is a codec's payload format. It cuts one sample after another.
type format interface {
	// begin begins the next sample with layers that were checked. The sample stays the caller's and
	// is read until more is false. l may be nil. Payloads are at most size bytes, unless next gets
	// a smaller room. After an error there is nothing to cut.
	begin(data []byte, l *Layers, size int) error
	// more reports whether a part of the sample is left.
	more() bool
	// next returns the next payload, in room's memory, as long as that, or in the format's own. It
	// is valid until the next call. ends reports whether a layer's frame ends with it.
	next(room []byte) (payload []byte, ends bool)
}

var errSpatial = errors.New("packets: only VP9 supports spatial layers in one stream")

// formatFor returns a codec's format.
func formatFor(mime string) (format, error) {
	for name, create := range map[string]func() format{
		webrtc.MimeTypeVP8:  func() format { return &vp8{picture: firstPicture()} },
		webrtc.MimeTypeVP9:  func() format { return &vp9{picture: firstPicture()} },
		webrtc.MimeTypeAV1:  func() format { return &pieces{payloader: &codecs.AV1Payloader{}} },
		webrtc.MimeTypeH264: func() format { return &pieces{payloader: &codecs.H264Payloader{}} },
		webrtc.MimeTypeH265: func() format { return &pieces{payloader: &codecs.H265Payloader{}} },
		webrtc.MimeTypeOpus: func() format { return &pieces{payloader: &codecs.OpusPayloader{}} },
	} {
		if strings.EqualFold(name, mime) {
			return create(), nil
		}
	}
	return nil, fmt.Errorf("packets: no RTP payload format for %s", mime)
}

// pictureIDs is the number of picture IDs of 15 bits. They count frames, starting at random (RFC
// 7741, 4.2; RFC 9628, 4.2).
const pictureIDs = 1 << 15

func firstPicture() uint16 { return uint16(rand.IntN(pictureIDs)) }

// pieces is what one of pion's payloaders makes of a sample. These formats do not describe layers;
// a dependency descriptor does.
type pieces struct {
	payloader rtp.Payloader
	left      [][]byte
}

func (p *pieces) begin(data []byte, l *Layers, size int) error {
	if p.left = nil; l != nil && l.SpatialLayers > 1 {
		return errSpatial
	}
	p.left = p.payloader.Payload(uint16(size), data)
	return nil
}

func (p *pieces) more() bool { return len(p.left) > 0 }

func (p *pieces) next([]byte) (payload []byte, ends bool) {
	payload, p.left = p.left[0], p.left[1:]
	return payload, len(p.left) == 0
}
