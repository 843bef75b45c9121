// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package gst

// #include "shim.h"
import "C"

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"slices"
	"sync/atomic"
	"time"
	"unsafe"

	gogst "github.com/go-gst/go-gst/gst"

	"github.com/gstpublish/gstpublish/internal/gst/describe"
	"github.com/gstpublish/gstpublish/internal/gst/gif"
	"github.com/gstpublish/gstpublish/internal/gst/upstream"
)

// stateTimeout limits a state change whose context has no deadline: drivers and network sources
// have been seen to block forever (go-gst issue #213).
const stateTimeout = 10 * time.Second

// maxPads limits the number of pads and elements that are listed.
const maxPads = 64

// State is one of GStreamer's four states.
type State int

// GStreamer's states.
const (
	StateNull    = State(C.GST_STATE_NULL)
	StateReady   = State(C.GST_STATE_READY)
	StatePaused  = State(C.GST_STATE_PAUSED)
	StatePlaying = State(C.GST_STATE_PLAYING)
)

func (s State) String() string { return C.GoString(C.gst_element_state_get_name(C.GstState(s))) }

// Pipeline is a GStreamer pipeline with its bus. All methods are safe for concurrent use, but must
// not be called from a streaming thread. Close must be the last call.
type Pipeline struct {
	gp   *gogst.Pipeline
	bus  *gogst.Bus
	live atomic.Bool
	// turn has room for one change of the state, until it returns: one that began after the pipeline was released would
	// be of memory that is free.
	turn chan struct{}
	// held keeps back what the source brings; nil if nothing does: see Hold.
	held  atomic.Pointer[upstream.Hold]
	isFed bool // by a source that played before: see TakeSource

	failed  *ElementError   // of a MessageLost; of the goroutine that calls Next
	missing []MissingPlugin // said to be missing so far; of the goroutine that calls Next
}

// Parse creates a pipeline from launch text. The error is a *ParseError.
func Parse(text string) (*Pipeline, error) {
	Init()
	cText := C.CString(text)
	defer C.free(unsafe.Pointer(cText))
	var gerr *C.GError
	var missing **C.char
	element := C.shim_parse(cText, &gerr, &missing)
	names := takeStrv(missing)
	var p *Pipeline
	if element != nil {
		gp := gogst.FromGstPipelineUnsafeFull(unsafe.Pointer(element))
		p = &Pipeline{gp: gp, bus: gp.GetPipelineBus(), turn: make(chan struct{}, 1)}
	}
	if gerr == nil && len(names) == 0 && p != nil {
		gif.Repair(p.gp.Unsafe())
		return p, nil
	}
	// GStreamer also lists elements that exist but lack a property.
	names = slices.DeleteFunc(names, HasFactory)
	err := &ParseError{Message: "not a pipeline", Missing: names}
	if gerr != nil {
		err.Message = C.GoString(gerr.message)
		C.g_error_free(gerr)
	}
	if p != nil {
		err.Elements = p.Describe()
		err.Mismatch = p.unlinked(err.Message)
		_ = p.Close(context.Background()) // It is still in NULL.
	}
	return nil, err
}

func (p *Pipeline) bin() *C.GstBin { return (*C.GstBin)(p.gp.Unsafe()) }

// SetState changes the state and waits until GStreamer has accepted the change; a live pipeline
// reaches PLAYING after that. If ctx has no deadline, the limit is ten seconds. A change that does
// not return is abandoned with ErrTimeout. Its thread is lost; the program continues.
func (p *Pipeline) SetState(ctx context.Context, s State) error {
	ctx, cancel := withDefaultTimeout(ctx)
	defer cancel()
	failed := func() error { return fmt.Errorf("changing state to %s: %w: %w", s, ErrTimeout, context.Cause(ctx)) }
	if ctx.Err() != nil {
		return failed()
	}
	select {
	case p.turn <- struct{}{}:
	case <-ctx.Done():
		return failed()
	}
	if s == StatePaused && p.held.Load() != nil && p.isFed {
		<-p.turn
		return nil // Its source plays already, and would lose its connection.
	}
	done := make(chan C.GstStateChangeReturn, 1)
	gp := p.gp
	go func() {
		ret := C.gst_element_set_state((*C.GstElement)(gp.Unsafe()), C.GstState(s))
		if p.isFed || s == StateNull {
			p.endHold()
		}
		<-p.turn
		done <- ret
		runtime.KeepAlive(gp)
	}()
	select {
	case ret := <-done:
		if ret == C.GST_STATE_CHANGE_FAILURE {
			return &StateError{Element: gp.GetName(), State: s}
		}
		if s == StatePaused {
			p.live.Store(ret == C.GST_STATE_CHANGE_NO_PREROLL)
		}
		return nil
	case <-ctx.Done():
		return failed()
	}
}

// Hold keeps back what leaves a queue, by its name, while the pipeline plays, until another pipeline takes its source.
func (p *Pipeline) Hold(queue string) error {
	e := p.ByName(queue)
	if e == nil {
		return fmt.Errorf("gst: no element %q", queue)
	}
	defer e.Release()
	hold := upstream.NewHold(e.Object())
	if hold == nil {
		return fmt.Errorf("gst: %q has no source pad", queue)
	}
	p.held.Store(hold)
	return nil
}

// TakeSource makes a pipeline that has not started continue what the source of another one has begun, which plays and
// is held. Its own source, which must be of the same factory, is removed. The other pipeline is then empty, and must
// still be closed. If TakeSource fails, close both.
func (p *Pipeline) TakeSource(from *Pipeline, factory string) error {
	hold := from.held.Load()
	if hold == nil || !hold.TakeSource(from.gp.Unsafe(), p.gp.Unsafe(), factory) {
		return fmt.Errorf("gst: %s could not take the place of the pipeline's own", factory)
	}
	p.gp, from.gp = from.gp, p.gp
	p.bus, from.bus = from.bus, p.bus
	p.live.Store(from.live.Load())
	p.held.Store(from.held.Swap(nil))
	p.failed = from.failed
	p.isFed = true
	return nil
}

// DropBranch removes two elements, by their names, that follow a tee, while the pipeline plays.
func (p *Pipeline) DropBranch(first, last string) {
	a, b := p.ByName(first), p.ByName(last)
	if a != nil && b != nil {
		upstream.DropBranch(a.Object(), b.Object())
	}
	for _, e := range []*Element{a, b} {
		if e != nil {
			e.Release()
		}
	}
}

// endHold ends what Hold began.
func (p *Pipeline) endHold() {
	if hold := p.held.Swap(nil); hold != nil {
		hold.Release()
	}
}

// IsLive reports, once the pipeline was paused, whether its sources produce media at the pace of a
// clock, as cameras do, instead of as fast as possible.
func (p *Pipeline) IsLive() bool { return p.live.Load() }

func withDefaultTimeout(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, stateTimeout)
}

// Close sets the pipeline to NULL and releases it. It is idempotent. If GStreamer does not return
// from NULL, the error is ErrTimeout and the pipeline's memory is lost.
func (p *Pipeline) Close(ctx context.Context) error {
	if p.gp == nil {
		return nil
	}
	err := p.SetState(ctx, StateNull)
	gp, bus := p.gp, p.bus
	p.gp, p.bus = nil, nil
	if errors.Is(err, ErrTimeout) {
		return err
	}
	release(bus.GObject())
	release(gp.GObject())
	return err
}

// SendEOS asks every source to end its stream.
func (p *Pipeline) SendEOS() bool { return C.shim_send_eos(p.bin(), nil) != 0 }

// EndSources ends the streams of all sources after one of them was lost, whose own end is on its way. It does not wait
// for elements, and may be followed by Close.
func (p *Pipeline) EndSources(lost *ElementError) {
	gp, path := C.gst_object_ref(C.gpointer(p.gp.Unsafe())), C.CString(lost.Path)
	go func() {
		defer C.gst_object_unref(gp)
		defer C.free(unsafe.Pointer(path))
		C.shim_send_eos((*C.GstBin)(unsafe.Pointer(gp)), path)
		upstream.EndStills(unsafe.Pointer(gp))
		upstream.EndAdaptive(unsafe.Pointer(gp))
	}()
}

// EndStills ends the streams of elements that repeat one frame forever, such as imagefreeze, which
// SendEOS does not reach. It waits for the frame at hand.
func (p *Pipeline) EndStills() { upstream.EndStills(p.gp.Unsafe()) }

// ReadsNetwork reports whether a source reads the network, and was not asked to end by itself.
func (p *Pipeline) ReadsNetwork() bool { return upstream.ReadsNetwork(p.gp.Unsafe()) }

// Endless returns the name of a source that reads the network and does not know where its stream
// ends; "" if there is none. If isCut is set, a duration of the stream is no such end.
func (p *Pipeline) Endless(isCut bool) string { return upstream.Endless(p.gp.Unsafe(), isCut) }

// FollowContainers makes Incomplete know whether containers from the network are whole. Call it before the
// pipeline plays.
func (p *Pipeline) FollowContainers() { upstream.Follow(p.gp.Unsafe()) }

// Incomplete returns the name of a source that reads the network and whose container ended before all
// of its bytes came; "" if there is none.
func (p *Pipeline) Incomplete() string { return upstream.Incomplete(p.gp.Unsafe()) }

// ByName returns the element with a name, or nil.
func (p *Pipeline) ByName(name string) *Element {
	cName := C.CString(name)
	defer C.free(unsafe.Pointer(cName))
	e := C.gst_bin_get_by_name(p.bin(), cName)
	if e == nil {
		return nil
	}
	return &Element{ptr: e}
}

// Elements returns the elements of a factory, including those in bins.
func (p *Pipeline) Elements(factory string) []*Element {
	cFactory := C.CString(factory)
	defer C.free(unsafe.Pointer(cFactory))
	var found [maxPads]*C.GstElement
	n := int(C.shim_elements_of(p.bin(), cFactory, &found[0], maxPads))
	out := make([]*Element, n)
	for i := range out {
		// The iterator returns the newest element first.
		out[i] = &Element{ptr: found[n-1-i]}
	}
	return out
}

// UnlinkedSrcPads returns the source pads without a link, in the order of the launch text.
func (p *Pipeline) UnlinkedSrcPads() []*Pad {
	var found [maxPads]*C.GstPad
	n := int(C.shim_unlinked_src_pads(p.bin(), &found[0], maxPads))
	out := make([]*Pad, n)
	for i := range out {
		out[i] = &Pad{ptr: found[i]}
	}
	return out
}

// LateSource returns the name of an element whose source pads appear only at run time and have no
// pending link, or "" if there is none.
func (p *Pipeline) LateSource() string {
	var path *C.char
	if C.shim_has_sometimes_src(p.bin(), &path) == 0 {
		return ""
	}
	return take(path)
}

// AddTail builds a bin from launch text with one unlinked sink pad, adds it and links the pad to
// it. The error is a *ParseError.
func (p *Pipeline) AddTail(pad *Pad, text string) error {
	return p.withBin(text, func(bin *C.GstElement) *ParseError {
		if C.shim_link_tail(p.bin(), pad.ptr, bin) == 0 {
			return &ParseError{Message: "could not link " + pad.Label(), Mismatch: p.Mismatch()}
		}
		return nil
	})
}

// InsertTail builds a bin from launch text with one unlinked sink pad and one unlinked source pad,
// and puts it between an appsink and the pad that is linked to it. The appsink's own caps no longer
// apply. The error is a *ParseError.
func (p *Pipeline) InsertTail(appsink *Element, text string) error {
	return p.withBin(text, func(bin *C.GstElement) *ParseError {
		if !upstream.InsertTail(unsafe.Pointer(appsink.ptr), unsafe.Pointer(bin)) {
			return &ParseError{Message: "could not link " + appsink.Name(), Mismatch: p.Mismatch()}
		}
		return nil
	})
}

// withBin calls f with a bin made from launch text. f may add the bin to a pipeline.
func (p *Pipeline) withBin(text string, f func(bin *C.GstElement) *ParseError) error {
	cText := C.CString(text)
	defer C.free(unsafe.Pointer(cText))
	var gerr *C.GError
	bin := C.shim_parse_bin(cText, &gerr)
	if bin != nil {
		defer C.gst_object_unref(C.gpointer(unsafe.Pointer(bin)))
	}
	if gerr != nil {
		defer C.g_error_free(gerr)
		return &ParseError{Message: C.GoString(gerr.message)}
	}
	if err := f((*C.GstElement)(unsafe.Pointer(bin))); err != nil {
		return err
	}
	return nil
}

// Mismatch returns two linked pads that cannot agree on caps, or nil if there are none.
func (p *Pipeline) Mismatch() *Mismatch {
	var m C.ShimMismatch
	if C.shim_find_mismatch(p.bin(), &m) == 0 {
		return nil
	}
	return takeMismatch(&m)
}

// linkFailure matches gst_parse's report of two elements that it could not link.
var linkFailure = regexp.MustCompile(`could not link (\S+?) to ([^\s,]+)`)

func (p *Pipeline) unlinked(message string) *Mismatch {
	names := linkFailure.FindStringSubmatch(message)
	if names == nil {
		return nil
	}
	src, sink := C.CString(names[1]), C.CString(names[2])
	defer C.free(unsafe.Pointer(src))
	defer C.free(unsafe.Pointer(sink))
	var m C.ShimMismatch
	if C.shim_find_unlinked(p.bin(), src, sink, &m) == 0 {
		return nil
	}
	return takeMismatch(&m)
}

func takeMismatch(m *C.ShimMismatch) *Mismatch {
	defer C.shim_mismatch_clear(m)
	return &Mismatch{
		Src: C.GoString(m.src), Sink: C.GoString(m.sink),
		SrcCaps: C.GoString(m.src_caps), SinkCaps: C.GoString(m.sink_caps),
	}
}

// Describe returns the pipeline's elements and links, in the order of the text.
func (p *Pipeline) Describe() []describe.Element { return describe.Pipeline(unsafe.Pointer(p.bin())) }

// Dot returns the current pipeline as a Graphviz graph.
func (p *Pipeline) Dot() string { return p.gp.DebugBinToDotData(gogst.DebugGraphShowAll) }
