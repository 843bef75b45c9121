// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"errors"
	"fmt"
	"testing"

	"github.com/livekit/protocol/livekit"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/track"
	"github.com/gstpublish/gstpublish/pipeline"
)

func TestPermissions(t *testing.T) {
	const camera, screen = livekit.TrackSource_CAMERA, livekit.TrackSource_SCREEN_SHARE
	for name, tt := range map[string]struct {
		p       *livekit.ParticipantPermission
		source  livekit.TrackSource
		refused string // empty if it is not
	}{
		"unknown":         {nil, camera, ""},
		"everything":      {&livekit.ParticipantPermission{CanPublish: true}, camera, ""},
		"nothing":         {&livekit.ParticipantPermission{}, camera, "the access token lacks canPublish"},
		"this kind":       {permitted(camera, screen), screen, ""},
		"another kind":    {permitted(camera), screen, "canPublishSources has only camera"},
		"two other kinds": {permitted(camera, livekit.TrackSource_MICROPHONE), screen, "only camera, microphone"},
		"not even those it lists": {
			&livekit.ParticipantPermission{CanPublishSources: []livekit.TrackSource{camera}}, camera, "lacks canPublish",
		},
	} {
		t.Run(name, func(t *testing.T) {
			err := checkPermission(tt.p, tt.source)
			if tt.refused == "" {
				require.NoError(t, err)
				return
			}
			var refused *PermissionError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, tt.source, refused.Source)
			require.ErrorContains(t, err, tt.refused)
			require.ErrorContains(t, err, "sink: publishing: the server does not permit this participant to publish "+
				sourceName(tt.source))
			require.True(t, isRefusal(fmt.Errorf("around: %w", err)))
		})
	}
}

// permitted returns permissions to publish some kinds of track.
func permitted(sources ...livekit.TrackSource) *livekit.ParticipantPermission {
	return &livekit.ParticipantPermission{CanPublish: true, CanPublishSources: sources}
}

func TestCodecsThatTheServerDoesNotAccept(t *testing.T) {
	err := error(&CodecError{Codec: "AV1", Enabled: []string{"VP8", "H264"}})
	require.EqualError(t, err, "sink: publishing: the server does not accept AV1: it has enabled VP8, H264")
	require.True(t, isRefusal(err))
	require.False(t, isRefusal(errBroken))
	codecs := []pipeline.Codec{pipeline.AV1, pipeline.VP8}
	enabled, err := enabledOf(nil, codecs)
	require.NoError(t, err, "without a room nothing is known")
	require.Equal(t, codecs, enabled)
}

func TestOtherRefusals(t *testing.T) {
	err := refusal(nil, livekit.TrackSource_SCREEN_SHARE, livekit.RequestResponse_LIMIT_EXCEEDED)
	require.EqualError(t, err, "sink: publishing: the server refused the screen_share track: limit exceeded")
	require.False(t, isRefusal(err), "it is not a decision that a permission could change")
}

// TestTheStandingOfAPart: a decision of the server that may change is no failure, but the part is
// absent until then.
func TestTheStandingOfAPart(t *testing.T) {
	for name, tt := range map[string]struct {
		err                        error
		forbidden, refused, absent bool
		fails                      bool
	}{
		"accepted":      {},
		"not permitted": {err: &PermissionError{}, forbidden: true, absent: true},
		"no such codec": {err: fmt.Errorf("around: %w", &CodecError{}), refused: true, absent: true},
		"failed":        {err: errBroken, absent: true, fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			var s standing
			s.forbidden.Store(true) // From before.
			err := s.note(tt.err)
			require.Equal(t, tt.fails, errors.Is(err, errBroken))
			require.Equal(t, tt.fails, err != nil)
			require.Equal(t, tt.forbidden, s.forbidden.Load())
			require.Equal(t, tt.refused, s.refused.Load())
			require.Equal(t, tt.absent, s.absent.Load())
		})
	}
}

// TestThePartsOfAPublication: its video with all layers and the backup, and its audio.
func TestThePartsOfAPublication(t *testing.T) {
	o, err := (&Options{Screencast: true}).withDefaults(false)
	require.NoError(t, err)
	p := newPublication(t.Context(), o)
	defer func() { require.NoError(t, p.Close()) }()
	require.Empty(t, p.parts())
	low, high := newTestTrack(t, p, pipeline.VP9), newTestTrack(t, p, pipeline.VP9)
	backup := newTestTrack(t, p, pipeline.VP8)
	sound, err := track.NewAudio(p.trackOptions(&p.audio))
	require.NoError(t, err)
	p.tracks, p.backup = []*track.Track{low, high, backup, sound}, backup
	parts := p.parts()
	require.Len(t, parts, 2)
	require.Equal(t, []*track.Track{low, high}, parts[0].tracks)
	require.Equal(t, []*track.Track{backup}, parts[0].backup)
	require.Equal(t, livekit.TrackSource_SCREEN_SHARE, parts[0].source)
	require.Equal(t, []*track.Track{sound}, parts[1].tracks)
	require.Equal(t, livekit.TrackSource_SCREEN_SHARE_AUDIO, parts[1].source)
	require.Equal(t, livekit.TrackSource_SCREEN_SHARE, p.sourceOf(backup))
	require.Equal(t, livekit.TrackSource_SCREEN_SHARE_AUDIO, p.sourceOf(sound))
	before := low.Local()
	require.NoError(t, parts[0].renew())
	require.NotSame(t, before, low.Local(), "the SDK's track is bound to one publication")
}
