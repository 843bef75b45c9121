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
)

// MessageType is the kind of a bus message; kinds that are not needed here are never returned.
type MessageType int

// What Next returns.
const (
	MessageNone    MessageType = iota // nothing came in time, or Wake was called
	MessageEOS                        // every sink has seen the end of the stream
	MessageError                      // an element failed; Err says how
	MessageWarning                    // an element complains; Err says of what
)

// Message is one message of the bus, copied out of GStreamer's memory.
type Message struct {
	Type MessageType
	Err  *ElementError
}

const busTypes = gogst.MessageEOS | gogst.MessageError | gogst.MessageWarning |
	gogst.MessageLatency | gogst.MessageApplication

// Next waits for the next message, without a GLib main loop. One goroutine at
// a time may call it.
func (p *Pipeline) Next(timeout time.Duration) Message {
	for {
		m, ok := p.pop(timeout)
		if ok {
			return m
		}
	}
}

// pop takes one message; ok is false for one that is GStreamer's own business.
func (p *Pipeline) pop(timeout time.Duration) (m Message, ok bool) {
	msg := p.bus.TimedPopFiltered(gogst.ClockTime(timeout.Nanoseconds()), busTypes)
	if msg == nil {
		return Message{}, true
	}
	// The message keeps its element alive: it goes now, not at the next collection.
	runtime.SetFinalizer(msg, nil)
	defer msg.Unref()
	switch msg.Type() {
	case gogst.MessageEOS:
		return Message{Type: MessageEOS}, true
	case gogst.MessageLatency:
		p.gp.RecalculateLatency()
		return Message{}, false
	case gogst.MessageError:
		err := elementError(msg)
		if err.NotNegotiated() {
			err.Mismatch = p.Mismatch()
		}
		return Message{Type: MessageError, Err: err}, true
	case gogst.MessageWarning:
		return Message{Type: MessageWarning, Err: elementError(msg)}, true
	default: // Wake's own
		return Message{}, true
	}
}

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
