// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package advice

import (
	"fmt"
	"regexp"
	"strings"
)

// converters has the element that changes a field of raw media, by the kind of media and the field.
var converters = map[string]string{
	"video width": "videoscale", "video height": "videoscale", "video pixel-aspect-ratio": "videoscale",
	"video format": "videoconvert", "video colorimetry": "videoconvert", "video framerate": "videorate",
	"video interlace-mode": "deinterlace",
	"sound rate":           "audioresample", "sound channels": "audioconvert", "sound format": "audioconvert",
	"sound layout": "audioconvert", "sound channel-mask": "audioconvert",
}

// memories has the element that fetches frames from another kind of memory.
var memories = map[string]string{
	"GLMemory": "gldownload", "CUDAMemory": "cudadownload", "VAMemory": "vapostproc", "DMABuf": "vapostproc",
	"NVMM": "nvvidconv", "VASurface": "vaapipostproc", "D3D11Memory": "d3d11download", "VulkanImage": "vulkandownload",
}

// details explains caps of the same media that differ in a field. It is false if they agree.
func (f *Failure) details(src, sink Pad) (Advice, bool) {
	if f.fits(src.Caps, sink.Caps) {
		return Advice{}, false
	}
	if m := memory(src.Caps); m != memory(sink.Caps) && memories[m] != "" {
		return Advice{
			Cause: fmt.Sprintf("the frames of %s are in another memory (%s), but %s takes %s",
				src.Label, m, sink.Label, nameOf(sink.Caps)),
			Cure: "put " + memories[m] + f.install(memories[m]) + " between them",
		}, true
	}
	field, has, takes := f.difference(src.Caps, sink.Caps)
	if field == "" {
		return Advice{}, false
	}
	a := Advice{
		Cause: fmt.Sprintf("%s has %s with %s=%s, but %s takes %s=%s",
			src.Label, nameOf(src.Caps), field, has, sink.Label, field, takes),
		Cure: "change one of the two",
	}
	if cure := f.converter(src, field); cure != "" {
		a.Cure = cure
	}
	return a, true
}

// converter says what changes a field of what a pad has; "" if that is unknown.
func (f *Failure) converter(src Pad, field string) string {
	m := find(src.Caps)
	c := converters[kind(src.Caps)+" "+field]
	switch {
	case m == nil:
		return ""
	case m.parser != "" && (field == "stream-format" || field == "alignment" || field == "framed" || field == "parsed"):
		return "put " + m.parser + f.install(m.parser) + " between them"
	case !raw(src.Caps):
		return "leave " + field + " out of the caps, or decode and encode the media again"
	case c == "" || strings.HasPrefix(src.element(), c):
		return ""
	default:
		return "put " + c + f.install(c) + " between them"
	}
}

var (
	memoryOf = regexp.MustCompile(`^[^,;]*\(memory:([A-Za-z0-9]+)[,)]`)
	fields   = regexp.MustCompile(`([a-z][a-z-]*)=(?:\([A-Za-z]+\))?(\{[^}]*\}|\[[^\]]*\]|"[^"]*"|[^,;]+)`)
)

// memory is where the frames of caps are; "" for the computer's own.
func memory(caps string) string {
	if m := memoryOf.FindStringSubmatch(caps); m != nil && m[1] != "SystemMemory" {
		return m[1]
	}
	return ""
}

// difference finds a field in which two caps have nothing in common: the first in the order of the second's. Caps of
// several kinds are compared by the first that has the same media type.
func (f *Failure) difference(src, sink string) (field, has, takes string) {
	one := map[string]string{}
	first, _, _ := strings.Cut(src, "; ")
	media, _, _ := strings.Cut(first, ",")
	for _, m := range fields.FindAllStringSubmatch(first, -1) {
		one[m[1]] = m[2]
	}
	for s := range strings.SplitSeq(sink, "; ") {
		if other, _, _ := strings.Cut(s, ","); other != media {
			continue
		}
		for _, m := range fields.FindAllStringSubmatch(s, -1) {
			value, both := one[m[1]]
			if both && !f.agree(m[0], value, m[1], m[2]) {
				return m[1], shorten(value), shorten(m[2])
			}
		}
		break
	}
	return "", "", ""
}

// agree reports whether a field's two values have something in common.
func (f *Failure) agree(typed, value, field, other string) bool {
	kind := ""
	if open, end := strings.IndexByte(typed, '('), strings.IndexByte(typed, ')'); open > 0 && end > open {
		kind = typed[open : end+1]
	}
	return f.fits("x/x, "+field+"="+kind+value, "x/x, "+field+"="+kind+other)
}

// shorten leaves of a long list of values the first ones.
func shorten(value string) string {
	const most = 4
	items := strings.Split(strings.Trim(value, "{} "), ", ")
	if !strings.HasPrefix(value, "{") || len(items) <= most {
		return strings.TrimSpace(value)
	}
	return fmt.Sprintf("{ %s, … %d more }", strings.Join(items[:most], ", "), len(items)-most)
}
