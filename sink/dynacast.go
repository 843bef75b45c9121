// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"reflect"
	"unsafe"

	lksdk "github.com/livekit/server-sdk-go/v2"
	"go.uber.org/atomic"
)

// unwantedField is where server-sdk-go v2.18.1 keeps the server's word that
// nobody watches a layer (SubscribedQualityUpdate; setDisabled in localtrack.go).
const unwantedField = "disabled"

// unwanted gives the place of a track's dynacast state: true while nobody
// watches it. It is nil where the SDK isn't made as we know it: then all layers
// count as watched, which costs encoding and nothing else.
//
// The SDK reads that field only in the worker of LocalTrack.StartWrite, and has
// neither a callback nor a getter for it. `func (s *LocalTrack) IsEnabled() bool`
// and `OnEnabledChanged(func(bool))` upstream would make this file unnecessary.
func unwanted(t *lksdk.LocalTrack) *atomic.Bool { return unwantedOf(t) }

// unwantedOf is that field of the struct that pointer points to; nil if it has no
// such one.
func unwantedOf(pointer any) *atomic.Bool {
	field := reflect.ValueOf(pointer).Elem().FieldByName(unwantedField)
	if !field.IsValid() || field.Type() != reflect.TypeFor[atomic.Bool]() || !field.CanAddr() {
		return nil
	}
	// A private field can't be read through reflection; it is as atomic as its type.
	return (*atomic.Bool)(unsafe.Pointer(field.UnsafeAddr())) //nolint:gosec // checked above
}
