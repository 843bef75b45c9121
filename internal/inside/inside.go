// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package inside lets the packages of this module reach what the public ones keep from others.
//
// A public type embeds a Door under a name that is not exported, so documentation does not show it.
// Only this module can make the Key that opens it.
package inside

// Key opens a Door. No other module can import this package, and none can make a Key without it.
type Key struct{ _ int }

// Door is an embedded part of a public type. The zero value has nothing behind it.
type Door[T any] struct{ behind T }

// New returns a Door with something behind it.
func New[T any](behind T) Door[T] { return Door[T]{behind} }

// Put puts something behind the door: for what the caller of a public function passes in.
func (d *Door[T]) Put(_ Key, behind T) { d.behind = behind }

// Inside returns what is behind the door.
func (d Door[T]) Inside(Key) T { return d.behind }
