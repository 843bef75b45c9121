// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

// Row describes one encoder element.
type Row struct {
	Factory string // the element's name in gst-inspect-1.0
	Codec   Codec
	Family  Family
	// Fronts are the ways to bring raw frames to the element, best first. Those whose elements are
	// not installed are skipped.
	Fronts []Front
	// Caps are the fixed caps of the element's output, in launch syntax.
	Caps string
	// Whole reports whether the element's buffers already have the form of Codec.StreamCaps, one
	// for each frame, so that no parser is needed.
	Whole bool
	// Even reports whether the element only encodes even sizes; a last odd column or row is cut
	// off.
	Even bool
	// Full is how the element encodes 4:4:4; the zero value if it encodes 4:2:0 only.
	Full Full
	// Bitrates are the properties that can hold the target; the first that the element has is used.
	Bitrates []Bitrate
	// BitrateChange is the effect of a new target while the element runs.
	BitrateChange BitrateChange
	// KeyFrame is how to request a key frame.
	KeyFrame KeyFrameRequest
	// KeySignal is the action signal for KeyFrameSignal.
	KeySignal string
	// Drops reports whether the element may drop a frame to keep its rate.
	Drops bool
	// OwnTime reports whether the element may invent timestamps: the host then restores those of
	// the input, in order.
	OwnTime bool
	// Ticks is a nominal frame rate to configure instead of the true one, if the element's rate
	// control fails with the true one; 0 for none.
	Ticks int
	// Common settings apply together with those for cameras or those for screens. Settings that the
	// element lacks are skipped and reported.
	Common, Camera, Screen []Setting
	// Spreads reports whether the rate control spreads the target over time, so that each frame
	// gets more bits when frames come more slowly. Otherwise each frame gets its share at the
	// nominal frame rate.
	Spreads bool
	// Sharp are the steps in which a still screen becomes sharp, applied one on top of another, one
	// for each repeat; the last one stays. Motion undoes them in reverse order. If there are none,
	// the rate control makes the screen sharp by itself. Steps without settings only count repeats,
	// for encoders that pause for several frames.
	Sharp []Sharp
	// Idle replaces the steps while a sharp, still screen is repeated at next to no cost.
	Idle Sharp
	// Coarse is for a screen that moves on a link with a limit: it allows all quantizers, because a
	// frame that exceeds its share there delays others.
	Coarse []Setting
	// Thorough is a longer search for motion, for encoders of which it makes frames much smaller or
	// better: it is applied on top of Coarse where there is time for it.
	Thorough []Setting
	// Layers describes the element's temporal and spatial layers.
	Layers Layers
	// Traps are known problems.
	Traps []Trap
}

// Full is how an element encodes full chroma, 4:4:4. It has no layers then.
type Full struct {
	Format string // the raw format of the encoder's input, such as "Y444"
	Caps   string // Row.Caps of the output, for both formats
	// Exact makes the element encode a still screen without loss, on top of all steps of Row.Sharp; none if it cannot.
	Exact []Setting
}

// Layers describes what an element can do with layers in one stream. Its samples carry their layers
// (Info of internal/media's Sample).
type Layers struct {
	Temporal, Spatial int // the most it supports; 0 and 1 mean none
	// Mode is the property for a scalability mode, named as in the W3C's webrtc-svc. Active is the
	// property for the number of spatial layers to encode; 0 means all.
	Mode, Active string
}

// Hardware reports whether the element needs a device.
func (r *Row) Hardware() bool { return r.Family != Software }

// Family is a kind of encoder, by the API that drives it.
type Family string

// The families, in the order in which they are tried.
const (
	NVENC    Family = "NVENC"
	VA       Family = "VA-API"
	VAAPI    Family = "VA-API (gstreamer-vaapi)"
	QSV      Family = "Quick Sync"
	V4L2     Family = "V4L2"
	Jetson   Family = "Jetson"
	Rockchip Family = "Rockchip MPP"
	Apple    Family = "VideoToolbox"
	AMF      Family = "AMF"
	Software Family = "software"
)

// Front is a way to bring raw frames from system memory to an encoder.
type Front struct {
	// Elements convert and upload, in order: {"videoconvert"}, or {"cudaupload", "cudaconvert"}.
	Elements []string
	// Memory is the caps feature of the encoder's input, such as "VAMemory"; empty for system
	// memory.
	Memory string
	// Format is the raw format of the encoder's input, such as "NV12".
	Format string
}

// Setting is one property with its value, as written in launch text.
//
// Names and values may have alternatives, separated by "|": the first name that the element has,
// and the first value that it accepts, are used. In values, {threads} stands for the number of
// threads, {fps} for the nominal frame rate, {vbv} for the kilobits of VBVTime at the first target,
// and {half} for those of half a second, for elements that need as much.
type Setting struct{ Name, Value string }

// Sharp is how a running element encodes a still screen.
type Sharp struct {
	Settings []Setting
	// Rate multiplies the target; 0 means 1.
	Rate int
}

// VBVTime is how many milliseconds of the target a rate-control buffer holds. A larger key frame
// would stall the link. 120 is webrtcsink's value.
const VBVTime = 120

// Bitrate is a property that holds the target.
type Bitrate struct {
	Property string
	Unit     int // bit/s in one unit of the property
	// Value is the property's text around the number, with %d in its place; empty if the property
	// is the number.
	Value string
}

// BitrateChange is the effect of a new target on a running encoder.
type BitrateChange int

// The effects of a new target.
const (
	// BitrateLive takes effect soon and costs nothing.
	BitrateLive BitrateChange = iota
	// BitrateKeyFrame takes effect with a key frame, so it is rate-limited.
	BitrateKeyFrame
	// BitrateRenew needs the host to restart the element, so it costs a key frame too.
	BitrateRenew
	// BitrateFixed has no effect.
	BitrateFixed
)

func (b BitrateChange) String() string {
	return [...]string{"live", "with a key frame", "restart", "never"}[b]
}

// KeyFrameRequest is a way to request a key frame.
type KeyFrameRequest int

// The ways to request a key frame.
const (
	KeyFrameEvent  KeyFrameRequest = iota // GstForceKeyUnit, upstream
	KeyFrameSignal                        // the action signal Row.KeySignal
	KeyFrameRenew                         // the host restarts the element
)

func (k KeyFrameRequest) String() string { return [...]string{"event", "signal", "restart"}[k] }

// Trap is a known problem.
type Trap struct {
	Versions string // where it occurs, such as "GStreamer up to 1.24"
	Text     string
}

// Rows returns all rows; those of one codec are in the order in which they are tried. The caller
// owns the slice.
func Rows() []Row {
	var rows []Row
	for _, family := range []func() []Row{
		nvenc, va, vaapi, qsv, v4l2, jetson, rockchip, apple, amf, software,
	} {
		rows = append(rows, family()...)
	}
	return rows
}

// For returns the rows of one codec, in the order in which they are tried.
func For(codec Codec) []Row {
	var rows []Row
	for _, r := range Rows() {
		if r.Codec == codec {
			rows = append(rows, r)
		}
	}
	return rows
}

// Find returns the row of an element, and whether there is one.
func Find(factory string) (Row, bool) {
	for _, r := range Rows() {
		if r.Factory == factory {
			return r, true
		}
	}
	return Row{}, false
}
