// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	lksdk "github.com/livekit/server-sdk-go/v2"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/allocation"
	"github.com/gstpublish/gstpublish/internal/frames"
	"github.com/gstpublish/gstpublish/internal/incoming"
	"github.com/gstpublish/gstpublish/internal/media"
	"github.com/gstpublish/gstpublish/internal/track"
	"github.com/gstpublish/gstpublish/internal/video"
	"github.com/gstpublish/gstpublish/pipeline"
)

// Reasons why a pipeline's outputs cannot be published.
var (
	ErrNoMedia = errors.New("sink: the pipeline leaves nothing to publish: " +
		"end it with video or audio that is linked to nothing")
	ErrTwoOutputs = errors.New("sink: a pipeline may leave at most one video and one audio stream unlinked")
	errEndedEarly = errors.New("sink: the pipeline ended before its first frame: " +
		"its source is empty, cut off or damaged, or has no such stream")
	errSizeUnknown = errors.New("sink: the pipeline's video has no size in its caps")
)

// PublishPipeline runs a pipeline and publishes its outputs: encoded video unchanged, raw video
// encoded according to opts, audio as Opus. It returns when the first frame has arrived and the
// server has accepted the tracks; ctx limits only that wait. From then on the publication owns the
// pipeline, even if there is an error.
func PublishPipeline(
	ctx context.Context, room *lksdk.Room, pipe *pipeline.Pipeline, opts *Options,
) (*Publication, error) {
	prepared, err := PreparePipeline(ctx, pipe, opts)
	if err != nil {
		return nil, err
	}
	return prepared.Publish(ctx, room)
}

// Prepared is a pipeline that is ready to be published. Publish or Close must be called. It is not
// safe for concurrent use.
type Prepared struct {
	p       *Publication
	publish publishing
}

// PreparePipeline does the part of PublishPipeline that needs no room, so that a program can join
// one at the same time. A live pipeline runs from now on, up to its first frame and the encoder for
// it; what it produces before Publish is discarded. A pipeline that is not live, such as a file,
// only opens what it reads, and starts to play with Publish. ctx limits this call only. Ownership
// of the pipeline and the errors are those of PublishPipeline.
func PreparePipeline(ctx context.Context, pipe *pipeline.Pipeline, opts *Options) (*Prepared, error) {
	o, err := opts.withDefaults(pipe.IsScreencast())
	if err != nil {
		return nil, errors.Join(err, pipe.Close())
	}
	p := newPublication(ctx, o)
	p.pipe = pipe
	ctx, refuse := context.WithCancelCause(ctx)
	defer refuse(nil)
	go p.foresee(ctx, refuse, p.opts)
	publish, err := p.preparePipeline(ctx)
	if err != nil {
		if refused := context.Cause(ctx); isRefusal(refused) {
			err = refused
		}
		return nil, errors.Join(err, p.Close())
	}
	return &Prepared{p, publish}, nil
}

// Publish publishes the pipeline in a connected room. It returns when the server has accepted the
// tracks, and for a pipeline that is not live, when the first frame has arrived; ctx limits only
// that wait. It can be called once. After an error nothing has to be closed.
func (r *Prepared) Publish(ctx context.Context, room *lksdk.Room) (*Publication, error) {
	err := r.p.pipe.Err() // It may have failed in the meantime.
	if out := r.p.videoSilence.out; err != nil && out != nil && media.Of(out).Remote() && media.Of(out).Live() {
		err = nil // What has come is kept: it is sent, and then the publication ends with this error.
	}
	if err == nil {
		err = r.p.enter(ctx, room, r.publish)
	}
	if err != nil {
		return nil, errors.Join(err, r.p.Close())
	}
	return r.p, nil
}

// Live reports whether the pipeline produces media at the pace of a clock, as cameras do. Media
// that cannot be sent yet is lost, so a live pipeline can be published as soon as the server
// accepts tracks. One that is not live would lose its beginning: publish it when media gets
// through.
func (r *Prepared) Live() bool { return r.p.live }

// Close ends a pipeline that will not be published.
func (r *Prepared) Close() error { return r.p.Close() }

func (p *Publication) preparePipeline(ctx context.Context) (publishing, error) {
	video, audio, err := pick(p.pipe.Outputs())
	if err != nil {
		return nil, err
	}
	p.videoSilence.out, p.audioSilence.out = video, audio
	end := p.start.Begin("preroll")
	p.live, err = p.pipe.Preroll(ctx)
	end()
	if err != nil {
		return nil, err
	}
	if p.live {
		return p.play(ctx, video, audio)
	}
	return func(ctx context.Context) error {
		publish, err := p.play(ctx, video, audio)
		if err != nil {
			return err
		}
		return publish(ctx)
	}, nil
}

// play runs the pipeline and creates the tracks of its outputs.
func (p *Publication) play(ctx context.Context, video, audio *pipeline.Output) (publishing, error) {
	p.group.Go(func() error { return p.pipe.Run(context.Background()) })
	<-p.pipe.Started()
	if err := p.pipe.Err(); err != nil {
		return nil, err
	}
	var arriving arrivals
	if audio != nil {
		arriving.audio = p.receive(ctx, audio, p.prepareAudio)
	}
	if video != nil {
		arriving.video = p.receive(ctx, video, p.prepareVideo)
	}
	if err := arriving.await(); err != nil {
		return nil, err
	}
	return func(ctx context.Context) error {
		defer p.start.Begin("publishing")()
		return p.announce(ctx, &arriving)
	}, nil
}

// CheckPipeline reports, before there is a room, whether a pipeline's outputs can be published: one
// stream of video, one of audio, or one of each. The error is ErrNoMedia or ErrTwoOutputs.
func CheckPipeline(p *pipeline.Pipeline) error {
	_, _, err := pick(p.Outputs())
	return err
}

// pick returns the one video and the one audio output.
func pick(outputs []*pipeline.Output) (video, audio *pipeline.Output, err error) {
	for _, o := range outputs {
		slot := &video
		if o.Kind == pipeline.Opus {
			slot = &audio
		}
		if *slot != nil {
			return nil, nil, ErrTwoOutputs
		}
		*slot = o
	}
	if video == nil && audio == nil {
		return nil, nil, ErrNoMedia
	}
	return video, audio, nil
}

func (p *Publication) prepareVideo(ctx context.Context, out *pipeline.Output) (publishing, error) {
	prepare := p.prepareEncoded
	if out.Kind == pipeline.RawVideo {
		prepare = p.prepareRaw
	}
	publish, err := prepare(ctx, out)
	if cause := context.Cause(ctx); err != nil && cause != nil && !errors.Is(err, cause) {
		return nil, fmt.Errorf("sink: preparing the encoder: %w", cause)
	}
	return publish, err
}

// pullFirst pulls the first sample or frame of an output with pull. If there is none because ctx is done, the error
// says which element produces nothing.
func pullFirst[T any](ctx context.Context, p *Publication, out *pipeline.Output, pull func() (T, error)) (T, error) {
	defer p.start.Begin("first-frame")()
	heard := p.listen(ctx, out)
	first, err := pull()
	why := heard()
	if err == nil {
		return first, nil
	}
	if cause := context.Cause(ctx); cause != nil {
		return first, fmt.Errorf("sink: waiting for the first frame: %s%w", why, cause)
	}
	return first, p.ended(err)
}

// silence is how long a pipeline may take to its first frame before the reason is looked for.
const silence = 3 * time.Second

// listen warns if no frame comes, and says which element produces nothing. heard ends the wait, and
// returns what was said, with a colon behind it.
func (p *Publication) listen(ctx context.Context, out *pipeline.Output) (heard func() string) {
	ctx, cancel := context.WithCancel(ctx)
	said := make(chan string, 1)
	timer := time.AfterFunc(silence, func() {
		why := out.Silence(ctx)
		if why != "" {
			p.log.Warn("the pipeline produces no frame: " + why)
			why += ": "
		}
		said <- why
	})
	return func() string {
		cancel()
		if timer.Stop() {
			return ""
		}
		return <-said
	}
}

// ended returns why there is no sample.
func (p *Publication) ended(err error) error {
	if !errors.Is(err, io.EOF) {
		return err
	}
	<-p.pipe.Done()
	if failure := p.pipe.Err(); failure != nil {
		return failure
	}
	return errEndedEarly
}

func (p *Publication) prepareRaw(ctx context.Context, out *pipeline.Output) (publishing, error) {
	first, err := pullFirst(ctx, p, out, media.Of(out).PullRaw)
	if err != nil {
		return nil, err
	}
	defer first.Buffer.Unref()
	caps := media.Of(out).TakeCaps() // A Close at the same time does not end them.
	defer caps.Unref()
	width, height := caps.Size()
	if width == 0 {
		return nil, errSizeUnknown
	}
	if needed := first.Buffer.Lacks(caps); needed > 0 {
		return nil, fmt.Errorf("sink: the pipeline's buffers have %d bytes, and a frame of its caps %d: "+
			"put rawvideoparse before the caps of raw bytes; an X server's screen needs 24 bits a pixel (%v)",
			first.Buffer.Size(), needed, caps)
	}
	source, err := appsrc.NewVideoSource(width, height, &appsrc.Options{
		IsScreencast: p.opts.Screencast, FPS: p.opts.Encoding.FPS, Logger: p.log,
	})
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	p.source = source
	p.mu.Unlock()
	live := media.Of(out).Live()
	if live {
		if err = frames.Of(p.source).CaptureBuffer(first.Buffer, caps, first.PTS); err != nil {
			return nil, err
		}
	}
	publish, err := p.prepareSource(ctx, p.source)
	if err != nil {
		return nil, err
	}
	if !live {
		first.Buffer = first.Buffer.Ref()
		return p.heldRaw(out, first, publish), nil
	}
	// Frames that come before there is a track must not wait in the pipeline; they get no
	// further than the source.
	p.group.Go(func() error { return p.pumpRaw(out, media.RawSample{}) })
	return publish, nil
}

// heldRaw publishes raw video that is not live, and holds its frames, from the first one, until the track is bound. It
// takes over the first frame.
func (p *Publication) heldRaw(out *pipeline.Output, first media.RawSample, publish publishing) publishing {
	published := make(chan struct{})
	p.group.Go(func() error {
		defer first.Buffer.Unref()
		select {
		case <-published:
		case <-p.ctx.Done():
			return nil
		}
		if !p.hold(out, p.first) { // Another encoder may replace the track.
			return p.pumpRaw(out, media.RawSample{})
		}
		p.roll(out)
		return p.pumpRaw(out, first)
	})
	return func(ctx context.Context) error {
		err := publish(ctx)
		if err == nil {
			close(published)
		}
		return err
	}
}

// pumpRaw passes a pipeline's frames to the source that is encoded, beginning with one that was pulled before if there
// is one, and ends the encoding with the pipeline.
func (p *Publication) pumpRaw(out *pipeline.Output, first media.RawSample) error {
	caps := media.Of(out).TakeCaps()
	defer func() { caps.Unref() }()
	if first.Buffer.Valid() && caps != nil {
		if err := p.capture(out, first, caps); err != nil {
			return err
		}
	}
	for {
		s, err := media.Of(out).PullRaw()
		if err != nil {
			// The frames inside come out first; Close ends the wait if necessary.
			return errors.Join(ignoreEOF(err), ignoreDrain(p.layers.stop(p.ctx)))
		}
		if s.CapsChange || caps == nil {
			caps.Unref()
			if caps = media.Of(out).TakeCaps(); caps == nil {
				s.Buffer.Unref()
				continue // The pipeline is closed, and the next pull says so.
			}
		}
		err = p.capture(out, s, caps)
		s.Buffer.Unref()
		if err != nil {
			return err
		}
	}
}

// capture passes a frame to the source that is encoded. A frame out of order is dropped. The error is why the encoding
// has ended.
func (p *Publication) capture(out *pipeline.Output, s media.RawSample, caps *media.Caps) error {
	if !media.Of(out).Live() && p.awaitBack(p.first()) {
		s.PTS = media.Of(out).Again()
	}
	err := frames.Of(p.source).CaptureBuffer(s.Buffer, caps, s.PTS)
	if failed := (*appsrc.PipelineError)(nil); errors.As(err, &failed) {
		// The pipeline's frames have no consumer any more, so the pipeline ends too. It does so
		// on another goroutine: only this one's error counts.
		go func() { _ = p.pipe.Close() }()
		return failed.Err
	}
	return nil
}

func (p *Publication) prepareEncoded(ctx context.Context, out *pipeline.Output) (publishing, error) {
	first, err := pullFirst(ctx, p, out, func() (media.Sample, error) { return media.Of(out).Pull(nil) })
	if err != nil {
		return nil, err
	}
	check := incoming.New(out.Codec)
	verdict := check.Look(&incoming.Sample{Data: first.Data, Key: first.Key})
	if verdict.Err != nil {
		return nil, fmt.Errorf("sink: %w", verdict.Err)
	}
	if first.Key = verdict.Key; verdict.Warning != "" {
		p.log.Warn(verdict.Warning)
	}
	caps := media.Of(out).TakeCaps()
	width, height := caps.Size()
	caps.Unref()
	full := allocation.Layer{RID: allocation.High, Width: width, Height: height, Bitrate: p.opts.Encoding.Bitrate}
	t, err := p.newVideoTrack(&track.VideoOptions{
		ID: p.trackID, Codec: out.Codec, Sizes: sizesOf(&first.Info, full), Counters: &track.Counters{},
		Layered:  first.Info.TemporalLayers > 1 || first.Info.SpatialLayers > 1,
		ForceKey: out.ForceKeyFrame, Check: check, Warning: verdict.Warning,
	})
	if err != nil {
		return nil, fmt.Errorf("sink: creating a track: %w", err)
	}
	t.OnOpen(t.RequestKey)
	least := p.opts.bitrate(width, height, video.DefaultFPS, out.Codec)
	encoded := &encodedVideo{p: p, track: t, begun: time.Now(), least: least}
	p.encoded.Store(encoded)
	encoded.review(time.Now())
	p.pump(t, out, &first)
	return func(ctx context.Context) error { return p.addVideo(ctx, []*track.Track{t}, nil) }, nil
}

// encodedVideo is video that a pipeline has encoded. It cannot adapt to the network, but reports
// how much there is to send.
type encodedVideo struct {
	p     *Publication
	track *track.Track
	least int // bit/s, assumed

	begun time.Time
	made  meter
	lull  lull
	plea  plea
}

const (
	// At first, assume several times LiveKit's presets, so that the network soon probes for that
	// much.
	encodedStart = 3 * time.Second
	encodedGuess = 4
	// largestSpan is how long the largest sample may take, if the link carries it: viewers' jitter buffers
	// hide that.
	largestSpan = 100 * time.Millisecond
)

// review reports the demand to the network.
func (c *encodedVideo) review(now time.Time) {
	if !c.made.measure(now, c.track.Counters().Encoded.Load()) {
		return
	}
	least := c.least
	if now.Sub(c.begun) < encodedStart {
		least *= encodedGuess
	}
	// Bytes that wait for the network are not counted yet. A key frame may be far larger than the
	// others, and delays them.
	largest := int(c.track.Counters().Largest.Load()) * 8 * int(time.Second/largestSpan)
	c.p.demand(max(least, c.made.rate*3/2, largest))
}

func ignoreEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// ignoreDrain joins errors except those that are pipeline.ErrDrain.
func ignoreDrain(errs []error) error {
	return errors.Join(slices.DeleteFunc(errs, func(err error) bool { return errors.Is(err, pipeline.ErrDrain) })...)
}
