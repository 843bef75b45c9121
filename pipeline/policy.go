// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import "slices"

// Policy limits launch text to elements and properties that it lists. Everything else is refused: what
// is not in the list, and what is not understood, such as bins, addresses from which GStreamer makes an
// element, presets, and properties of objects. An element that makes other elements (a GstBin, such as
// decodebin or rtspsrc) is refused even if it is listed.
//
// The text is checked before GStreamer loads a plugin for it. A *LaunchError around a *PolicyError says
// what is refused. gstpublish's own elements, which encode and publish, are not limited.
type Policy struct {
	// Elements are the permitted elements, by the names of their factories, each with the names of the
	// properties that may be set. The property name is always permitted. Properties of a pad are
	// written as "sink_*::xpos".
	Elements map[string][]string
}

// PolicyError is a part of launch text that a Policy does not permit.
type PolicyError struct {
	Element  string // empty if it is no element
	Property string // empty if it is no property
	Reason   string
}

func (e *PolicyError) Error() string { return e.Reason }

// Restricted returns a policy for text from strangers. It permits test sources, and elements that
// convert, mix, draw on, encode and parse what these produce: no files, no network, no devices, no
// screens. The caller may change it. It does not limit processor time, memory or what is shown.
func Restricted() *Policy {
	p := &Policy{Elements: map[string][]string{}}
	for _, group := range []map[string][]string{restrictedSources, restrictedFilters, restrictedEncoders} {
		for element, properties := range group {
			p.Elements[element] = slices.Clone(properties)
		}
	}
	return p
}

// Element is an element of a pipeline.
type Element struct {
	Factory string // such as videotestsrc
	Name    string // such as videotestsrc0
	// Properties are those that differ from their defaults, in the syntax of launch text.
	Properties map[string]string
}

// Elements returns the elements of the pipeline, with those inside bins. Before Run, they are what the
// launch text makes; bins may make further ones while they run.
func (p *Pipeline) Elements() []Element {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil
	}
	var all []Element
	for _, e := range p.gp.Describe() {
		element := Element{Factory: e.Factory, Name: e.Name, Properties: map[string]string{}}
		for _, property := range e.Properties {
			element.Properties[property.Name] = property.Value
		}
		all = append(all, element)
	}
	return all
}

// timed are the properties of all sources that follow a clock.
var timed = []string{"is-live", "num-buffers", "timestamp-offset", "do-timestamp"}

var restrictedSources = map[string][]string{
	"videotestsrc": append([]string{
		"pattern", "animation-mode", "motion", "flip", "foreground-color", "background-color", "horizontal-speed",
		"k0", "kt", "kt2", "kx", "kx2", "kxt", "kxy", "ky", "ky2", "kyt", "xoffset", "yoffset",
	}, timed...),
	"audiotestsrc": append([]string{"wave", "freq", "volume", "samplesperbuffer", "tick-interval"}, timed...),
}

// drawn are the properties of elements that draw text.
var drawn = []string{
	"text", "valignment", "halignment", "xpad", "ypad", "deltax", "deltay", "font-desc", "color", "outline-color",
	"shaded-background", "silent", "line-alignment", "draw-shadow", "draw-outline",
}

var restrictedFilters = map[string][]string{
	"videoconvert": {"dither", "chroma-mode", "matrix-mode", "primaries-mode", "gamma-mode"},
	"videoscale":   {"method", "add-borders", "sharpness", "dither"},
	"videorate":    {"drop-only", "max-rate", "skip-to-first", "average-period"},
	"videocrop":    {"top", "bottom", "left", "right"},
	"videobox":     {"top", "bottom", "left", "right", "fill", "alpha", "border-alpha", "autocrop"},
	"videoflip":    {"method", "video-direction"},
	"videobalance": {"brightness", "contrast", "hue", "saturation"},
	"gamma":        {"gamma"},
	"alpha":        {"method", "alpha", "target-r", "target-g", "target-b", "angle", "noise-level"},
	"deinterlace":  {"mode", "method", "fields"},
	"textoverlay":  drawn,
	"timeoverlay":  append([]string{"time-mode"}, drawn...),
	"clockoverlay": drawn,
	"compositor": {
		"background", "sink_*::xpos", "sink_*::ypos", "sink_*::width", "sink_*::height", "sink_*::alpha", "sink_*::zorder",
	},
	"audioconvert":  {"dithering", "noise-shaping"},
	"audioresample": {"quality"},
	"audiorate":     {"tolerance", "skip-to-first"},
	"audiomixer":    {"sink_*::volume", "sink_*::mute"},
	"volume":        {"volume", "mute"},
	"capsfilter":    {"caps"},
	"queue":         {"max-size-buffers", "max-size-bytes", "max-size-time", "leaky"},
	"tee":           {},
	"identity":      {"sync", "single-segment"},
	"fakesink":      {"sync", "async"},
}

var restrictedEncoders = map[string][]string{
	"vp8enc": {
		"target-bitrate", "deadline", "cpu-used", "keyframe-max-dist", "end-usage", "error-resilient", "min-quantizer",
		"max-quantizer", "lag-in-frames", "threads",
	},
	"vp9enc": {
		"target-bitrate", "deadline", "cpu-used", "keyframe-max-dist", "end-usage", "error-resilient", "min-quantizer",
		"max-quantizer", "lag-in-frames", "threads", "row-mt",
	},
	"x264enc": {
		"bitrate", "speed-preset", "tune", "key-int-max", "bframes", "threads", "byte-stream", "vbv-buf-capacity",
	},
	"openh264enc": {"bitrate", "gop-size", "complexity", "rate-control"},
	"opusenc": {
		"bitrate", "audio-type", "bitrate-type", "frame-size", "complexity", "inband-fec", "dtx", "packet-loss-percentage",
	},
	"h264parse": {"config-interval"},
	"vp8dec":    {},
	"vp9dec":    {},
}
