// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package standin

// #include "standin.h"
import "C"

import "maps"

// FaultKind is a way to fail.
type FaultKind int

// The ways to fail, as drivers do.
const (
	None FaultKind = C.STANDIN_NONE
	// RefuseReady fails NULL to READY with an error, as without a device.
	RefuseReady FaultKind = C.STANDIN_REFUSE_READY
	// RefuseFormat accepts no caps event.
	RefuseFormat FaultKind = C.STANDIN_REFUSE_FORMAT
	// Fail posts an error from the stand-in and returns GST_FLOW_ERROR.
	Fail FaultKind = C.STANDIN_FAIL
	// Hang doesn't come back with the frame until Release or another fault is
	// set. The state can't change to READY either then.
	Hang FaultKind = C.STANDIN_HANG
	// Swallow takes frames and gives nothing.
	Swallow FaultKind = C.STANDIN_SWALLOW
	// Abort ends the process as abort() does; with frame 0 from NULL to READY.
	Abort FaultKind = C.STANDIN_ABORT
	// Crash writes to address 0; with frame 0 from NULL to READY.
	Crash FaultKind = C.STANDIN_CRASH
	// BFrames reorders: two B-frames between others, and output that lags, of
	// H.264 and H.265. It claims the profile that it is asked for all the same.
	BFrames FaultKind = C.STANDIN_B_FRAMES
	// OmitHeaders leaves VPS, SPS and PPS away, in the stream and in the caps, of
	// H.264 and H.265.
	OmitHeaders FaultKind = C.STANDIN_OMIT_HEADERS
	// IgnoreKeyFrame takes requests for key frames, by event or signal, for nothing.
	IgnoreKeyFrame FaultKind = C.STANDIN_IGNORE_KEY_FRAME
	// Garbage codes grey frames in the place of what it gets.
	Garbage FaultKind = C.STANDIN_GARBAGE
)

// faultNames are the kinds as FromEnv reads them.
var faultNames = [...]string{
	None: "none", RefuseReady: "refuse-ready", RefuseFormat: "refuse-format", Fail: "fail", Hang: "hang",
	Swallow: "swallow", Abort: "abort", Crash: "crash", BFrames: "b-frames", OmitHeaders: "omit-headers",
	IgnoreKeyFrame: "ignore-key-unit", Garbage: "garbage",
}

func (k FaultKind) String() string {
	if k < 0 || int(k) >= len(faultNames) {
		return "no such fault"
	}
	return faultNames[k]
}

// Fault is a way to fail, and when.
type Fault struct {
	Kind FaultKind
	// Frame is the frame from which on, counted from 1 by each instance since it
	// was last in READY. 0 is from the start. RefuseReady and RefuseFormat don't
	// look at it.
	Frame int
}

// SetFault makes a factory's instances fail, those that run and those to come,
// in the place of the fault before. It is safe at any time; a factory that
// isn't registered has the fault when it is.
func SetFault(factory string, f Fault) {
	registry.mu.Lock()
	defer registry.mu.Unlock()
	if registry.faults == nil {
		registry.faults = map[string]Fault{}
	}
	registry.faults[factory] = f
	if e, ok := registry.entries[factory]; ok {
		e.set(f)
	}
}

func (e entry) set(f Fault) {
	C.standin_spec_set_fault(e.spec, C.StandinFault(f.Kind), C.guint64(max(f.Frame, 0)))
}

// Release lets go all instances that hang, and ends the fault Hang of every
// factory.
func Release() {
	registry.mu.Lock()
	defer registry.mu.Unlock()
	for _, e := range registry.entries {
		C.standin_spec_release(e.spec)
	}
	maps.DeleteFunc(registry.faults, func(_ string, f Fault) bool { return f.Kind == Hang })
}

// Count is what a factory's instances have seen since it was registered.
type Count struct {
	Instances      int // made
	Frames         int
	KeyFrames      int // requests for key frames that it listens to, by event or signal
	BitrateChanges int // new target rates while an instance was PAUSED or PLAYING
}

// Counts tells what a factory's instances have seen; nothing if it isn't
// registered.
func Counts(factory string) Count {
	registry.mu.Lock()
	defer registry.mu.Unlock()
	e, ok := registry.entries[factory]
	if !ok {
		return Count{}
	}
	c := C.standin_spec_counts(e.spec)
	return Count{
		Instances: int(c.instances), Frames: int(c.frames), KeyFrames: int(c.key_frames), BitrateChanges: int(c.bitrates),
	}
}
