// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package tell

import (
	"github.com/gstpublish/gstpublish/sink"
)

// Reasons returns a function that prints decisions of the server about a publication, and when they end.
func (t *Teller) Reasons() func(sink.Reason) {
	var before sink.Reason // the last decision; sink.ReasonNone if there is none
	return func(r sink.Reason) {
		switch {
		case r == sink.ReasonNotPermitted:
			t.status("the server does not permit this participant to publish any more; waiting until it does")
		case r == sink.ReasonMutedByServer && before != r:
			t.status("the server has muted the track: nothing is sent until it is unmuted")
		case r == sink.ReasonMutedByServer:
			t.status("the track stays muted after the new connection")
		case r == sink.ReasonCodecNotEnabled:
			t.status("the server does not accept the codec any more: nothing is sent")
		case r == sink.ReasonDisconnected || r == sink.ReasonNotNegotiated:
			return // That is not their end.
		case before == sink.ReasonMutedByServer:
			t.status("the track is not muted any more")
		case before != sink.ReasonNone:
			t.status("the server permits publishing again: published")
		}
		if before = r; r < sink.ReasonNotPermitted || r > sink.ReasonMutedByServer {
			before = sink.ReasonNone
		}
	}
}
