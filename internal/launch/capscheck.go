// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package launch

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/gst/describe"
)

// fields are the fields that elements use in the caps of each media type. Others are possible, so an unknown one is an
// error only if it resembles one of these.
var fields = map[string][]string{
	"video/x-raw": {
		"format", "width", "height", "framerate", "max-framerate", "pixel-aspect-ratio", "interlace-mode", "field-order",
		"colorimetry", "chroma-site", "multiview-mode", "multiview-flags", "views", "texture-target", "drm-format",
	},
	"audio/x-raw": {"format", "rate", "channels", "layout", "channel-mask"},
	"image/jpeg": {
		"width", "height", "framerate", "pixel-aspect-ratio", "parsed", "sof-marker", "colorspace", "sampling",
	},
	"video/x-h264": coded("stream-format", "alignment", "profile", "level", "codec_data", "parsed"),
	"video/x-h265": coded("stream-format", "alignment", "profile", "level", "tier", "codec_data", "parsed"),
	"video/x-vp8":  coded("profile", "streamheader"),
	"video/x-vp9":  coded("profile", "alignment", "streamheader"),
	"video/x-av1":  coded("profile", "level", "tier", "stream-format", "alignment", "codec_data", "parsed"),
	"audio/x-opus": {"rate", "channels", "channel-mapping-family", "stream-count", "coupled-count", "streamheader"},
	"application/x-rtp": {
		"media", "clock-rate", "encoding-name", "payload", "encoding-params", "ssrc", "packetization-mode",
	},
}

func coded(more ...string) []string {
	return append(more, "width", "height", "framerate", "pixel-aspect-ratio", "colorimetry", "chroma-site",
		"chroma-format", "bit-depth-luma", "bit-depth-chroma", "interlace-mode")
}

// fractions are the fields that are fractions wherever they are used.
var fractions = []string{"framerate", "max-framerate", "pixel-aspect-ratio"}

var (
	wholeNumber = regexp.MustCompile(`^(\(int\)\s*|\(i\)\s*)?([0-9]+)$`)
	decimal     = regexp.MustCompile(`^(\((?:float|double)\)\s*)?([0-9]+\.[0-9]+)$`)
	spelled     = regexp.MustCompile(`^(?:\((?:string|s|str)\)\s*)?"?([A-Za-z0-9_]+)"?$`)
	number      = regexp.MustCompile(`^(?:\([a-z]+\)\s*)?-?[0-9]`)
)

// checkCapsToken checks caps in the text.
func checkCapsToken(token Token) *Error {
	if token.Swallowed > 0 {
		return swallowed(token)
	}
	if err := checkCaps(token.Caps); err != nil {
		return err
	}
	if !ValidCaps(token.Caps.Text) {
		return failf(token, "GStreamer can't read these caps: %s", token.Caps.Text)
	}
	return nil
}

// swallowed explains a word after caps that is no part of them.
func swallowed(token Token) *Error {
	from := token.Swallowed
	rest := token.Text[from-token.Start:]
	after := strings.TrimLeft(rest, " \t\r\n\\")
	next, _, _ := strings.Cut(after, " ")
	next = strings.TrimRight(strings.TrimSpace(next), ",")
	start := from + len(rest) - len(after)
	fault := &Error{Start: start, End: start + len(next)}
	switch {
	case assigned.MatchString(after):
		fault.Err = fmt.Errorf(`a comma is missing in these caps: %s,%s`, strings.TrimSpace(token.Caps.Text), next)
	case strings.HasPrefix(next, "-"):
		fault.Err = optionError(next)
	case strings.HasPrefix(after, ","):
		fault.Err = fmt.Errorf("GStreamer can't read these caps after %q: fields have the form NAME=VALUE",
			strings.TrimSpace(token.Caps.Text))
	case word.FindString(next) == next && !gst.HasFactory(next):
		fault.Err = &MissingError{next}
	default:
		fault.Err = fmt.Errorf(`%q after caps is no part of them: is a "!" missing before it?`, next)
	}
	return fault
}

// checkCaps finds fields and values that no element has.
func checkCaps(caps *Caps) *Error {
	for _, s := range caps.Structs {
		for _, field := range s.Fields {
			if err := checkField(s.Media, field); err != nil {
				return &Error{field.Start, field.End, err}
			}
		}
	}
	return nil
}

func checkField(media string, field Field) error {
	known, ok := fields[media]
	if !ok {
		return nil
	}
	if !slices.Contains(known, field.Name) {
		if near := Similar(field.Name, known); len(near) > 0 {
			return fmt.Errorf("%s has no field %q: did you mean %s?", media, field.Name, strings.Join(near, " or "))
		}
		return nil
	}
	switch whole := wholeNumber.FindStringSubmatch(field.Value); {
	case !slices.Contains(fractions, field.Name):
	case whole != nil:
		return fmt.Errorf("%s=%s is no fraction: write %s=%s/1", field.Name, field.Value, field.Name, whole[2])
	case decimal.MatchString(field.Value):
		return fmt.Errorf("%s=%s is no fraction: write one such as %s=30000/1001", field.Name, field.Value, field.Name)
	}
	switch field.Name {
	case "format":
		return checkFormat(media, field.Value)
	case "width", "height", "rate", "channels":
		if spelled.MatchString(field.Value) && !number.MatchString(field.Value) {
			return fmt.Errorf("%s=%s is no number", field.Name, field.Value)
		}
	}
	return nil
}

// checkFormat checks the format of raw video or audio.
func checkFormat(media, value string) error {
	name := spelled.FindStringSubmatch(value)
	formats := describe.Formats(media)
	if name == nil || len(formats) == 0 || slices.Contains(formats, name[1]) {
		return nil
	}
	err := fmt.Sprintf("%s has no format %q", media, name[1])
	for _, f := range formats {
		if strings.EqualFold(f, name[1]) {
			return fmt.Errorf("%s: write %s", err, f)
		}
	}
	if usual, ok := usualNames[strings.ToLower(name[1])]; ok {
		return fmt.Errorf("%s: GStreamer calls it %s", err, usual)
	}
	if near := Similar(name[1], formats); len(near) > 0 {
		return fmt.Errorf("%s: did you mean %s?", err, strings.Join(near, " or "))
	}
	return fmt.Errorf("%s: it has, among others, %s", err, commonFormats[media])
}

// commonFormats are those that most elements have.
var commonFormats = map[string]string{
	"video/x-raw": "I420, NV12, YUY2, BGRx, RGB and GRAY8", "audio/x-raw": "S16LE, S32LE and F32LE",
}

// usualNames are other programs' names of formats, such as ffmpeg's.
var usualNames = map[string]string{
	"yuv420p": "I420", "iyuv": "I420", "yuv420": "I420", "yuv422p": "Y42B", "yuv444p": "Y444", "yuyv": "YUY2",
	"yuyv422": "YUY2", "uyvy422": "UYVY", "rgb24": "RGB", "bgr24": "BGR", "rgb32": "RGBx", "bgr0": "BGRx",
	"rgb0": "RGBx", "gray": "GRAY8", "y8": "GRAY8", "p010": "P010_10LE", "yuv420p10": "I420_10LE",
	"yuv420p10le": "I420_10LE", "s16": "S16LE", "s32": "S32LE", "f32": "F32LE", "float": "F32LE", "mjpeg": "image/jpeg",
}
