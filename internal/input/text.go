// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package input

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/gstpublish/gstpublish/internal/media"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// Want selects the codecs that may be passed through.
type Want struct {
	Reencode bool             // none
	Codec    *catalogue.Codec // only this one; nil for all but H.265, which few viewers decode
}

// codecs returns the codecs that may be passed through.
func (w Want) codecs() []catalogue.Codec {
	switch {
	case w.Reencode:
		return nil
	case w.Codec != nil:
		return []catalogue.Codec{*w.Codec}
	}
	return []catalogue.Codec{catalogue.H264, catalogue.VP8, catalogue.VP9, catalogue.AV1}
}

// Streams describes the streams of an input. The zero value means that they are unknown: then both a video and an audio
// stream are expected, and the video is decoded.
type Streams struct {
	Known        bool
	Video, Audio bool
	Passed       *catalogue.Codec // of video that is passed through; nil if it is decoded
	Opus         bool             // the audio is passed through
	Still        bool             // the video is one frame, which is repeated until gstpublish is stopped
	// Codec and Why say which encoded video is decoded, and why; empty if it is raw or passed through.
	Codec, Why string
}

// Note adds to the statistics of the video's output that it is encoded again, and why.
func (s *Streams) Note(video media.Door) {
	if s.Why != "" {
		media.Of(video).Note("decoded from " + s.Codec + " and encoded again: " + s.Why)
	}
}

// decoded are the caps at which decodebin stops: its default, and what is added to it.
const decoded = "video/x-raw(ANY);audio/x-raw(ANY);text/x-raw(ANY);subpicture/x-dvd;subpicture/x-dvb;" +
	"subpicture/x-xsub;subpicture/x-pgs;closedcaption/x-cea-608;closedcaption/x-cea-708;application/x-onvif-metadata"

const opus = "audio/x-opus"

// The names of the elements in the text.
const (
	videoName = "in"
	soundName = "sound" // if it is another one
)

const (
	tcpScheme  = "tcp://"
	rtspScheme = "rtsp"
	srtScheme  = "srt://"
	udpScheme  = "udp://"
)

// rtspLatency is how long packets wait to be put in order, in ms. rtspsrc's default is 2 s.
const rtspLatency = 200

// Text returns the launch text that reads the input and leaves its streams unlinked.
func (in Input) Text(s Streams) string {
	stop := decoded
	if s.Passed != nil {
		stop = s.Passed.MediaType() + ";" + stop
	}
	if s.Opus {
		stop = opus + ";" + stop
	}
	var branches []string
	if s.Video || !s.Known {
		branch := "videoconvert"
		if s.Passed != nil {
			branch = s.Passed.MediaType()
		}
		if s.Still {
			branch += still
		}
		branches = append(branches, fmt.Sprintf("%s. ! %s", videoName, branch))
	}
	if s.Audio || !s.Known {
		branch := "audioconvert"
		if s.Opus {
			branch = opus
		}
		branches = append(branches, fmt.Sprintf("%s. ! %s", in.sound(), branch))
	}
	return in.source(stop, s.Video || !s.Known, s.Audio || !s.Known) + "\n\n" + strings.Join(branches, "\n\n") + "\n"
}

// sound returns the name of the element that has the sound.
func (in Input) sound() string {
	if in.isRTSP() {
		return soundName
	}
	return videoName
}

func (in Input) isRTSP() bool { return in.Kind == URL && strings.HasPrefix(in.Name, rtspScheme) }

// source returns the launch text of the source and of the elements that demux and decode as far as caps.
func (in Input) source(caps string, video, sound bool) string {
	bin := func(name string) string { return fmt.Sprintf("decodebin caps=%q name=%s", caps, name) }
	switch {
	case in.isBitmap():
		return "filesrc location=" + quote(in.Name) + " ! " + bitmapDecoder + " name=" + videoName
	case in.Kind == File:
		return "filesrc location=" + quote(in.Name) + " ! " + bin(videoName)
	case in.Kind == Standard && in.y4m:
		return fmt.Sprintf("fdsrc fd=%d ! y4mdec name=%s", in.FD, videoName)
	case in.Kind == Standard:
		return fmt.Sprintf("fdsrc fd=%d ! %s", in.FD, bin(videoName))
	case in.Kind == Camera:
		return fmt.Sprintf("v4l2src device=%s ! %s ! %s", quote(in.Name), in.form, bin(videoName))
	case in.IsOpenedOnce():
		return in.connection() + " ! " + bin(videoName)
	case in.isRTSP():
		text := fmt.Sprintf("rtspsrc location=%s protocols=tcp latency=%d name=net", quote(in.Name), rtspLatency)
		if video {
			text += "\n\nnet. ! application/x-rtp,media=video ! " + bin(videoName)
		}
		if sound {
			text += "\n\nnet. ! application/x-rtp,media=audio ! " + bin(soundName)
		}
		return text
	}
	return fmt.Sprintf("uridecodebin uri=%s caps=%q name=%s", quote(in.Name), caps, videoName)
}

// connection returns the launch text of the source of an input that is opened once.
func (in Input) connection() string {
	switch {
	case strings.HasPrefix(in.Name, srtScheme):
		// By default, srtsrc calls again forever and never fails.
		return "srtsrc uri=" + quote(in.Name) + " auto-reconnect=false"
	case strings.HasPrefix(in.Name, udpScheme):
		return "udpsrc uri=" + quote(in.Name)
	}
	u, err := url.Parse(in.Name)
	if err != nil {
		u = &url.URL{} // Check has said so.
	}
	return fmt.Sprintf("tcpclientsrc host=%s port=%s", quote(u.Hostname()), u.Port())
}

// lookText returns launch text with an appsink for each form in which a stream may come.
func (in Input) lookText(codecs []catalogue.Codec) string {
	stop := opus + ";" + decoded
	var b strings.Builder
	for _, c := range codecs {
		stop = c.MediaType() + ";" + stop
		fmt.Fprintf(&b, "\n\n%s. ! %s ! %s ! appsink name=%s", videoName, c.MediaType(), media.Tail(c), c)
	}
	fmt.Fprintf(&b, "\n\n%s. ! capsfilter caps=%q ! appsink name=%s", videoName, "video/x-raw(ANY)", rawVideo)
	fmt.Fprintf(&b, "\n\n%s. ! %s ! appsink name=%s", in.sound(), opus, opusSound)
	fmt.Fprintf(&b, "\n\n%s. ! capsfilter caps=%q ! appsink name=%s", in.sound(), "audio/x-raw(ANY)", rawSound)
	return in.source(stop, true, true) + b.String()
}

// quote returns a property's value.
func quote(value string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
}
