// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"slices"

	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/media"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// normalText makes raw frames progressive, upright and square in their pixels. It is inserted only for frames that
// are not. Of interlaced frames it uses one field, so that the frame rate stays, and yadif for what is still: measured
// with 720x576, 2 ms a frame. A deinterlacer that is strict does not pass on interlaced formats that it does not know,
// which the first videoconvert then converts.
const normalText = "videoconvert dither=none ! deinterlace mode=auto-strict fields=top method=yadif ! " +
	"videoconvert dither=none ! videoflip video-direction=auto ! " +
	"videoscale add-borders=false ! capsfilter caps=video/x-raw,pixel-aspect-ratio=1/1"

// opusText and opusCaps: LiveKit's Opus has one or two channels. audioconvert takes the first of the caps that fits
// best, so more channels are mixed down to two, and one remains one.
const (
	opusText = "audioconvert ! audioresample ! capsfilter caps=\"audio/x-raw,channels=2;audio/x-raw,channels=1\" ! " +
		"opusenc frame-size=20"
	opusCaps = "opusparse ! capsfilter caps=\"audio/x-opus,channel-mapping-family=0;audio/x-opus,stream-count=1\""
)

// tailFor returns the launch text that converts a pipeline's output to the form that is sent, by
// the media type of the pad.
func tailFor(mediaType string) (kind Kind, codec Codec, tail string) {
	switch mediaType {
	case "video/x-raw":
		return RawVideo, 0, "capsfilter caps=video/x-raw"
	case "audio/x-opus":
		return Opus, 0, opusCaps
	case "audio/x-raw":
		return Opus, 0, opusText
	}
	for _, c := range catalogue.Codecs() {
		if c.MediaType() == mediaType {
			return EncodedVideo, c, media.Tail(c)
		}
	}
	return 0, 0, ""
}

// mediaType returns the single media type of caps that can be published; "" if they permit none or
// several.
func mediaType(caps string) string {
	publishable := slices.DeleteFunc(gst.MediaTypes(caps), func(name string) bool {
		kind, _, _ := tailFor(name)
		return kind == 0
	})
	if len(publishable) != 1 {
		return ""
	}
	return publishable[0]
}
