// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package signal

import (
	lksdk "github.com/livekit/server-sdk-go/v2"
	"go.uber.org/atomic"
)

// unwantedField is where server-sdk-go v2.18.1 records that a layer has no viewers
// (SubscribedQualityUpdate; setDisabled in localtrack.go).
const unwantedField = "disabled"

// Unwanted returns the address of a track's dynacast state: true while it has no viewers. It is nil
// with an unknown SDK: then all layers count as watched, which only costs encoding.
//
// The SDK reads that field only in the worker of LocalTrack.StartWrite, and has neither a callback
// nor a getter for it. `func (s *LocalTrack) IsEnabled() bool` and `OnEnabledChanged(func(bool))`
// upstream would make this file unnecessary.
func Unwanted(t *lksdk.LocalTrack) *atomic.Bool {
	place, _ := field[atomic.Bool](t, unwantedField)
	return place
}
