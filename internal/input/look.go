// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package input

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/gstpublish/gstpublish/internal/advice"
	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/gst/normalize"
	"github.com/gstpublish/gstpublish/internal/incoming"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// The names of appsinks, beside those of codecs.
const (
	rawVideo  = "video"
	opusSound = "opus"
	rawSound  = "audio"
)

const (
	// lookTime limits how long Look waits for an input that does not answer. Its streams are then unknown.
	lookTime = 10 * time.Second
	// watchTime is how long encoded video is watched if it comes at its own pace: an encoder that reorders frames shows
	// it within a few of them.
	watchTime = time.Second
	// watchSamples is how many samples of a file Look examines.
	watchSamples = 250
	// lateTime is how long Look waits for a second stream after the first.
	lateTime = time.Second
	// step is how long to wait at a time, and pullStep for the next sample of a stream that has some.
	step     = 10 * time.Millisecond
	pullStep = 2 * time.Millisecond
	// queued is how many samples wait to be examined.
	queued = 16
)

// Look plays the beginning of an input, and returns which streams it has and which of them may be passed through. A
// Standard input cannot be read twice: see Reader.Look. If the error is not nil, the streams are not
// known, and playing the input is likely to fail in the same way.
func Look(ctx context.Context, in Input, want Want) (Streams, error) {
	gst.Init()
	if in.isBitmap() {
		return Streams{Known: true, Video: true, Still: true}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	codecs := want.codecs()
	gp, err := gst.Parse(in.lookText(codecs)) //nolint:contextcheck // It waits for nothing.
	if err != nil {
		return Streams{}, err
	}
	l := &look{gp: gp, in: in, want: want, begun: time.Now()}
	defer l.close() //nolint:contextcheck // It closes also when ctx is done.
	for _, c := range codecs {
		if err = l.add(c.String(), &c); err != nil {
			return Streams{}, err
		}
	}
	for _, name := range []string{rawVideo, opusSound, rawSound} {
		if err = l.add(name, nil); err != nil {
			return Streams{}, err
		}
	}
	if err = gp.SetState(ctx, gst.StatePlaying); err != nil {
		return Streams{}, err
	}
	return l.run(ctx)
}

// UnknownError is an input that GStreamer does not recognise.
type UnknownError struct{ Name string }

func (e *UnknownError) Error() string {
	return fmt.Sprintf("input: %s is no media that GStreamer knows, or it is damaged: ffprobe may tell what it is", e.Name)
}

// stream is one form in which a stream of the input may come.
type stream struct {
	name    string
	sink    *gst.AppSink
	codec   catalogue.Codec
	check   *incoming.Check // nil for what is not passed through
	first   time.Time
	samples int
	caps    string
	ended   bool
	refused string // why it is not passed through
}

// look examines one input.
type look struct {
	gp      *gst.Pipeline
	in      Input
	want    Want
	streams []*stream
	begun   time.Time
}

func (l *look) add(name string, codec *catalogue.Codec) error {
	sink, err := gst.NewAppSink(l.gp.ByName(name), queued)
	if err != nil {
		return err
	}
	s := &stream{name: name, sink: sink}
	if codec != nil {
		s.codec, s.check = *codec, incoming.New(*codec)
	}
	l.streams = append(l.streams, s)
	return nil
}

func (l *look) close() {
	for _, s := range l.streams {
		_ = s.sink.Discard() // The pipeline ends.
	}
	_ = l.gp.SetState(context.Background(), gst.StateNull) // Close says the same.
	for _, s := range l.streams {
		s.sink.Close()
	}
	_ = l.gp.Close(context.Background()) // An element that does not stop is given up.
}

func (l *look) run(ctx context.Context) (Streams, error) {
	var lost time.Time // when the source has failed; what it has brought may still be on its way
	for !l.done() {
		switch m := l.gp.Next(step); {
		case m.Type == gst.MessageLost:
			lost = time.Now()
		case m.Type == gst.MessageError, !lost.IsZero() && time.Since(lost) > lateTime:
			return Streams{}, l.failure(cmp.Or(l.gp.Failed(), m.Err))
		}
		if err := ctx.Err(); err != nil {
			return Streams{}, context.Cause(ctx)
		}
		for _, s := range l.streams {
			if err := s.pull(); err != nil {
				return Streams{}, err
			}
		}
	}
	return l.found(), nil
}

// failure returns the error for that of an element.
func (l *look) failure(err *gst.ElementError) error {
	switch {
	case l.in.image == webpAnimation:
		return fmt.Errorf("input: %s is an animated WebP, which GStreamer can't decode: "+
			"convert it to a GIF or a video: %w", l.in.Name, ErrAnimation)
	case err.Factory == "typefind" && l.in.Kind == File:
		return &UnknownError{l.in.Name}
	}
	return err
}

// pull examines the samples that have arrived.
func (s *stream) pull() error {
	if s.ended || !s.sink.IsFed() {
		return nil
	}
	for range queued {
		sample, err := s.sink.Pull(pullStep, nil)
		switch {
		case errors.Is(err, gst.ErrTimeout):
			return nil
		case errors.Is(err, io.EOF):
			s.ended = true
			return nil
		case err != nil:
			return err
		}
		s.note(&sample)
	}
	return nil
}

func (s *stream) note(sample *gst.Sample) {
	if s.samples++; s.samples == 1 {
		s.first = time.Now()
		s.caps = s.sink.Caps().String()
	}
	if s.check == nil || s.refused != "" {
		return
	}
	form := s.sink.Form()
	if s.refused = shape(&form, s.caps); s.refused != "" {
		return
	}
	v := s.check.Look(&incoming.Sample{
		Data: sample.Data, Key: sample.Key, Gap: sample.Gap, Corrupted: sample.Corrupted,
	})
	reordered := (*incoming.ReorderedError)(nil)
	switch {
	case errors.As(v.Err, &reordered):
		s.refused = "its frames are out of order (B-frames)"
	case v.Err != nil, v.Warning != "" && s.codec != catalogue.H265: // The user has asked for H.265.
		s.refused = "not every viewer decodes " + s.check.Describe()
	}
}

// shape says why video of this form must be decoded, since browsers show it as it is coded; "" if it need not.
func shape(f *normalize.Form, caps string) string {
	switch {
	case f.Turned:
		return "a tag says to turn it"
	case f.AspectN != f.AspectD:
		return fmt.Sprintf("its pixels are not square (%d:%d)", f.AspectN, f.AspectD)
	case f.Interlaced || strings.Contains(caps, "-structure=(string)field"):
		return "it is interlaced"
	}
	return ""
}

// isVideo reports whether the stream is video.
func (s *stream) isVideo() bool { return s.check != nil || s.name == rawVideo }

// isKnown reports whether enough of the stream was seen.
func (s *stream) isKnown() bool {
	return s.ended || s.samples > 0 && (s.check == nil || s.refused != "" || s.samples >= watchSamples ||
		time.Since(s.first) >= watchTime)
}

// of returns the stream of video, or of sound, that has come; nil if none has.
func (l *look) of(video bool) *stream {
	i := slices.IndexFunc(l.streams, func(s *stream) bool { return s.isVideo() == video && s.samples > 0 })
	if i < 0 {
		return nil
	}
	return l.streams[i]
}

// done reports whether nothing more can be learned.
func (l *look) done() bool {
	video, sound := l.of(true), l.of(false)
	switch {
	case video != nil && sound != nil:
		return video.isKnown()
	case video != nil:
		return video.isKnown() && l.isLate(video)
	case sound != nil:
		return l.isLate(sound)
	}
	return false
}

// isLate reports whether another stream should have come, now that there is one.
func (l *look) isLate(s *stream) bool {
	if s.ended {
		return true
	}
	return time.Since(s.first) >= lateTime && !slices.ContainsFunc(l.streams, func(other *stream) bool {
		return other.isVideo() != s.isVideo() && other.sink.IsFed()
	})
}

// found returns the streams.
func (l *look) found() Streams {
	s := Streams{Known: true}
	video, sound := l.of(true), l.of(false)
	if video != nil {
		s.Video = true
		s.Still = video.ended && video.samples == 1 && sound == nil
		switch {
		case s.Still: // The text repeats it, and so it is decoded.
		case video.check == nil:
			s.Codec, s.Why = l.coded(video)
		case video.refused == "":
			s.Passed = &video.codec
		default:
			s.Codec, s.Why = video.codec.String(), video.refused
		}
	}
	if sound != nil {
		s.Audio = true
		s.Opus = sound.name == opusSound && (!strings.Contains(sound.caps, "channel-mapping-family") ||
			strings.Contains(sound.caps, "channel-mapping-family=(int)0"))
	}
	return s
}

// coded returns the codec of decoded video that could not be passed through, and why not; empty if it is raw, or if the
// caller wants it to be decoded.
func (l *look) coded(video *stream) (codec, why string) {
	caps := video.sink.Coded()
	if caps == "" || l.want.Reencode {
		return "", ""
	}
	for _, c := range catalogue.Codecs() {
		if kind, _, _ := strings.Cut(caps, ","); kind != c.MediaType() {
			continue
		}
		if c == catalogue.H265 && l.want.Codec == nil {
			return c.String(), "few viewers decode it: --codec h265 sends it as it is"
		}
		return "", ""
	}
	return advice.Name(caps), "browsers do not decode it"
}
