// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/launch"
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

// reordering are the properties that make encoders reorder frames, with the values that do not.
var reordering = []struct{ property, none string }{
	{"bframes", "0"},
	{"b-frames", "0"},
	{"max-bframes", "0"},
	{"max-b-frames", "0"},
	{"num-B-Frames", "0"},
	{"allow-frame-reordering", "false"},
}

var (
	saysBFrames = regexp.MustCompile(`(^|:)\s*bframes\s*=`) // in the options of x264 and x265
	zeroLatency = regexp.MustCompile(`\bzerolatency\b`)
	profiles    = regexp.MustCompile(`profile=\(string\)([^,;]*)`)
)

// prepareEncoders prepares the text's own encoders that feed a pad, and returns what it has set, and how many encoders
// there are.
func (p *Pipeline) prepareEncoders(pad *gst.Pad) (set []conversion, encoders int) {
	for _, e := range pad.PrepareEncoders() {
		given := map[string]string{}
		if token := launch.Maker(p.text.tokens, p.written, e.Name()); token != nil {
			given = launch.Properties(p.text.tokens, *token)
		}
		if setting := keepOrder(e, given); setting != "" {
			set = append(set, conversion{"encoded without B-frames, by " + e.Factory() + " " + setting, adviceOf(e)})
		}
		e.Release()
		encoders++
	}
	return set, encoders
}

// Remote reports whether no element of the pipeline encodes the output's video.
func (o *behind) Remote() bool { return o.Kind == EncodedVideo && o.changes.encoders == 0 }

// adviceOf says how the text could do better than with an encoder's defaults.
func adviceOf(e *gst.Element) string {
	switch e.Factory() {
	case "x264enc", "x265enc":
		return fmt.Sprintf("%q makes none either, and does not wait for later frames", e.Factory()+" tune=zerolatency")
	}
	return ""
}

// keepOrder makes an encoder send frames in the order in which they are shown, unless the text says whether it does.
// given are the properties that the text gives it. It returns what it has set; "" for nothing.
func keepOrder(e *gst.Element, given map[string]string) string {
	for _, r := range reordering {
		if _, says := given[r.property]; says {
			return ""
		}
	}
	switch e.Factory() {
	case "x264enc": // The property is 0 by default, but counts only if it is set: speed-preset decides.
		if saysBFrames.MatchString(given["option-string"]) || makesNone(e) || e.Get("bframes") != "0" {
			return ""
		}
		return setting(e, "bframes", "0")
	case "x265enc":
		options := given["option-string"]
		if saysBFrames.MatchString(options) || zeroLatency.MatchString(e.Get("tune")) {
			return ""
		}
		return setting(e, "option-string", strings.TrimLeft(options+":bframes=0", ":"))
	}
	for _, r := range reordering {
		if now := e.Get(r.property); now != "" && now != r.none {
			return setting(e, r.property, r.none)
		}
	}
	return ""
}

// setting sets a property. What an encoder refuses remains as it is: the samples are judged too.
func setting(e *gst.Element, property, value string) string {
	if e.Set(property, value) != nil {
		return ""
	}
	return property + "=" + value
}

// makesNone reports whether other settings of an x264enc, or the caps after it, exclude B-frames.
func makesNone(e *gst.Element) bool {
	if zeroLatency.MatchString(e.Get("tune")) || e.Get("speed-preset") == "ultrafast" {
		return true
	}
	asked := profiles.FindAllStringSubmatch(e.SrcCaps(), -1)
	return len(asked) > 0 && !slices.ContainsFunc(asked, func(profile []string) bool {
		return profile[1] != "baseline" && profile[1] != "constrained-baseline"
	})
}
