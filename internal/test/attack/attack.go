// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package attack has launch texts that do harm, which the policy for text from strangers must refuse.
package attack

// Left matches the names of files that the texts would write.
const Left = "/tmp/gstpublish-attack*"

// Texts are the texts, by the harm that they do. They must not be changed.
var Texts = map[string][]string{
	"write a file": {
		`videotestsrc num-buffers=1 ! filesink location=/tmp/gstpublish-attack`,
		`videotestsrc num-buffers=1 ! multifilesink location=/tmp/gstpublish-attack-%d`,
		`videotestsrc ! x264enc multipass-cache-file=/tmp/gstpublish-attack pass=pass1 ! fakesink`,
		`videotestsrc ! x264enc option-string="dump-yuv=/tmp/gstpublish-attack" ! fakesink`,
		`videotestsrc ! vp8enc multipass-mode=first-pass multipass-cache-file=/tmp/gstpublish-attack ! fakesink`,
		`videotestsrc ! splitmuxsink location=/tmp/gstpublish-attack`,
		`videotestsrc ! tee name=t t. ! queue ! file:///tmp/gstpublish-attack`,
	},
	"read a file": {
		`filesrc location=/etc/passwd ! rawvideoparse`,
		`file:///etc/passwd ! rawvideoparse`,
		`/etc/passwd ! rawvideoparse`,
		`uridecodebin uri=file:///etc/passwd`,
		`multifilesrc location=/etc/passwd ! textoverlay`,
		`videotestsrc ! gdkpixbufoverlay location=/etc/passwd`,
		`videotestsrc ! textoverlay text="${LIVEKIT_API_SECRET}"`,
		`videotestsrc ! subtitleoverlay`,
		`filesrc@location=/etc/passwd ! fakesink`,
	},
	"open a socket": {
		`udpsrc port=5000 ! rtph264depay`,
		`videotestsrc ! udpsink host=127.0.0.1 port=5000`,
		`rtspsrc location=rtsp://127.0.0.1/a`,
		`http://127.0.0.1/a ! decodebin`,
		`videotestsrc ! tcpserversink port=5000`,
		`souphttpsrc location=http://127.0.0.1/`,
		`videotestsrc ! shmsink socket-path=/tmp/gstpublish-attack`,
		`playbin uri=http://127.0.0.1/`,
	},
	"run a program": {
		`fdsrc fd=0 ! fakesink`,
		`playbin video-sink="filesink location=/tmp/gstpublish-attack"`,
		`videotestsrc ! queue name="a ! filesink location=/tmp/gstpublish-attack"`,
		`videotestsrc ! identity name="a" signal-handoffs=true dump=true`,
		`bin.( videotestsrc ! filesink location=/tmp/gstpublish-attack )`,
		`( videotestsrc ! fdsink )`,
		`gltestsrc ! glshader fragment="void main() {}"`,
		`videotestsrc ! capsfilter caps="video/x-raw,a=(GstElement)filesink" ! fakesink`,
	},
	"load a plugin": {
		`frei0r-src-test-pat-b`,
		`ladspasrc-sine-so-sine-faaa`,
		`videotestsrc ! opencvtextoverlay`,
		`pluginloader plugin=/tmp/gstpublish-attack.so`,
		`decodebin`,
		`videotestsrc ! autovideosink`,
		`videotestsrc ! encodebin profile=application/x-profile`,
		`videotestsrc@/tmp/preset ! fakesink`,
		`videotestsrc ! vp8enc preset=x ! fakesink`,
	},
	"confuse the check": {
		`videotestsrc ! queue max-size-time="1" "filesink" location=/tmp/gstpublish-attack`,
		`videotestsrc ! textoverlay text="a\" ! filesink location=/tmp/gstpublish-attack text=\"b"`,
		`videotestsrc ! textoverlay text='a" ! filesink location="/tmp/gstpublish-attack'`,
		`videotestsrc ! "video/x-raw ! filesink location=/tmp/gstpublish-attack"`,
		`videotestsrc ! video/x-raw,a="b\" ! filesink location=/tmp/gstpublish-attack"`,
		"videotestsrc ! textoverlay text=a\x00b ! fakesink",
		`location=/etc/passwd filesrc`,
		`videotestsrc : filesink location=/tmp/gstpublish-attack`,
		`videotestsrc name=gstpublish-a ! fakesink`,
		`compositor name=c c.sink_0::xpos=1`,
		`compositor sink_0::device=/dev/video0`,
		"# a comment\n filesrc location=/etc/passwd",
		`gst-launch-1.0 -v filesrc location=/etc/passwd`,
	},
}
