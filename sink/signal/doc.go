// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package signal has what LiveKit's SDK keeps to itself of its talk with the server,
// and we need: how the layers of a track are announced, and which of them somebody
// watches. It is the only place that reaches into the SDK. Each reach is checked by name
// and type, and where the SDK is made otherwise, it fails safe.
package signal

import (
	"reflect"
	"unsafe"
)

// field gives the place of a private field of the struct that pointer points to. It
// isn't ok where there is none of that name and type.
func field[T, S any](pointer *S, name string) (place *T, ok bool) {
	if pointer == nil {
		return nil, false
	}
	v := reflect.ValueOf(pointer).Elem()
	if v.Kind() != reflect.Struct {
		return nil, false
	}
	f := v.FieldByName(name)
	if !f.IsValid() || f.Type() != reflect.TypeFor[T]() {
		return nil, false
	}
	return (*T)(unsafe.Pointer(f.UnsafeAddr())), true //nolint:gosec // checked above
}
