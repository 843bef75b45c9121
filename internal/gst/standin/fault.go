// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package standin

// #include "standin.h"
import "C"

import "maps"

// FaultKind is a kind of failure.
type FaultKind int

// The kinds of failure, which real drivers show.
const (
	None FaultKind = C.STANDIN_NONE
	// RefuseReady fails the change from NULL to READY with an error, as if there were no device.
	RefuseReady FaultKind = C.STANDIN_REFUSE_READY
	// RefuseFormat rejects every caps event.
	RefuseFormat FaultKind = C.STANDIN_REFUSE_FORMAT
	// Fail posts an error from the stand-in and returns GST_FLOW_ERROR.
	Fail FaultKind = C.STANDIN_FAIL
	// Hang blocks at the frame until Release is called or another fault is set. Meanwhile the state cannot change to
	// READY either.
	Hang FaultKind = C.STANDIN_HANG
	// Swallow takes frames and produces nothing.
	Swallow FaultKind = C.STANDIN_SWALLOW
	// Abort calls abort(); with frame 0 at the change from NULL to READY.
	Abort FaultKind = C.STANDIN_ABORT
	// Crash writes to address 0; with frame 0 at the change from NULL to READY.
	Crash FaultKind = C.STANDIN_CRASH
	// BFrames reorders H.264 and H.265: two B-frames between others, and delayed output. The caps still have the
	// requested profile.
	BFrames FaultKind = C.STANDIN_B_FRAMES
	// OmitHeaders omits VPS, SPS and PPS of H.264 and H.265, in the stream and in the caps.
	OmitHeaders FaultKind = C.STANDIN_OMIT_HEADERS
	// IgnoreKeyFrame ignores key frame requests, by event or signal.
	IgnoreKeyFrame FaultKind = C.STANDIN_IGNORE_KEY_FRAME
	// Garbage encodes grey frames instead of the real ones.
	Garbage FaultKind = C.STANDIN_GARBAGE
)

// faultNames has the names of the kinds in EnvName.
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

// Fault is a kind of failure and its time.
type Fault struct {
	Kind FaultKind
	// Frame is the first frame that fails. Each instance counts from 1 since it was last in READY. 0 is the start.
	// RefuseReady and RefuseFormat ignore it.
	Frame int
}

// SetFault makes a factory's current and future instances fail. It replaces the previous fault. It may be called before
// the factory is registered, and is safe for concurrent use.
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

// Release unblocks all instances that hang, and removes the fault Hang from every factory.
func Release() {
	registry.mu.Lock()
	defer registry.mu.Unlock()
	for _, e := range registry.entries {
		C.standin_spec_release(e.spec)
	}
	maps.DeleteFunc(registry.faults, func(_ string, f Fault) bool { return f.Kind == Hang })
}

// Count has the events of a factory's instances since it was registered.
type Count struct {
	Instances      int // created
	Frames         int
	KeyFrames      int // key frame requests that it supports, by event or signal
	BitrateChanges int // new target rates while an instance was PAUSED or PLAYING
}

// Counts returns the events of a factory's instances; zero if it is not registered.
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
