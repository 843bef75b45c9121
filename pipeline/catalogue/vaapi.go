// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

import "strconv"

// vaapi are the older encoders of VA-API, in gstreamer-vaapi, which ended with
// GStreamer 1.26. They are tried where the newer ones aren't there.
func vaapi() []Row {
	h264 := vaapiRow("vaapih264enc", H264, "video/x-h264,profile=constrained-baseline,stream-format=byte-stream",
		Setting{"max-bframes", "0"}, Setting{"refs", "1"}, Setting{"aud", "false"}, vaapiBuffer())
	h264.BitrateChange, h264.KeyUnit = BitrateKeyFrame, KeyUnitEvent
	h265 := vaapiRow("vaapih265enc", H265, "video/x-h265,profile=main,stream-format=byte-stream",
		Setting{"max-bframes", "0"}, Setting{"refs", "1"}, Setting{"low-delay-b", "false"}, vaapiBuffer())
	h265.BitrateChange = BitrateKeyFrame
	h265.Traps = append(h265.Traps, Trap{"GStreamer up to 1.26", "a forced key unit becomes an I picture that is no IDR " +
		"(gstvaapiencoder_h265.c): it is set up anew instead"})
	vp8 := vaapiRow("vaapivp8enc", VP8, "video/x-vp8")
	vp8.Traps = append(vp8.Traps, vaapiDeaf())
	vp9 := vaapiRow("vaapivp9enc", VP9, "video/x-vp9,profile=(string)0", vaapiBuffer())
	vp9.Traps = append(vp9.Traps, vaapiDeaf())
	return []Row{h264, h265, vp8, vp9}
}

// vaapiBuffer is the VBV, in milliseconds.
func vaapiBuffer() Setting { return Setting{"cpb-length", strconv.Itoa(VBVTime)} }

// vaapiRow has what the four have in common; that is to be set up anew for a key
// frame, because but for H.264 none heeds the event.
func vaapiRow(factory string, codec Codec, caps string, settings ...Setting) Row {
	return Row{
		Factory: factory, Codec: codec, Family: VAAPI, Even: true,
		Fronts:   upload("VASurface", "vaapipostproc"),
		Caps:     caps,
		Bitrates: []Bitrate{{Property: "bitrate", Unit: 1000}},
		KeyUnit:  KeyUnitRenew,
		Common: append([]Setting{
			{"rate-control", "cbr"},
			// The property takes any number, and gives it to drivers, which reckon with
			// it; webrtcsink's has been tried.
			{"keyframe-period", "2560"},
		}, settings...),
		// From 1, the best, to 7, the fastest. Text shows the difference.
		Camera: []Setting{{"quality-level", "6"}},
		Screen: []Setting{{"quality-level", "4"}},
		Traps: []Trap{
			{"GStreamer up to 1.26", "drivers but those of Intel and Mesa need GST_VAAPI_ALL_DRIVERS=1 in the " +
				"environment (gstvaapipluginutil.c)"},
			{"GStreamer from 1.28", "gstreamer-vaapi is gone"},
			{"GStreamer up to 1.26", "new caps throw away what is coded but not yet out (gst_vaapiencode_purge): " +
				"a picture can be lost when it is set up anew"},
		},
	}
}

func vaapiDeaf() Trap {
	return Trap{"GStreamer up to 1.26", "it doesn't look at forced key units (gstvaapiencoder_vp8.c, _vp9.c): " +
		"it is set up anew instead"}
}
