// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package signal

import (
	lksdk "github.com/livekit/server-sdk-go/v2"
	"go.uber.org/atomic"
)

// unwantedField is where server-sdk-go v2.18.1 keeps the server's word that
// nobody watches a layer (SubscribedQualityUpdate; setDisabled in localtrack.go).
const unwantedField = "disabled"

// Unwanted gives the place of a track's dynacast state: true while nobody
// watches it. It is nil where the SDK isn't made as we know it: then all layers
// count as watched, which costs encoding and nothing else.
//
// The SDK reads that field only in the worker of LocalTrack.StartWrite, and has
// neither a callback nor a getter for it. `func (s *LocalTrack) IsEnabled() bool`
// and `OnEnabledChanged(func(bool))` upstream would make this file unnecessary.
func Unwanted(t *lksdk.LocalTrack) *atomic.Bool {
	place, _ := field[atomic.Bool](t, unwantedField)
	return place
}
