// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"golang.org/x/sync/errgroup"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/encode"
	"github.com/gstpublish/gstpublish/internal/network"
	"github.com/gstpublish/gstpublish/internal/supervise"
	"github.com/gstpublish/gstpublish/internal/timeline"
	"github.com/gstpublish/gstpublish/internal/track"
	"github.com/gstpublish/gstpublish/internal/wires"
	"github.com/gstpublish/gstpublish/pipeline"
)

// muteCheck is how often a track checks whether it is muted or watched. The SDK reports the former
// only through the room's callbacks, which belong to the caller, and the latter not at all.
const muteCheck = 250 * time.Millisecond

// untilTick returns the time to the next whole multiple of muteCheck on the clock. All publications
// of a process check their state at these moments, which wakes the process once for all of them. It
// is at least a quarter of muteCheck, for timers that fire early.
func untilTick(now time.Time) time.Duration {
	wait := muteCheck - time.Duration(now.UnixNano()%int64(muteCheck))
	if wait < muteCheck/4 {
		wait += muteCheck
	}
	return wait
}

// Publication is a source or pipeline that is published in a room. All methods are safe for
// concurrent use. Stop or Close must be called.
type Publication struct {
	opts  Options
	log   *slog.Logger
	wires wires.Wires
	// prover chooses encoders, and build makes an encode chain with one.
	prover supervise.Prover
	build  func(o *encode.Options) (encodes, error)

	start *timeline.Timeline // nil records nothing
	ctx   context.Context    //nolint:containedctx // of its life, ends with cancel

	codecs  []pipeline.Codec // of Options, in order of preference
	cancel  context.CancelFunc
	layers  layers                       // of what is encoded
	pipe    *pipeline.Pipeline           // of PublishPipeline
	live    bool                         // pipe produces media at the pace of a clock
	encoded atomic.Pointer[encodedVideo] // for a pipeline that encodes its video; nil for others
	source  *appsrc.VideoSource          // created for a pipeline's raw video; written under mu
	group   errgroup.Group               // all goroutines
	// writers are the goroutines that send.
	writers sync.WaitGroup
	// arriving are the outputs of a pipeline that wait for their first sample.
	arriving sync.WaitGroup
	stopping chan struct{} // closed by Stop
	stopOnce sync.Once
	rolling  chan struct{} // closed when outputs that are not live are sent, together
	rollOnce sync.Once
	done     chan struct{} // closed when nothing more will be sent
	end      sync.Once
	err      error // why it is done; written before done is closed

	inRoom       chan struct{} // closed when the tracks are published for the first time
	video, audio track.Published
	backup       *track.Track    // for clients that cannot decode the main codec; nil for none
	trackID      string          // of the video, for all its layers
	network      *network.Sender // nil without Options.Network
	telling      sync.Mutex      // held while Options.OnEncoder is called

	videoStanding, audioStanding standing
	complying                    atomic.Bool // tracks are being published again
	renewed                      atomic.Bool // they were, and complain does not know it yet
	// Used by the goroutine that watches.
	complyAt               time.Time // not before that
	lastReason, toldReason Reason
	soundLull              lull // of a pipeline's audio

	videoSilence, audioSilence explained // of a pipeline

	moving sync.Mutex // held while tracks are published
	mu     sync.Mutex // protects the following fields
	room   *lksdk.Room
	tracks []*track.Track // video first, its layers from low to high

	closeOnce sync.Once
	closeErr  error
}

// newPublication returns a publication that is not in a room yet.
func newPublication(ctx context.Context, o Options) *Publication {
	p := &Publication{
		opts: o, codecs: o.codecs(), log: o.Logger, wires: wires.From(ctx), start: timeline.From(ctx),
		done: make(chan struct{}), inRoom: make(chan struct{}), trackID: newTrackID(),
		build:    func(o *encode.Options) (encodes, error) { return encode.New(o) },
		stopping: make(chan struct{}), rolling: make(chan struct{}),
	}
	p.prover = p.wires.Prover
	// It lives until it is closed, not as long as the call that created it.
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.layers.p, p.layers.resized = p, make(chan struct{}, 1)
	p.videoSilence.what, p.audioSilence.what = "video", "audio"
	if p.wires.Network != nil {
		p.network = p.wires.Network.NewSender()
	}
	return p
}

func newTrackID() string { return "TR_" + strings.ReplaceAll(uuid.NewString(), "-", "") }

// all returns the current tracks.
func (p *Publication) all() []*track.Track {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.tracks)
}

// watch follows the publication until all of its goroutines have ended.
func (p *Publication) watch() {
	ended := make(chan error, 1)
	go func() { ended <- p.group.Wait() }()
	timer := time.NewTimer(untilTick(time.Now()))
	defer timer.Stop()
	var republished follower
	for {
		select {
		case err := <-ended:
			p.finish(err)
			return
		case <-p.layers.resized:
			p.layers.allocate()
		case <-timer.C:
			now := time.Now()
			timer.Reset(untilTick(now))
			if republished.due(p.roomNow().LocalParticipant.SID(), now) {
				p.follow()
			}
			for _, t := range p.all() {
				t.Look()
			}
			p.comply(now)
			p.lookForSilence(now)
			p.complain()
			p.layers.review()
			for _, e := range p.layers.each() {
				e.reopen()
				e.reviewChroma(now)
			}
			if encoded := p.encoded.Load(); encoded != nil {
				encoded.review(now)
			}
		}
	}
}

const (
	// followSpan is how long the SDK may take to publish again after it has rejoined.
	followSpan = time.Minute
	// followRarely is how often to check for that at other times.
	followRarely = 2 * time.Second
)

// follower decides when to look for publications that the SDK has recreated. Each publication
// searches all of the room's, which many of them must not do often.
type follower struct {
	sid   string    // of our participant; a full reconnect changes it
	until time.Time // look each time until then
	next  time.Time
}

// due reports whether to look now.
func (f *follower) due(sid string, now time.Time) bool {
	if f.sid != "" && sid != f.sid {
		f.until = now.Add(followSpan)
	}
	f.sid = sid
	if now.Before(f.until) || !now.Before(f.next) {
		f.next = now.Add(followRarely)
		return true
	}
	return false
}

func (p *Publication) finish(err error) {
	p.end.Do(func() {
		p.err = err
		close(p.done)
	})
}

// Done returns a channel that is closed when nothing will be sent any more: the pipeline ended or
// failed, or the publication was stopped or closed.
func (p *Publication) Done() <-chan struct{} { return p.done }

// Err returns why the publication is done: nil before that, after a clean end and after Stop and
// Close; otherwise the failure, often around a *pipeline.ElementError.
func (p *Publication) Err() error {
	select {
	case <-p.done:
		return p.err
	default:
		return nil
	}
}

// SID returns the server's ID of the video track, or of the audio track if there is no video. It
// changes with a full reconnect.
func (p *Publication) SID() string { return p.LocalTrack().SID() }

// LocalTrack returns the SDK's video track, or the audio track if there is no video.
func (p *Publication) LocalTrack() *lksdk.LocalTrackPublication {
	if pub := p.video.Load(); pub != nil {
		return pub
	}
	return p.audio.Load()
}

// SetMuted mutes or unmutes all tracks. While muted, nothing is encoded; after an unmute a key
// frame comes first. Muting by the server or through the SDK's own calls has the same effect.
func (p *Publication) SetMuted(muted bool) {
	for _, s := range []*standing{&p.videoStanding, &p.audioStanding} {
		s.silenced.Store(false)
	}
	for _, pub := range p.pubs() {
		pub.SetMuted(muted)
	}
	for _, t := range p.all() {
		t.Look()
	}
}

// Stop drains and ends the publication: it sends what was captured, then unpublishes the tracks. If
// ctx is done first, the rest is discarded and the error is pipeline.ErrDrain.
func (p *Publication) Stop(ctx context.Context) error {
	p.stopOnce.Do(func() { close(p.stopping) })
	var errs []error
	if p.pipe != nil {
		errs = append(errs, p.pipe.Stop(ctx))
	}
	errs = append(errs, p.layers.stop(ctx)...)
	errs = append(errs, p.written(ctx))
	return errors.Join(drained(errs), p.Close())
}

// drained joins errors, and of those that are pipeline.ErrDrain only the first: where a pipeline does not drain, nor do
// the encoders behind it.
func drained(errs []error) error {
	var kept []error
	isLate := false
	for _, err := range errs {
		late := errors.Is(err, pipeline.ErrDrain)
		if !late || !isLate {
			kept = append(kept, err)
		}
		isLate = isLate || late
	}
	return errors.Join(kept...)
}

// written waits until everything that was drained is sent too.
func (p *Publication) written(ctx context.Context) error {
	sent := make(chan struct{})
	go func() {
		p.writers.Wait()
		close(sent)
	}()
	select {
	case <-sent:
		return nil
	case <-ctx.Done():
		return pipeline.ErrDrain
	}
}

// Close ends the publication immediately, unpublishes its tracks and releases everything. It is
// idempotent. The room stays connected.
func (p *Publication) Close() error {
	p.closeOnce.Do(func() { p.closeErr = p.close() })
	return p.closeErr
}

func (p *Publication) close() error {
	p.cancel()
	if p.network != nil {
		p.network.Close()
	}
	var errs []error
	if p.pipe != nil {
		errs = append(errs, p.pipe.Close())
	}
	p.arriving.Wait() // They may still add layers.
	errs = append(errs, p.layers.close())
	_ = p.group.Wait() // Err has the error.
	p.moving.Lock()
	defer p.moving.Unlock()
	for _, t := range p.all() {
		t.End()
	}
	p.follow()
	for _, pub := range p.pubs() {
		errs = append(errs, p.unpublish(pub))
	}
	if p.source != nil {
		errs = append(errs, p.source.Close())
	}
	p.finish(nil)
	return errors.Join(errs...)
}
