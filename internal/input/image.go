// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package input

import (
	"bytes"
	"errors"

	"github.com/gstpublish/gstpublish/internal/gst"
)

// imageKind is a kind of image file that needs a way of its own.
type imageKind int

const (
	otherImage    imageKind = iota
	bitmap                  // BMP or TIFF: libav's decoders, which decodebin chooses, do not take a file in pieces
	webpAnimation           // GStreamer's decoder refuses it
	pngAnimation            // GStreamer's decoder shows its first frame
)

// ErrAnimation is the error of a Look at an animation that GStreamer cannot decode.
var ErrAnimation = errors.New("the format of the animation is not supported")

// imageOf recognises the kind by the first bytes of a file.
func imageOf(begin []byte) imageKind {
	const headOfBMP, flagsOfWebP, animated = 14, 20, 2
	switch {
	case bytes.HasPrefix(begin, []byte("BM")) && len(begin) > headOfBMP && bytes.Equal(begin[6:10], make([]byte, 4)),
		bytes.HasPrefix(begin, []byte("II*\x00")), bytes.HasPrefix(begin, []byte("MM\x00*")):
		return bitmap
	case bytes.HasPrefix(begin, []byte("RIFF")) && len(begin) > flagsOfWebP &&
		bytes.Equal(begin[8:16], []byte("WEBPVP8X")) && begin[flagsOfWebP]&animated != 0:
		return webpAnimation
	case bytes.HasPrefix(begin, []byte("\x89PNG\r\n")) && bytes.Contains(begin, []byte("acTL")):
		return pngAnimation
	}
	return otherImage
}

// bitmapDecoder takes a file in pieces. It is in the same Debian package as GStreamer's other decoders for images.
const bitmapDecoder = "gdkpixbufdec"

// isBitmap reports whether the input is an image that only bitmapDecoder decodes. Then Look plays nothing.
func (in Input) isBitmap() bool {
	return in.image == bitmap && gst.HasFactory(bitmapDecoder)
}

// IsShownInPart reports whether the input is an animation of which viewers see only the first frame.
func (in Input) IsShownInPart() bool { return in.image == pngAnimation }

// still follows an image, and repeats it five times a second: a viewer who joins sees it soon, and it costs next to
// nothing.
const still = " ! imagefreeze is-live=true ! video/x-raw,framerate=5/1"
