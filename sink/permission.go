// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/livekit/protocol/livekit"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/pion/webrtc/v4"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/allocation"
	"github.com/gstpublish/gstpublish/internal/signal"
	"github.com/gstpublish/gstpublish/internal/track"
	"github.com/gstpublish/gstpublish/pipeline"
)

// PermissionError reports that the server does not let the participant publish a track.
type PermissionError struct {
	// Source is the kind of track.
	Source livekit.TrackSource
	// Permitted are the kinds that the participant may publish; none if it may publish nothing.
	Permitted []livekit.TrackSource
}

// Error names the track, what is permitted instead, and the way out.
func (e *PermissionError) Error() string {
	permitted := "the access token lacks canPublish, or the server has revoked it"
	if len(e.Permitted) > 0 {
		names := make([]string, len(e.Permitted))
		for i, source := range e.Permitted {
			names[i] = sourceName(source)
		}
		permitted = "canPublishSources has only " + strings.Join(names, ", ")
	}
	return fmt.Sprintf("sink: publishing: the server does not permit this participant to publish %s: %s",
		sourceName(e.Source), permitted)
}

// CodecError reports that the server does not accept a codec.
type CodecError struct {
	// Codec is the name, as in "VP8".
	Codec string
	// Enabled are the names of the codecs that the server accepts.
	Enabled []string
}

// Error names the codec and those that the server accepts.
func (e *CodecError) Error() string {
	return fmt.Sprintf("sink: publishing: the server does not accept %s: it has enabled %s",
		e.Codec, strings.Join(e.Enabled, ", "))
}

// sourceName is the server's word for a kind of track, as in an access token.
func sourceName(s livekit.TrackSource) string { return strings.ToLower(s.String()) }

// checkPermission returns a *PermissionError if a participant with these permissions may not publish a kind of track.
// The rules are those of the server (GetCanPublishSource in auth/grants.go of livekit/protocol). Without permissions,
// the server decides.
func checkPermission(p *livekit.ParticipantPermission, source livekit.TrackSource) error {
	switch {
	case p == nil:
		return nil
	case !p.GetCanPublish():
		return &PermissionError{Source: source}
	case len(p.GetCanPublishSources()) == 0 || slices.Contains(p.GetCanPublishSources(), source):
		return nil
	default:
		return &PermissionError{Source: source, Permitted: p.GetCanPublishSources()}
	}
}

// permits returns a *PermissionError if the participant may not publish a kind of track in a room.
func permits(room *lksdk.Room, source livekit.TrackSource) error {
	return checkPermission(room.LocalParticipant.Permissions(), source)
}

// checkCodec returns a *CodecError if the server of a room does not accept a codec, by its MIME type. Without a room,
// nothing is known.
func checkCodec(room *lksdk.Room, mime string) error {
	if room == nil || signal.CodecEnabled(room, mime) {
		return nil
	}
	kind, codec, _ := strings.Cut(mime, "/")
	e := &CodecError{Codec: codec}
	for _, enabled := range signal.EnabledCodecs(room) {
		if name, ok := strings.CutPrefix(enabled, kind+"/"); ok && !slices.Contains(e.Enabled, name) {
			e.Enabled = append(e.Enabled, name)
		}
	}
	return e
}

// admits returns a *PermissionError or a *CodecError if the server of a room will not accept a track.
func admits(room *lksdk.Room, source livekit.TrackSource, mime string) error {
	if err := permits(room, source); err != nil {
		return err
	}
	return checkCodec(room, mime)
}

// refusal returns the error for a track that the server has refused.
func refusal(room *lksdk.Room, source livekit.TrackSource, reason livekit.RequestResponse_Reason) error {
	if reason != livekit.RequestResponse_NOT_ALLOWED {
		return fmt.Errorf("sink: publishing: the server refused the %s track: %s", sourceName(source),
			strings.ToLower(strings.ReplaceAll(reason.String(), "_", " ")))
	}
	if err := permits(room, source); err != nil {
		return err
	}
	return &PermissionError{Source: source} // The participant's permissions will follow.
}

// withdraw removes tracks that the server has refused from the connection: the SDK leaves them there.
func withdraw(room *lksdk.Room, refused []*lksdk.LocalTrack) {
	pc := room.LocalParticipant.GetPublisherPeerConnection()
	if pc == nil {
		return
	}
	for _, sender := range pc.GetSenders() {
		for _, local := range refused {
			if sender.Track() == local {
				_ = pc.RemoveTrack(sender) // The only error is that the connection is closed.
			}
		}
	}
}

// enabledOf returns the codecs that the server of a room accepts, in the same order. The
// error is a *CodecError if it accepts none.
func enabledOf(room *lksdk.Room, codecs []pipeline.Codec) ([]pipeline.Codec, error) {
	var enabled []pipeline.Codec
	var first error
	for _, codec := range codecs {
		if err := checkCodec(room, codec.MimeType()); err == nil {
			enabled = append(enabled, codec)
		} else if first == nil {
			first = err
		}
	}
	if len(enabled) == 0 {
		return nil, first
	}
	return enabled, nil
}

// isRefusal reports whether an error is a decision of the server about a track.
func isRefusal(err error) bool {
	permission, codec := (*PermissionError)(nil), (*CodecError)(nil)
	return errors.As(err, &permission) || errors.As(err, &codec)
}

// foresee ends a preparation whose result the server will not accept, as soon as that is known. The options are a copy:
// the preparation changes its own.
func (p *Publication) foresee(ctx context.Context, refuse context.CancelCauseFunc, opts Options) {
	if p.wires.Room == nil {
		return
	}
	room, err := p.wires.Room(ctx)
	if err != nil {
		return // The caller learns of it elsewhere.
	}
	for _, out := range p.pipe.Outputs() {
		if err := opts.admits(room, out); err != nil {
			refuse(err)
			return
		}
	}
}

// admits returns a *PermissionError or a *CodecError if the server of a room will not accept an output.
func (o *Options) admits(room *lksdk.Room, out *pipeline.Output) error {
	switch out.Kind {
	case pipeline.Opus:
		return admits(room, o.audioSource(), webrtc.MimeTypeOpus)
	case pipeline.EncodedVideo:
		return admits(room, o.Source, out.Codec.MimeType())
	case pipeline.RawVideo:
	}
	if err := permits(room, o.Source); err != nil {
		return err
	}
	_, err := enabledOf(room, o.codecs())
	return err
}

// useEnabled leaves only the codecs that the server accepts, and returns them, the best first. Before there is a room,
// nothing is known. The error is a *CodecError.
func (p *Publication) useEnabled() ([]pipeline.Codec, error) {
	room, wanted := p.roomNow(), p.codecs
	enabled, err := enabledOf(room, wanted)
	if err != nil {
		return nil, err
	}
	e := &p.opts.Encoding
	if enabled[0] != wanted[0] {
		p.log.Warn("falling back to another codec", "codec", enabled[0].String(),
			"reason", checkCodec(room, wanted[0].MimeType()))
	}
	e.Codec, e.FallbackCodecs = enabled[0], enabled[1:]
	return slices.Clone(enabled), nil
}

// anyRefused reports whether the server does not accept the codec of a track.
func (p *Publication) anyRefused(all ...[]*track.Track) bool {
	room := p.roomNow()
	return slices.ContainsFunc(slices.Concat(all...), func(t *track.Track) bool {
		return checkCodec(room, t.MimeType()) != nil
	})
}

// republishInstead is publishInstead for video that was published in another room, whose server accepts its codecs.
// If the server of this one accepts none of those that may be used, nothing changes, and the error is a *CodecError.
// After another error the publication ends.
func (p *Publication) republishInstead(ctx context.Context, o part) error {
	if _, err := enabledOf(p.roomNow(), p.codecs); err != nil {
		return err
	}
	published := make(chan struct{})
	defer close(published)
	p.group.Go(func() error { // The publication does not end with the goroutines of its encoders.
		<-published
		return nil
	})
	src := p.layers.each()[0].src
	p.mu.Lock()
	p.tracks = slices.DeleteFunc(p.tracks, (*track.Track).Video)
	p.mu.Unlock()
	for _, t := range slices.Concat(o.tracks, o.backup) {
		t.End()
	}
	err := p.publishInstead(ctx, src)
	if err != nil && p.ctx.Err() == nil {
		p.finish(err)
	}
	return err
}

// publishInstead prepares and publishes a source with codecs that the server accepts.
func (p *Publication) publishInstead(ctx context.Context, src *appsrc.VideoSource) error {
	if err := p.layers.reset(); err != nil {
		return err
	}
	p.backup = nil
	publish, err := p.prepareSource(ctx, src)
	if err != nil {
		return err
	}
	return publish(ctx)
}

// reset closes all layers, which were not published.
func (l *layers) reset() error {
	err := l.close()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all, l.allocator, l.active, l.made = nil, allocation.Allocator{}, 0, meter{}
	return err
}
