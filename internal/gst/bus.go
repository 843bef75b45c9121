// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package gst

// #include "shim.h"
import "C"

import (
	"runtime"
	"time"
	"unsafe"

	gogst "github.com/go-gst/go-gst/gst"

	"github.com/gstpublish/gstpublish/internal/gst/upstream"
)

// MessageType is the kind of a bus message; kinds that are not needed here are never returned.
type MessageType int

// The messages that Next returns.
const (
	MessageNone    MessageType = iota // no message arrived in time, or Wake was called
	MessageEOS                        // every sink has received the end of the stream
	MessageError                      // an element failed; Err says why
	MessageWarning                    // an element warns; Err says why
	// MessageLost means that a source on the network has failed after it brought something. The end of its stream
	// follows that through the pipeline. Failed returns Err from then on.
	MessageLost
)

// Message is a copy of one bus message.
type Message struct {
	Type MessageType
	Err  *ElementError
}

const busTypes = gogst.MessageEOS | gogst.MessageError | gogst.MessageWarning |
	gogst.MessageLatency | gogst.MessageApplication | gogst.MessageElement

// Next waits for the next message, without a GLib main loop. Only one goroutine at a time may call
// it.
func (p *Pipeline) Next(timeout time.Duration) Message {
	for {
		m, ok := p.pop(timeout)
		if ok {
			return m
		}
	}
}

// pop returns one message. ok is false for GStreamer's internal messages.
func (p *Pipeline) pop(timeout time.Duration) (m Message, ok bool) {
	msg := p.bus.TimedPopFiltered(gogst.ClockTime(timeout.Nanoseconds()), busTypes)
	if msg == nil {
		return Message{}, true
	}
	// The message keeps its element alive, so release it now instead of at the next collection.
	runtime.SetFinalizer(msg, nil)
	defer msg.Unref()
	switch msg.Type() {
	case gogst.MessageEOS:
		return Message{Type: MessageEOS}, true
	case gogst.MessageLatency:
		if len(p.turn) == 0 { // It would wait for a change that does not return.
			p.gp.RecalculateLatency()
		}
		return Message{}, false
	case gogst.MessageElement:
		p.noteMissing(msg)
		return Message{}, false
	case gogst.MessageError:
		return p.failure(msg)
	case gogst.MessageWarning:
		warning := p.withReasons(elementError(msg))
		if warning.NotLinked() && stranded(msg) {
			// No link of the text fits the element's pads. Some demuxers then end without an error, or never.
			return Message{Type: MessageError, Err: warning}, true
		}
		return Message{Type: MessageWarning, Err: warning}, true
	default: // Wake's own
		return Message{}, true
	}
}

// failure returns what the message of an error means. What follows from the loss of a source is not told.
func (p *Pipeline) failure(msg *gogst.Message) (m Message, ok bool) {
	err := p.withReasons(elementError(msg))
	switch source := unsafe.Pointer(msg.Instance()); {
	case !upstream.IsOfNetwork(source):
	case p.failed != nil:
		return Message{}, false
	case err.IsOfReading() && upstream.HasSent(source):
		p.failed = err
		return Message{Type: MessageLost, Err: err}, true
	}
	return Message{Type: MessageError, Err: err}, true
}

// Failed returns the error of the MessageLost that Next has returned, or nil. Only the goroutine that calls Next may
// call it.
func (p *Pipeline) Failed() *ElementError { return p.failed }

// Wake makes a waiting Next return. It is safe for concurrent use.
func (p *Pipeline) Wake() { C.shim_bus_wake((*C.GstBus)(p.bus.Unsafe())) }

func elementError(msg *gogst.Message) *ElementError {
	var e C.ShimError
	C.shim_message_error((*C.GstMessage)(unsafe.Pointer(msg.Instance())), &e)
	defer C.shim_error_clear(&e)
	out := &ElementError{
		Path:    C.GoString(e.path),
		Domain:  C.GoString(e.domain),
		Code:    int(e.code),
		Message: C.GoString(e.message),
	}
	if e.factory != nil {
		out.Factory = C.GoString(e.factory)
	}
	if e.debug != nil {
		out.Debug = C.GoString(e.debug)
	}
	return out
}

// maxMissing limits how many missing plugins are remembered.
const maxMissing = 8

// LoosePad is a pad that is linked to nothing.
type LoosePad struct {
	Label string // "element.pad"
	Caps  string // what it has or could carry, as GStreamer writes caps
	IsSrc bool
}

// MissingPlugin is something that an element looked for and did not find.
type MissingPlugin struct {
	Kind   string // "decoder", "encoder", "element", "urisource" or "urisink"
	Name   string // GStreamer's words, "MPEG-4 AAC decoder"
	Detail string // caps of a decoder or encoder, the name of an element, the protocol of a source
}

// noteMissing remembers what a message says is missing. The error follows.
func (p *Pipeline) noteMissing(msg *gogst.Message) {
	var m C.ShimMissing
	if len(p.missing) >= maxMissing ||
		C.shim_missing_plugin((*C.GstMessage)(unsafe.Pointer(msg.Instance())), &m) == 0 {
		return
	}
	defer C.shim_missing_clear(&m)
	p.missing = append(p.missing, MissingPlugin{C.GoString(m.kind), C.GoString(m.name), C.GoString(m.detail)})
}

// stranded reports whether the element that posted a message has source pads, but none that is linked.
func stranded(msg *gogst.Message) bool {
	return C.shim_is_stranded((*C.GstMessage)(unsafe.Pointer(msg.Instance()))) != 0
}

// withReasons adds what the pipeline shows about the reason of an error.
func (p *Pipeline) withReasons(err *ElementError) *ElementError {
	err.Missing = p.missing
	if err.NotNegotiated() {
		err.Mismatch = p.Mismatch()
	}
	if err.Mismatch == nil && (err.NotLinked() || err.NotNegotiated()) {
		err.Loose = p.LoosePads()
	}
	return err
}

// LoosePads lists the pads of the pipeline's own elements that are linked to nothing.
func (p *Pipeline) LoosePads() []LoosePad {
	var found [maxPads]C.ShimLoose
	n := int(C.shim_loose_pads(p.bin(), &found[0], maxPads))
	out := make([]LoosePad, n)
	for i := range out {
		out[i] = LoosePad{C.GoString(found[i].label), C.GoString(found[i].caps), found[i].is_src != 0}
		C.shim_loose_clear(&found[i])
	}
	return out
}
