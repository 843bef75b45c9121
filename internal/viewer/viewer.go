// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package viewer is a subscriber that decodes: it joins a LiveKit room, takes a
// video track and hands out its frames, with statistics of what it got.
//
// A frame comes out as soon as its last packet is in and it is decoded; no
// buffer smooths the rate. What a publisher's viewers would see late, broken or
// not at all, it sees so too.
package viewer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/livekit/protocol/livekit"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/pion/webrtc/v4"

	"github.com/gstpublish/gstpublish/internal/signal"
	"github.com/gstpublish/gstpublish/pipeline"
)

const (
	// defaultQueue is Options.Queue's.
	defaultQueue = 4
	// closeTimeout bounds how long Close waits for the peer connections.
	closeTimeout = 5 * time.Second
	closePoll    = 5 * time.Millisecond
)

// ErrClosed is what Next returns after Close.
var ErrClosed = errors.New("viewer: closed")

// Options says which track is viewed and how. The zero value, or nil, takes the
// first video track of anyone.
type Options struct {
	// Publisher is the identity of the participant whose track is viewed.
	// Defaults to anyone.
	Publisher string
	// TrackName is the name of the video track. Defaults to any.
	TrackName string
	// Follow continues with the next matching track when one ends, and with the same one after a
	// lost connection. By default the viewer ends with the first.
	Follow bool

	// Quality is what is asked for of a track that comes in several sizes, as in
	// SetQuality. Defaults to the highest.
	Quality Quality
	// FPS is how many frames a second are asked for at most, of a track with temporal
	// layers, as in SetFPS. Defaults to all.
	FPS int
	// Codecs are those that the viewer says it can decode. Defaults to all.
	Codecs []pipeline.Codec

	// Queue is how many frames wait for Next, before the oldest is dropped.
	// Defaults to 4.
	Queue int
	// KeepAll drops no frame, whatever waits, and Queue doesn't count. A
	// frame of 1080p takes 3 MB. It is meant for tests.
	KeepAll bool

	// Logger gets what happens, and what LiveKit's SDK reports. The access token
	// is kept out of it. Nil is silent.
	Logger *slog.Logger
}

// Viewer is a participant who views. Its methods are safe for concurrent use. Close must be called.
type Viewer struct {
	options Options
	logger  *slog.Logger
	room    *lksdk.Room
	queue   *queue
	stats   collector

	cancel     context.CancelFunc
	running    sync.WaitGroup
	inbox      inbox
	subscribed chan struct{} // closed with the first track's media
	closeOnce  sync.Once
	closeErr   error

	mu     sync.Mutex // protects what follows, and what of options can be set
	viewed *viewed    // nil while there is no track
	asked  bool       // the server for less than it gives unasked
}

// Track is what is known of the track that is viewed.
type Track struct {
	SID       string
	Name      string
	Publisher string              // the participant's identity
	Source    livekit.TrackSource // camera or screen share
	MimeType  string              // as declared, such as video/VP8
	// Width and Height in px are as declared; the server corrects them when it
	// sees the video's own, for some codecs.
	Width, Height int
	Muted         bool
}

// Join connects to a room and begins to look for a track to view. The context
// bounds joining; the viewer lives until Close. url is a ws:, wss:, http: or
// https: URL, token an access token that may join and subscribe. The error
// doesn't have the token in it.
func Join(ctx context.Context, url, token string, opts *Options) (*Viewer, error) {
	v := newViewer(opts)
	// The SDK uses the context for reconnecting too, so it mustn't end with
	// what bounds the joining.
	living, cancel := context.WithCancel(context.WithoutCancel(ctx))
	v.cancel = cancel
	stop := context.AfterFunc(ctx, cancel)
	v.room = lksdk.NewRoom(v.callbacks())
	log := sdkLogger(v.logger, token)
	v.room.SetLogger(log)
	err := v.room.JoinWithContextAndToken(living, url, token, v.connectOptions(lksdk.WithLogger(log))...)
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		return nil, errors.Join(joinError(ctx, err, token), v.Close())
	}
	v.running.Go(func() { v.manage(living) })
	return v, nil
}

func (v *Viewer) connectOptions(more ...lksdk.ConnectOption) []lksdk.ConnectOption {
	more = append(more, lksdk.WithAutoSubscribe(false))
	if len(v.options.Codecs) > 0 {
		known := []livekit.Codec{{Mime: webrtc.MimeTypeOpus}}
		for _, c := range v.options.Codecs {
			known = append(known, livekit.Codec{Mime: c.MimeType()})
		}
		more = append(more, lksdk.WithCodecs(known))
	}
	return more
}

func newViewer(opts *Options) *Viewer {
	v := &Viewer{subscribed: make(chan struct{})}
	if opts != nil {
		v.options = *opts
	}
	v.logger = v.options.Logger
	if v.logger == nil {
		v.logger = slog.New(slog.DiscardHandler)
	}
	limit := v.options.Queue
	if limit <= 0 {
		limit = defaultQueue
	}
	if v.options.KeepAll {
		limit = 0
	}
	v.queue = newQueue(limit)
	v.inbox.wake = make(chan struct{}, 1)
	return v
}

// joinError says why joining failed, without the token.
func joinError(ctx context.Context, err error, token string) error {
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if secrets := newSecrets(token); secrets.MatchString(err.Error()) { // The server quotes it.
		err = errors.New(secrets.ReplaceAllString(err.Error(), redacted))
	}
	return fmt.Errorf("viewer: joining: %w", err)
}

// Next returns the next frame, in order, and waits for it. The error is
// io.EOF when the track has ended, ErrClosed after Close, the context's, or why
// the track can't be viewed any more.
func (v *Viewer) Next(ctx context.Context) (*Frame, error) { return v.queue.next(ctx) }

// Subscribed is closed when media of the track arrives for the first time.
func (v *Viewer) Subscribed() <-chan struct{} { return v.subscribed }

// Track tells what is viewed now; ok is false while nothing is.
func (v *Viewer) Track() (t Track, ok bool) {
	v.mu.Lock()
	viewed := v.viewed
	v.mu.Unlock()
	if viewed == nil {
		return Track{}, false
	}
	info := viewed.publication.TrackInfo()
	return Track{
		SID: info.GetSid(), Name: info.GetName(), Publisher: viewed.participant.Identity(),
		Source: info.GetSource(), MimeType: viewed.publication.MimeType(),
		Width: int(info.GetWidth()), Height: int(info.GetHeight()), Muted: viewed.publication.IsMuted(),
	}, true
}

// Stats tells what the viewer got so far.
func (v *Viewer) Stats() Stats { return v.stats.snapshot(time.Now(), v.queue.droppedCount()) }

// RequestKeyFrame asks the publisher for a key frame, at once and each time.
// LiveKit's server drops what comes within 500 ms of a request before it, of
// any viewer's. It does nothing while no media has arrived.
func (v *Viewer) RequestKeyFrame() {
	v.mu.Lock()
	viewed := v.viewed
	v.mu.Unlock()
	if viewed != nil {
		viewed.requestKeyFrame(&v.stats)
	}
}

// Quality is a size of a track that comes in several.
type Quality int

// The qualities.
const (
	High Quality = iota
	Medium
	Low
)

func (q Quality) livekit() livekit.VideoQuality {
	return [...]livekit.VideoQuality{livekit.VideoQuality_HIGH, livekit.VideoQuality_MEDIUM, livekit.VideoQuality_LOW}[q]
}

// SetQuality asks the server for a size of the track. It does nothing while there
// is no track.
func (v *Viewer) SetQuality(q Quality) error {
	return v.want(func(o *Options) { o.Quality = q })
}

// SetFPS asks the server for no more frames a second; 0 is for all. It does nothing while
// there is no track.
func (v *Viewer) SetFPS(fps int) error {
	return v.want(func(o *Options) { o.FPS = fps })
}

func (v *Viewer) want(change func(o *Options)) error {
	v.mu.Lock()
	change(&v.options)
	viewed := v.viewed
	v.mu.Unlock()
	if viewed == nil {
		return nil
	}
	return v.ask(viewed.publication)
}

// ask tells the server what is wanted of a track.
func (v *Viewer) ask(pub *lksdk.RemoteTrackPublication) error {
	v.mu.Lock()
	quality, fps := v.options.Quality.livekit(), v.options.FPS
	best := v.options.Quality == High && fps == 0 && !v.asked
	v.asked = !best
	v.mu.Unlock()
	if best {
		return nil // The server gives it unasked.
	}
	if err := pub.SetVideoQuality(quality); err != nil {
		return fmt.Errorf("viewer: requesting a quality: %w", err)
	}
	if err := signal.AskFPS(v.room, pub.SID(), quality, fps); err != nil {
		return fmt.Errorf("viewer: requesting a frame rate: %w", err)
	}
	return nil
}

// Close leaves the room and gives everything back. It is idempotent; all calls
// return when the first has ended. The error says what did not end in time.
func (v *Viewer) Close() error {
	v.closeOnce.Do(func() {
		v.queue.end(ErrClosed)
		v.cancel()
		v.running.Wait()
		v.queue.clear()
		v.closeErr = leave(v.room)
	})
	return v.closeErr
}

// leave disconnects. The SDK closes its peer connections in the background.
func leave(room *lksdk.Room) error {
	connections := []*webrtc.PeerConnection{
		room.LocalParticipant.GetSubscriberPeerConnection(), room.LocalParticipant.GetPublisherPeerConnection(),
	}
	room.Disconnect()
	timeout := time.NewTimer(closeTimeout)
	defer timeout.Stop()
	poll := time.NewTicker(closePoll)
	defer poll.Stop()
	for _, pc := range connections {
		for pc != nil && pc.ConnectionState() != webrtc.PeerConnectionStateClosed {
			select {
			case <-poll.C:
			case <-timeout.C:
				return fmt.Errorf("viewer: closing: a peer connection is still %s after %v", pc.ConnectionState(), closeTimeout)
			}
		}
	}
	return nil
}
