// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package signal accesses the parts of signalling that LiveKit's SDK keeps private and we need: how
// the layers of a track are announced, and which of them have viewers. It is the only place that
// reaches into the SDK. Each access is checked by name and type, and fails safe with an SDK that
// differs.
package signal

import (
	"reflect"
	"unsafe"
)

// field returns the address of a private field of the struct that pointer points to. ok is false if
// there is none with that name and type.
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
