// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// TestObjectsSayWhenAndWhere also checks the order, since a reader of the lines looks for the event first.
func TestObjectsSayWhenAndWhere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		<-time.After(1500 * time.Millisecond) // from midnight, 2000-01-01, in a bubble
		var out bytes.Buffer
		r := NewReporter(&out, FormatJSON)
		one, away := 1, 2.5
		joined := &Event{Head: Head{Event: ViewerJoined}, Identity: "ann", ParticipantSID: "PA_1", Viewers: &one}
		require.True(t, r.Print(joined))
		r.SetPlace(func() Place { return Place{Room: "demo", RoomSID: "RM_1", TrackSID: "TR_1"} })
		require.True(t, r.Print(&Event{Head: Head{Event: Rejoined}, Away: &away, Attempts: 2}))
		require.True(t, r.Print(&Watched{Head: Head{Event: End, Why: "duration"}, Codec: "VP8"}))
		const at = `"time":"2000-01-01T00:00:01.500Z"`
		const place = `,"room":"demo","room_sid":"RM_1","track_sid":"TR_1"`
		require.Equal(t, []string{
			`{"event":"viewer_joined",` + at + `,"identity":"ann","participant_sid":"PA_1","viewers":1}`,
			`{"event":"rejoined",` + at + place + `,"away_s":2.5,"attempts":2}`,
			`{"event":"end","why":"duration",` + at + place + `,"elapsed_s":0,"codec":"VP8","width":0,"height":0,"fps":0,` +
				`"kbit_s":0,"frames":0,"key_frames":0,"lost":0,"discarded":0,"unshown":0,"plis":0,"audio_packets":0,` +
				`"first_frame_ms":0}`,
			"",
		}, strings.Split(out.String(), "\n"))
	})
}

func TestWordsHaveNoEvents(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	r := NewReporter(&out, FormatText)
	require.True(t, r.Print(&Event{Head: Head{Event: Joined}}))
	require.Empty(t, out.String())
	require.True(t, r.Print(&Watched{}))
	require.Equal(t, "t=0.0s nothing yet\n", out.String())
	out.Reset()
	require.True(t, NewReporter(&out, FormatNone).Print(&Watched{}))
	require.Empty(t, out.String())
	require.False(t, (*Reporter)(nil).Print(&Watched{}))
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestAReaderThatIsGoneIsNoticed(t *testing.T) {
	t.Parallel()
	r := NewReporter(broken{}, FormatText)
	require.False(t, r.Print(&Watched{}))
	require.False(t, r.Print(&Watched{}))
}
