// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package advice

import (
	"regexp"
	"slices"
	"strings"
)

// GStreamer's domains of errors. Their codes are in gsterror.h, and are part of its interface.
const (
	core     = "gst-core-error-quark"
	resource = "gst-resource-error-quark"
	stream   = "gst-stream-error-quark"
)

// is reports whether the failure is one of those codes.
func (f *Failure) is(domain string, codes ...int) bool {
	return f.Domain == domain && slices.Contains(codes, f.Code)
}

// detail is what GStreamer's debug text says after the place in its source, in one line.
func (f *Failure) detail() string {
	_, detail, _ := strings.Cut(f.Debug, "\n")
	detail = strings.Join(strings.Fields(detail), " ")
	detail = strings.TrimPrefix(detail, "system error: ")
	if detail == "Success" || strings.HasPrefix(detail, "streaming stopped, reason error") {
		return ""
	}
	return strings.TrimRight(detail, ".")
}

// empty are messages that only repeat the name of their code.
var empty = []string{
	"Resource not found.", "Could not open resource for reading.", "Could not open resource for writing.",
	"Could not open resource for reading and writing.", "Could not read from resource.", "Could not write to resource.",
	"Internal data stream error.", "GStreamer encountered a general stream error.", "Could not decode stream.",
	"Could not encode stream.", "GStreamer error: negotiation problem.",
	"GStreamer encountered a general resource error.", "GStreamer encountered a general supporting library error.",
	"Internal data flow error.",
}

// said is GStreamer's own text: the detail if the message is empty, and both if they differ.
func (f *Failure) said() string {
	message, detail := strings.TrimRight(f.Message, "."), f.detail()
	switch {
	case detail == "" || strings.Contains(message, detail):
		return message
	case slices.Contains(empty, f.Message):
		return detail
	default:
		return message + " (" + detail + ")"
	}
}

// symptom is a text of the operating system or of a library, and what to do about it.
type symptom struct {
	text *regexp.Regexp
	cure string
}

// symptoms are looked for in what GStreamer says, in this order.
var symptoms = []symptom{
	{
		regexp.MustCompile(`No such device\b|ENODEV|device (was )?(disconnected|unplugged|removed|lost)`),
		"the device was unplugged or switched off: plug it in and start again",
	},
	{
		regexp.MustCompile(`[Ii]nappropriate ioctl|[Tt]his isn't a device`),
		"name a camera, as in device=/dev/video0; `v4l2-ctl --list-devices` lists them",
	},
	{
		regexp.MustCompile(`X display|xcontext`),
		"check DISPLAY or display-name, and that this user may use that X server",
	},
	{
		regexp.MustCompile(`No such file or directory.*|No such file|does not exist`),
		"check the path",
	},
	{
		regexp.MustCompile(`Permission denied|Operation not permitted|EACCES`),
		"give this user access to it",
	},
	{
		regexp.MustCompile(`[Dd]evice or resource busy|Address already in use|is busy|[Dd]evice .* is (already )?in use`),
		"another program uses it: end that program, or choose another one",
	},
	{
		regexp.MustCompile(`Input/output error`),
		"check the disk, the device or the network share that it is on",
	},
	{
		regexp.MustCompile(`No space left`),
		"free some space, or write somewhere else",
	},
	{
		regexp.MustCompile(`[Cc]onnection refused|Could not connect|Failed to connect|` +
			`Host is unreachable|Network is unreachable`),
		"check the address, and that the server there is running",
	},
	{
		regexp.MustCompile(`[Cc]annot resolve|Could not resolve|[Nn]ame or service not known|Error resolving|` +
			`Temporary failure in name`),
		"check the host's name, and the network",
	},
	{
		regexp.MustCompile(`Unauthori[sz]ed|\b401\b|Forbidden|\b403\b|[Aa]uthentication`),
		"check the user's name and password",
	},
	{regexp.MustCompile(`Not Found|\b404\b`), "check the path in the address"},
	{regexp.MustCompile(`[Tt]imed out|[Tt]imeout`), "check the address, and that the network lets it through"},
	{
		regexp.MustCompile(`assign requested address`),
		"choose an address of this machine, or 0.0.0.0 for all of them",
	},
	{regexp.MustCompile(`is a directory`), "name a file"},
	{regexp.MustCompile(`No file name specified|No filename given|No URI`), "set its location"},
	{regexp.MustCompile(`Bad file descriptor`), "pass a file descriptor that is open in this process"},
	{regexp.MustCompile(`numbers of a palette`), "start the X server with 24, such as Xvfb -screen 0 1920x1080x24"},
}

// system explains errors of the operating system, the network and devices.
func system(f *Failure) (Advice, bool) {
	if f.Domain != resource && !strings.Contains(f.Debug, "system error") {
		return Advice{}, false
	}
	said := f.said()
	for _, s := range symptoms {
		if s.text.MatchString(said) {
			return Advice{Cause: said, Cure: s.cure}, true
		}
	}
	return Advice{}, false
}

// cures are for what only the code tells.
var cures = []struct {
	domain string
	code   int
	cure   string
}{
	{resource, 3, "check its path or address"},
	{resource, 4, "another program uses it: end that program, or choose another one"},
	{resource, 5, "check that it is there, and that this user may read it"},
	{resource, 6, "check that its folder is there, and that this user may write to it"},
	{resource, 7, "check that it is there, and that this user may use it"},
	{resource, 9, "check that the device or server is still there"},
	{resource, 13, "choose a mode that the device has; `v4l2-ctl --list-formats-ext` lists a camera's"},
	{resource, 14, "free some space, or write somewhere else"},
	{resource, 15, "check the user's name and password, or the permissions"},
	{stream, 4, "it is no media that GStreamer knows, or it is damaged: check the source"},
	{stream, 5, "it is another kind of media: choose the element for it, or decodebin, which finds it"},
	{stream, 7, "the media is damaged, or is not what this decoder expects"},
	{stream, 8, "check the encoder's properties, and the format of what it gets"},
	{stream, 9, damaged},
	{stream, 11, "the media's format is not supported here: decode it first"},
	{stream, 12, "the media is encrypted, which gstpublish can't read"},
	{stream, 13, "the media is encrypted, which gstpublish can't read"},
	{core, 13, "leave out elements that need a clock of their own"},
}

// streams are symptoms of what reads media: errors without a code of their own.
var streams = []symptom{
	{regexp.MustCompile(`No program activated|before any data|[Ee]OS before|no valid`), damaged},
}

const damaged = "the file is damaged, cut off, or of another kind; decodebin finds the kind by itself"

// generic explains an error that only says that media no longer flows.
func generic(f *Failure) (Advice, bool) {
	if !f.is(stream, 1) {
		return Advice{}, false
	}
	for _, s := range streams {
		if s.text.MatchString(f.Debug) {
			return Advice{Cause: f.said(), Cure: s.cure}, true
		}
	}
	if strings.Contains(f.Debug, "reason error") && remote.MatchString(f.Factory) {
		return Advice{"it can't read from its address", "check the address, and that the server there is running"}, true
	}
	return Advice{}, false
}

// remote are the elements that read from a server.
var remote = regexp.MustCompile(`http|rtsp|rtmp|srt|tcp|ndi`)

// byCode explains what nothing but the code tells about.
func byCode(f *Failure) (Advice, bool) {
	for _, c := range cures {
		if f.is(c.domain, c.code) {
			return Advice{Cause: f.said(), Cure: c.cure}, true
		}
	}
	return Advice{}, false
}
