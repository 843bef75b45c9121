// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package advice

import (
	"regexp"
	"slices"
	"strings"
)

// medium is a kind of media: how people call it, and the elements that help with it.
type medium struct {
	caps     string   // the media type, and if need be one field of it
	name     string   // "AAC"
	decoders []string // the best first
	parser   string   // "" if decoders need none
}

// media lists more particular caps first.
var media = []medium{
	{"video/x-h264", "H.264", []string{"avdec_h264", "openh264dec"}, "h264parse"},
	{"video/x-h265", "H.265", []string{"avdec_h265", "libde265dec"}, "h265parse"},
	{"video/x-vp8", "VP8", []string{"vp8dec"}, ""},
	{"video/x-vp9", "VP9", []string{"vp9dec"}, "vp9parse"},
	{"video/x-av1", "AV1", []string{"av1dec"}, "av1parse"},
	{"image/jpeg", "JPEG", []string{"jpegdec", "avdec_mjpeg"}, "jpegparse"},
	{"image/png", "PNG", []string{"pngdec", "avdec_png"}, "pngparse"},
	{"image/gst-libav-gif", "GIF", []string{"avdec_gif"}, ""},
	{"video/mpeg, mpegversion=4", "MPEG-4 video", []string{"avdec_mpeg4"}, "mpeg4videoparse"},
	{"video/mpeg", "MPEG-2 video", []string{"avdec_mpeg2video", "mpeg2dec"}, "mpegvideoparse"},
	{"video/x-theora", "Theora", []string{"theoradec"}, "theoraparse"},
	{"video/x-h263", "H.263", []string{"avdec_h263"}, "h263parse"},
	{"video/x-wmv", "Windows Media Video", []string{"avdec_wmv3"}, ""},
	{"video/x-prores", "ProRes", []string{"avdec_prores"}, ""},
	{"video/x-dv", "DV", []string{"avdec_dvvideo", "dvdec"}, ""},
	{"video/x-flash-video", "Flash video", []string{"avdec_flv"}, ""},
	{"video/x-bayer", "Bayer frames", []string{"bayer2rgb"}, ""},
	{"video/x-raw", "raw video", nil, ""},
	{"audio/mpeg, mpegversion=1", "MP2 or MP3", []string{"mpg123audiodec", "avdec_mp3"}, "mpegaudioparse"},
	{"audio/mpeg", "AAC", []string{"avdec_aac", "faad"}, "aacparse"},
	{"audio/x-opus", "Opus", []string{"opusdec"}, "opusparse"},
	{"audio/x-vorbis", "Vorbis", []string{"vorbisdec"}, "vorbisparse"},
	{"audio/x-flac", "FLAC", []string{"flacdec"}, "flacparse"},
	{"audio/x-mulaw", "mu-law", []string{"mulawdec"}, ""},
	{"audio/x-alaw", "A-law", []string{"alawdec"}, ""},
	{"audio/x-ac3", "AC-3", []string{"avdec_ac3", "a52dec"}, "ac3parse"},
	{"audio/x-eac3", "E-AC-3", []string{"avdec_eac3"}, "ac3parse"},
	{"audio/x-dts", "DTS", []string{"avdec_dca", "dtsdec"}, "dcaparse"},
	{"audio/x-speex", "Speex", []string{"speexdec"}, ""},
	{"audio/AMR-WB", "AMR-WB", []string{"avdec_amrwb", "amrwbdec"}, "amrparse"},
	{"audio/AMR", "AMR", []string{"avdec_amrnb", "amrnbdec"}, "amrparse"},
	{"audio/x-adpcm", "ADPCM", []string{"adpcmdec"}, ""},
	{"audio/G722", "G.722", []string{"avdec_g722"}, ""},
	{"audio/x-gsm", "GSM", []string{"gsmdec"}, ""},
	{"audio/x-alac", "ALAC", []string{"avdec_alac"}, ""},
	{"audio/x-wma", "Windows Media Audio", []string{"avdec_wmav2"}, ""},
	{"audio/x-raw", "raw audio", nil, ""},
	{"application/x-rtp", "RTP packets", nil, ""},
	{"video/quicktime", "an MP4 file", []string{"qtdemux"}, ""},
	{"video/x-matroska", "a Matroska file", []string{"matroskademux"}, ""},
	{"video/webm", "a WebM file", []string{"matroskademux"}, ""},
	{"video/mpegts", "an MPEG transport stream", []string{"tsdemux"}, ""},
	{"video/x-flv", "an FLV file", []string{"flvdemux"}, ""},
	{"video/x-msvideo", "an AVI file", []string{"avidemux"}, ""},
	{"application/ogg", "an Ogg file", []string{"oggdemux"}, ""},
	{"audio/ogg", "an Ogg file", []string{"oggdemux"}, ""},
	{"video/ogg", "an Ogg file", []string{"oggdemux"}, ""},
	{"audio/x-wav", "a WAV file", []string{"wavparse"}, ""},
	{"video/x-ivf", "an IVF file", []string{"ivfparse"}, ""},
}

// versions is the field that tells kinds of MPEG apart.
var versions = regexp.MustCompile(`mpegversion=\(int\)(\d)|mpegversion=(\d)`)

// find returns what is known of the first structure of caps; nil if nothing is.
func find(caps string) *medium {
	first, _, _ := strings.Cut(caps, "; ")
	kind, _, _ := strings.Cut(first, ",")
	kind, _, _ = strings.Cut(strings.TrimSpace(kind), "(")
	version := ""
	if v := versions.FindStringSubmatch(first); v != nil {
		version = v[1] + v[2]
	}
	for i := range media {
		m := &media[i]
		known, field, narrow := strings.Cut(m.caps, ", ")
		if known == kind && (!narrow || strings.HasSuffix(field, "="+version)) {
			return m
		}
	}
	return nil
}

// Name returns people's name of what caps hold, such as "H.264", or the media type if there is none.
func Name(caps string) string {
	if m := find(caps); m != nil {
		return m.name
	}
	return strings.Join(mediaTypes(caps), " or ")
}

// nameOf returns people's name of what caps hold: "H.264 (video/x-h264)"; the media types if there is none.
func nameOf(caps string) string {
	types := mediaTypes(caps)
	if len(types) == 1 {
		if m := find(caps); m != nil {
			return m.name + " (" + types[0] + ")"
		}
	}
	const most = 3
	if len(types) > most {
		return strings.Join(types[:most], " or ") + " and others"
	}
	return strings.Join(types, " or ")
}

// mediaTypes returns the media types of caps, each once.
func mediaTypes(caps string) []string {
	var types []string
	for s := range strings.SplitSeq(caps, "; ") {
		kind, _, _ := strings.Cut(strings.TrimSpace(s), ",")
		kind, _, _ = strings.Cut(kind, "(")
		if !slices.Contains(types, kind) {
			types = append(types, kind)
		}
	}
	return types
}

// decoderFor returns the element that decodes caps, or else the package to install; "" if neither is known.
func (f *Failure) decoderFor(caps string) string {
	m := find(caps)
	if m == nil || len(m.decoders) == 0 {
		return ""
	}
	for _, d := range m.decoders {
		if f.installed(d) {
			return d
		}
	}
	return m.decoders[0] + f.install(m.decoders[0])
}

// Converter returns the elements that make raw media in the computer's own memory of a kind of caps, such as
// "video/x-raw(memory:GLMemory)" or "image/jpeg"; "" for raw media in that memory, and if none are known.
func Converter(kind string) string {
	if m := memory(kind); m != "" {
		return memories[m]
	}
	known, prefix := find(kind), kind[:strings.IndexByte(kind, '/')+1]
	switch {
	case known != nil && raw(kind):
		return ""
	case known != nil && (prefix == "image/" || known.caps == "video/x-bayer"): // decodebin does not know Bayer frames.
		return known.decoders[0]
	case prefix == "audio/":
		return "decodebin ! audioconvert"
	case prefix == "video/":
		return "decodebin ! videoconvert"
	}
	return ""
}

// install names the package of an element that is not installed.
func (f *Failure) install(element string) string {
	if pkg := Package(element); pkg != "" && !f.installed(element) {
		return " (not installed: the Debian package " + pkg + " has it)"
	}
	return ""
}

func (f *Failure) installed(element string) bool { return f.Installed == nil || f.Installed(element) }
