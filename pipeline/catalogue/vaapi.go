// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

import "strconv"

// vaapi returns the older encoders of VA-API, in gstreamer-vaapi, which ended with GStreamer 1.26.
// They are tried where the newer ones are missing.
func vaapi() []Row {
	h264 := vaapiRow("vaapih264enc", H264, "video/x-h264,profile=constrained-baseline,stream-format=byte-stream",
		Setting{"max-bframes", "0"}, Setting{"refs", "1"}, Setting{"aud", "false"}, vaapiBuffer())
	h264.BitrateChange, h264.KeyFrame = BitrateKeyFrame, KeyFrameEvent
	h265 := vaapiRow("vaapih265enc", H265, "video/x-h265,profile=main,stream-format=byte-stream",
		Setting{"max-bframes", "0"}, Setting{"refs", "1"}, Setting{"low-delay-b", "false"}, vaapiBuffer())
	h265.BitrateChange = BitrateKeyFrame
	h265.Traps = append(h265.Traps, Trap{"GStreamer up to 1.26", "a key frame request produces an I frame that is not " +
		"an IDR frame (gstvaapiencoder_h265.c): the host restarts the element instead"})
	vp8 := vaapiRow("vaapivp8enc", VP8, "video/x-vp8")
	vp8.Traps = append(vp8.Traps, vaapiDeaf())
	vp9 := vaapiRow("vaapivp9enc", VP9, "video/x-vp9,profile=(string)0", vaapiBuffer())
	vp9.Traps = append(vp9.Traps, vaapiDeaf())
	return []Row{h264, h265, vp8, vp9}
}

// vaapiBuffer returns the VBV, in milliseconds.
func vaapiBuffer() Setting { return Setting{"cpb-length", strconv.Itoa(VBVTime)} }

// vaapiRow returns what the four have in common. They are restarted for a key frame, because none
// but H.264 honours the event.
func vaapiRow(factory string, codec Codec, caps string, settings ...Setting) Row {
	return Row{
		Factory: factory, Codec: codec, Family: VAAPI, Even: true,
		Fronts:   upload("VASurface", "vaapipostproc"),
		Caps:     caps,
		Bitrates: []Bitrate{{Property: "bitrate", Unit: 1000}},
		KeyFrame: KeyFrameRenew,
		Common: append([]Setting{
			{"rate-control", "cbr"},
			// The property accepts any number and passes it to drivers, which calculate with it;
			// webrtcsink's value is well tried.
			{"keyframe-period", "2560"},
		}, settings...),
		// From 1 (best) to 7 (fastest). Text shows the difference.
		Camera: []Setting{{"quality-level", "6"}},
		Screen: []Setting{{"quality-level", "4"}},
		Traps: []Trap{
			{"GStreamer up to 1.26", "drivers other than Intel's and Mesa's need GST_VAAPI_ALL_DRIVERS=1 in the " +
				"environment (gstvaapipluginutil.c)"},
			{"GStreamer from 1.28", "gstreamer-vaapi has been removed"},
			{"GStreamer up to 1.26", "new caps discard samples that have not been output yet " +
				"(gst_vaapiencode_purge): a frame can be lost when the element is restarted"},
		},
	}
}

func vaapiDeaf() Trap {
	return Trap{"GStreamer up to 1.26", "it ignores key frame requests (gstvaapiencoder_vp8.c, _vp9.c): the host " +
		"restarts the element instead"}
}
