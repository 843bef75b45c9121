// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

// Row is what the host knows of one encoder element.
type Row struct {
	Factory string // the element's name, as gst-inspect-1.0 knows it
	Codec   Codec
	Family  Family
	// Fronts are the ways to bring raw pictures to the element, best first. Only
	// those count whose elements are installed.
	Fronts []Front
	// Caps are the fixed caps that its output is held to, in launch syntax.
	Caps string
	// Whole says that its buffers have the form of Codec.StreamCaps as they are, one a
	// picture, so that no parser needs to follow.
	Whole bool
	// Even says that it codes pictures of even sizes only; a last odd column or
	// row is cut off.
	Even bool
	// Bitrates are the properties that can hold the target rate; the first that
	// the element has is used.
	Bitrates []Bitrate
	// BitrateChange is what a new target does while the element runs.
	BitrateChange BitrateChange
	// KeyUnit is how a key frame is asked for.
	KeyUnit KeyUnit
	// KeySignal is the action signal of KeyUnitSignal.
	KeySignal string
	// Drops says that it may give nothing for a picture, to hold its rate.
	Drops bool
	// OwnTime says that it may make up time stamps: the host restores those that
	// went in, in their order.
	OwnTime bool
	// Ticks is the nominal frame rate that the element is told in place of the
	// true one, where its rate control would go wrong with that; 0 for none.
	Ticks int
	// Common settings go with those for cameras or those for screens. What the
	// element hasn't is skipped, and reported.
	Common, Camera, Screen []Setting
	// Spreads says that the rate control spreads the target over time, so that
	// pictures which come more slowly get more of it each; else each gets its share
	// at the nominal frame rate.
	Spreads bool
	// Sharp are the steps in which a screen at rest becomes sharp, one upon the other,
	// one for each time that it is encoded again; the last one stays. Motion takes
	// them back, in reverse order. None: the rate control gets there by itself; steps
	// that set nothing say after how many pictures, where it makes long pauses.
	Sharp []Sharp
	// Idle is for a sharp screen at rest that is encoded again and is to cost
	// nothing; it comes in the place of the steps.
	Idle Sharp
	// Coarse is for a screen that moves on a link that carries no more: a frame that does not keep to its share takes
	// the place of others there, so that all quantizers are allowed.
	Coarse []Setting
	// Layers is what it knows of temporal and spatial layers.
	Layers Layers
	// Traps are what is known to go wrong.
	Traps []Trap
}

// Layers is what an element can do with layers in one stream. Its samples say what
// they are (pipeline.Sample's Coded).
type Layers struct {
	Temporal, Spatial int // how many at most; 0 and 1 are none
	// Mode is the property that takes a scalability mode, by its name in the W3C's
	// webrtc-svc, and Active the one for how many of the spatial layers are coded; 0 is
	// all.
	Mode, Active string
}

// Hardware tells whether the element needs a device.
func (r *Row) Hardware() bool { return r.Family != Software }

// Family is a kind of encoder: what drives it.
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

// Front is a way for raw pictures in system memory to an encoder.
type Front struct {
	// Elements convert and upload, in their order: {"videoconvert"}, or
	// {"cudaupload", "cudaconvert"}.
	Elements []string
	// Memory is the caps feature of what the encoder gets, such as "VAMemory";
	// empty for system memory.
	Memory string
	// Format is the raw format that the encoder gets, such as "NV12".
	Format string
}

// Setting is one property with its value, as launch text writes it.
//
// Names and values may have alternatives, separated by "|": the first name that
// the element has, and the first value that it takes. In values {threads}
// stands for how many threads to use, {fps} for the nominal frame rate and
// {vbv} for the kilobits of VBVTime at the first target, {half} for those of
// half a second, where an element takes no less.
type Setting struct{ Name, Value string }

// Sharp is how an element that runs encodes a picture at rest.
type Sharp struct {
	Settings []Setting
	// Rate is by how much the target is multiplied; 0 is 1.
	Rate int
}

// VBVTime is how much of the rate a rate-control buffer holds, in milliseconds:
// a key frame of more stalls the link. 120 is webrtcsink's.
const VBVTime = 120

// Bitrate is a property of the target rate.
type Bitrate struct {
	Property string
	Unit     int // how many bit/s one of its units is
	// Value is the property's text around the number, with %d in its place; empty
	// for the number alone.
	Value string
}

// BitrateChange is what a new target does to an encoder that runs.
type BitrateChange int

// What a new target does.
const (
	// BitrateLive takes effect soon, and costs nothing.
	BitrateLive BitrateChange = iota
	// BitrateKeyFrame takes effect with a key frame, so it is rate-limited.
	BitrateKeyFrame
	// BitrateRenew needs the element to be set up anew, which the host does, so it
	// costs a key frame too.
	BitrateRenew
	// BitrateFixed has no effect.
	BitrateFixed
)

func (b BitrateChange) String() string {
	return [...]string{"live", "with a key frame", "set up anew", "never"}[b]
}

// KeyUnit is how a key frame is asked for.
type KeyUnit int

// How a key frame is asked for.
const (
	KeyUnitEvent  KeyUnit = iota // GstForceKeyUnit, upstream
	KeyUnitSignal                // the action signal Row.KeySignal
	KeyUnitRenew                 // the element is set up anew
)

func (k KeyUnit) String() string { return [...]string{"event", "signal", "set up anew"}[k] }

// Trap is something known to go wrong.
type Trap struct {
	Versions string // where it was seen, such as "GStreamer up to 1.24"
	Text     string
}

// Rows are all of them; those of one codec are in the order in which they are
// tried. The slice is the caller's.
func Rows() []Row {
	var rows []Row
	for _, family := range []func() []Row{
		nvenc, va, vaapi, qsv, v4l2, jetson, rockchip, apple, amf, software,
	} {
		rows = append(rows, family()...)
	}
	return rows
}

// For are the rows of one codec, in the order in which they are tried.
func For(codec Codec) []Row {
	var rows []Row
	for _, r := range Rows() {
		if r.Codec == codec {
			rows = append(rows, r)
		}
	}
	return rows
}

// Find is the row of an element.
func Find(factory string) (Row, bool) {
	for _, r := range Rows() {
		if r.Factory == factory {
			return r, true
		}
	}
	return Row{}, false
}
