// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package viewer implements a viewer that decodes: it joins a LiveKit room, subscribes to a video
// track and returns its frames, with statistics.
//
// A frame is available as soon as its last packet has arrived and it is decoded. There is no jitter
// buffer: the viewer shows delays, damage and losses as a browser would receive them.
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
	// defaultQueue is the default of Options.Queue.
	defaultQueue = 4
	// closeTimeout limits how long Close waits for the peer connections.
	closeTimeout = 5 * time.Second
	closePoll    = 5 * time.Millisecond
)

// ErrClosed is the error of Next after Close.
var ErrClosed = errors.New("viewer: closed")

// Options configures a Viewer. The zero value, or nil, views the first video track of any
// participant.
type Options struct {
	// Publisher is the identity of the participant whose track is viewed. The default is any
	// participant.
	Publisher string
	// TrackName is the name of the video track. The default is any track.
	TrackName string
	// Follow continues with the next matching track when one ends, and with the same one after a
	// lost connection. By default the viewer ends with the first.
	Follow bool

	// Quality is the quality that is requested of a track with several sizes; see SetQuality. The
	// default is the highest.
	Quality Quality
	// FPS is the maximum frame rate that is requested of a track with temporal layers; see SetFPS.
	// The default is no maximum.
	FPS int
	// Codecs are the codecs that the viewer offers to decode. The default is all.
	Codecs []pipeline.Codec

	// Queue is the number of frames that wait for Next before the oldest is dropped. The default is
	// 4.
	Queue int
	// KeepAll keeps all frames, and Queue has no effect. A frame of 1080p takes 3 MB. It is meant
	// for tests.
	KeepAll bool

	// Logger receives what happens, and what LiveKit's SDK reports, without the access token. If it
	// is nil, nothing is logged.
	Logger *slog.Logger
}

// Viewer is a participant that views a track. All methods are safe for concurrent use. Close must
// be called.
type Viewer struct {
	options Options
	logger  *slog.Logger
	room    *lksdk.Room
	queue   *queue
	stats   collector

	cancel     context.CancelFunc
	running    sync.WaitGroup
	inbox      inbox
	subscribed chan struct{} // closed when media of the first track arrives
	closeOnce  sync.Once
	closeErr   error

	mu     sync.Mutex // protects what follows, and what of options can be set
	viewed *viewed    // nil while there is no track
	asked  bool       // whether less than the default was requested from the server
}

// Track describes the track that is viewed.
type Track struct {
	SID       string
	Name      string
	Publisher string              // the participant's identity
	Source    livekit.TrackSource // camera or screen share
	MimeType  string              // as declared, such as video/VP8
	// Width and Height are in px, as declared. For some codecs the server corrects them when it
	// receives the video.
	Width, Height int
	Muted         bool
}

// Join connects to a room and starts to look for a track to view. ctx limits joining; the viewer
// lives until Close. url is a ws:, wss:, http: or https: URL, and token an access token that
// permits joining and subscribing. The error does not contain the token.
func Join(ctx context.Context, url, token string, opts *Options) (*Viewer, error) {
	v := newViewer(opts)
	// The SDK uses the context for reconnecting too, so it must not end with the one that limits
	// joining.
	living, cancel := context.WithCancel(context.WithoutCancel(ctx))
	v.cancel = cancel
	stop := context.AfterFunc(ctx, cancel)
	v.room = lksdk.NewRoom(v.callbacks())
	_ = signal.Prepare(v.room) // If that fails, the server is reached over UDP alone.
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

// joinError returns why joining failed, without the token.
func joinError(ctx context.Context, err error, token string) error {
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if secrets := newSecrets(token); secrets.MatchString(err.Error()) { // The server quotes the token.
		err = errors.New(secrets.ReplaceAllString(err.Error(), redacted))
	}
	return fmt.Errorf("viewer: joining: %w", err)
}

// Next waits for the next frame, in order, and returns it. The error is io.EOF when the track has
// ended, ErrClosed after Close, the context's error, or the reason why the track cannot be viewed
// any more.
func (v *Viewer) Next(ctx context.Context) (*Frame, error) { return v.queue.next(ctx) }

// Subscribed returns a channel that is closed when media of the track arrives for the first time.
func (v *Viewer) Subscribed() <-chan struct{} { return v.subscribed }

// Track returns the track that is viewed. ok is false if there is none.
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

// Stats returns the statistics so far.
func (v *Viewer) Stats() Stats { return v.stats.snapshot(time.Now(), v.queue.droppedCount()) }

// RequestKeyFrame sends a key frame request to the publisher immediately, at every call. LiveKit's
// server drops requests within 500 ms of an earlier one by any viewer. It does nothing before media
// has arrived.
func (v *Viewer) RequestKeyFrame() {
	v.mu.Lock()
	viewed := v.viewed
	v.mu.Unlock()
	if viewed != nil {
		viewed.requestKeyFrame(&v.stats)
	}
}

// Quality selects a size of a track that has several.
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

// SetQuality requests a size of the track from the server. It does nothing if there is no track.
func (v *Viewer) SetQuality(q Quality) error {
	return v.want(func(o *Options) { o.Quality = q })
}

// SetFPS sets the maximum frame rate that is requested from the server; 0 is no maximum. It does
// nothing if there is no track.
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

// ask sends the wishes for a track to the server.
func (v *Viewer) ask(pub *lksdk.RemoteTrackPublication) error {
	v.mu.Lock()
	quality, fps := v.options.Quality.livekit(), v.options.FPS
	best := v.options.Quality == High && fps == 0 && !v.asked
	v.asked = !best
	v.mu.Unlock()
	if best {
		return nil // the server's default
	}
	if err := pub.SetVideoQuality(quality); err != nil {
		return fmt.Errorf("viewer: requesting a quality: %w", err)
	}
	if err := signal.AskFPS(v.room, pub.SID(), quality, fps); err != nil {
		return fmt.Errorf("viewer: requesting a frame rate: %w", err)
	}
	return nil
}

// Close leaves the room and releases all resources. It is idempotent; all calls return when the
// first has finished. The error says what did not end in time.
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
