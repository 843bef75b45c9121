// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	lksdk "github.com/livekit/server-sdk-go/v2"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink/allocation"
)

// Why a pipeline's outputs can't be published.
var (
	ErrNoMedia = errors.New("sink: the pipeline leaves nothing to publish: " +
		"let it end with video or audio that leads nowhere")
	ErrTwoOutputs  = errors.New("sink: a pipeline may leave one video and one audio stream, not more of either")
	errEndedEarly  = errors.New("sink: the pipeline ended before its first picture")
	errSizeUnknown = errors.New("sink: the pipeline's video has no size in its caps")
)

// PublishPipeline runs a pipeline and publishes what leaves it: video that it
// coded as it is, raw video encoded as the options say, audio as Opus. It
// returns when the first picture is there and the server has accepted the
// tracks; ctx bounds that wait only. The pipeline belongs to the publication
// from then on, also when there is an error.
func PublishPipeline(
	ctx context.Context, room *lksdk.Room, pipe *pipeline.Pipeline, opts *Options,
) (*Publication, error) {
	o, err := opts.withDefaults(false)
	if err != nil {
		return nil, errors.Join(err, pipe.Close())
	}
	p := newPublication(room, o)
	p.pipe = pipe
	if err := p.publishPipeline(ctx); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	go p.watch()
	return p, nil
}

func (p *Publication) publishPipeline(ctx context.Context) error {
	video, audio, err := pick(p.pipe.Outputs())
	if err != nil {
		return err
	}
	p.group.Go(func() error { return p.pipe.Run(context.Background()) })
	<-p.pipe.Started()
	if err = p.pipe.Err(); err != nil {
		return err
	}
	var sound *track
	if audio != nil {
		if sound, err = newAudioTrack(p); err != nil {
			return fmt.Errorf("sink: making a track: %w", err)
		}
		// Sound that comes before it can be sent is thrown away: kept in the
		// pipeline, it would hold up the video.
		p.pump(sound, audio)
	}
	if video != nil {
		if err = p.publishVideo(ctx, video); err != nil {
			return err
		}
	}
	if sound != nil {
		return p.addAudio(ctx, sound)
	}
	return nil
}

// CheckPipeline tells, before there is a room, whether what leaves a pipeline
// can be published: one stream of video, one of audio, or one of each. The
// error is ErrNoMedia or ErrTwoOutputs.
func CheckPipeline(p *pipeline.Pipeline) error {
	_, _, err := pick(p.Outputs())
	return err
}

// pick finds the one video and the one audio output.
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

func (p *Publication) publishVideo(ctx context.Context, out *pipeline.Output) error {
	// A pull ends when the pipeline does.
	stop := context.AfterFunc(ctx, func() { _ = p.pipe.Close() })
	defer stop()
	var err error
	if out.Kind == pipeline.RawVideo {
		err = p.publishRaw(ctx, out)
	} else {
		err = p.publishCoded(ctx, out)
	}
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return fmt.Errorf("sink: waiting for the first picture: %w", cause)
	}
	return err
}

// ended says why there is no sample.
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

func (p *Publication) publishRaw(ctx context.Context, out *pipeline.Output) error {
	first, err := out.PullRaw()
	if err != nil {
		return p.ended(err)
	}
	defer first.Buffer.Unref()
	width, height := out.Caps().Size()
	if width == 0 {
		return errSizeUnknown
	}
	p.source, err = appsrc.NewVideoSource(width, height, &appsrc.Options{
		IsScreencast: p.opts.Screencast, FPS: p.opts.FPS, Logger: p.log,
	})
	if err != nil {
		return err
	}
	if err := p.source.CaptureBuffer(first.Buffer, out.Caps(), first.PTS); err != nil {
		return err
	}
	if err := p.publishSource(ctx, p.source); err != nil {
		return err
	}
	p.group.Go(func() error { return p.pumpRaw(out) })
	return nil
}

// pumpRaw gives a pipeline's pictures to the source that is encoded, and ends
// the encoding with the pipeline.
func (p *Publication) pumpRaw(out *pipeline.Output) error {
	for {
		s, err := out.PullRaw()
		if err != nil {
			// What is still inside comes out; Close ends the wait if need be.
			return errors.Join(ignoreEOF(err), ignoreDrain(p.layers.stop(p.ctx)))
		}
		err = p.source.CaptureBuffer(s.Buffer, out.Caps(), s.PTS)
		s.Buffer.Unref()
		if failed := (*appsrc.PipelineError)(nil); errors.As(err, &failed) {
			// Nothing takes the pipeline's pictures any more, so it ends too; not in
			// this goroutine, whose error is the one that counts.
			go func() { _ = p.pipe.Close() }()
			return failed.Err
		}
		// A picture out of order, or a full queue, costs that picture.
	}
}

func (p *Publication) publishCoded(ctx context.Context, out *pipeline.Output) error {
	first, err := out.Pull(nil)
	if err != nil {
		return p.ended(err)
	}
	width, height := out.Caps().Size()
	full := allocation.Layer{RID: allocation.High, Width: width, Height: height, Bitrate: p.opts.Bitrate}
	t, err := newVideoTrack(p, p.trackID, out.Codec, sizesOf(&first.Coded, full), &counters{}, out.ForceKeyUnit)
	if err != nil {
		return fmt.Errorf("sink: making a track: %w", err)
	}
	t.layered = first.Coded.TemporalLayers > 1 || first.Coded.SpatialLayers > 1
	t.write(p.ctx, first) // Counted: nothing is bound yet.
	t.onOpen(func() { t.keys.request() })
	p.coded = &coded{p: p, track: t, begun: time.Now(), least: p.opts.bitrate(width, height, defaultFPS, out.Codec)}
	p.coded.review(time.Now())
	p.pump(t, out)
	return p.addVideo(ctx, []*track{t}, nil)
}

// defaultFPS is what a pipeline's pictures are taken for.
const defaultFPS = 30

// coded is video that a pipeline coded itself. Nobody can tell it what the network
// carries, but the network must know how much there is to be sent.
type coded struct {
	p     *Publication
	track *track
	least int // bit/s, taken for granted

	begun time.Time
	made  meter
}

const (
	// In the beginning it is taken for several times of what LiveKit's presets say, so
	// that the network looks for that much soon.
	codedStart = 3 * time.Second
	codedGuess = 4
)

// review tells the network.
func (c *coded) review(now time.Time) {
	if !c.made.measure(now, c.track.n.coded.Load()) {
		return
	}
	least := c.least
	if now.Sub(c.begun) < codedStart {
		least *= codedGuess
	}
	c.p.demand(max(least, c.made.rate*3/2)) // What waits for the network isn't counted yet.
}

// pump sends an output's samples until it ends.
func (p *Publication) pump(t *track, out *pipeline.Output) {
	p.writers.Add(1)
	p.group.Go(func() error {
		defer p.writers.Done()
		return t.pump(p.ctx, out)
	})
}

func ignoreEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

func ignoreDrain(err error) error {
	if errors.Is(err, pipeline.ErrDrain) {
		return nil
	}
	return err
}
