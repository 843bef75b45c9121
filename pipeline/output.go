// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/gstpublish/gstpublish/internal/bitstream"
	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/gst/upstream"
	"github.com/gstpublish/gstpublish/internal/incoming"
	"github.com/gstpublish/gstpublish/internal/inside"
	"github.com/gstpublish/gstpublish/internal/media"
)

// Kind is the kind of media of an Output.
type Kind int

// The kinds of output.
const (
	RawVideo     Kind = iota + 1 // raw frames, to be encoded by the host
	EncodedVideo                 // video that the pipeline has encoded
	Opus                         // audio
)

// pullStep is how long a pull waits before it checks its state. Anything that ends the wait also
// wakes it.
const pullStep = 10 * time.Second

// Output is where media leaves a pipeline. A publication takes it from there.
type Output struct {
	door

	Name  string // the appsink's name
	Kind  Kind
	Codec Codec // for EncodedVideo

	started <-chan struct{}
	ended   func()     // called when the stream has ended
	pulling sync.Mutex // held by the puller
	stand   stand
	past    incoming.Past // of EncodedVideo, if its source may begin again; the puller's
	again   *restarts     // of the pipeline; nil if it does not begin again
	flow    flow
	timing  timing // of the puller
	changes changes
	life    sync.RWMutex // keeps sink alive
	sink    *gst.AppSink
}

// door leads to what only this module uses of an Output.
type door = inside.Door[media.Output]

// behind is an Output as the rest of this module sees it.
type behind Output

// newOutput returns an output that takes its media from sink.
func newOutput(name string, kind Kind, codec Codec, sink *gst.AppSink, started <-chan struct{}) *Output {
	o := &Output{Name: name, Kind: kind, Codec: codec, sink: sink, started: started, ended: func() {}}
	o.timing.hasty, o.flow.begun = make(chan struct{}), time.Now()
	o.door = inside.New[media.Output]((*behind)(o))
	return o
}

// origin leads to other ways of building a pipeline, which only this module uses.
type origin = inside.Door[media.Origin]

// assemble takes over the parts of the pipeline. If it fails, it closes the pipeline.
func (p *Pipeline) assemble(assemble media.Assemble) error {
	parts, err := assemble(p.gp)
	p.input, p.explain = parts.Input, parts.Explain
	if err != nil {
		return errors.Join(err, p.Close())
	}
	p.drain = p.input.EndOfStream
	p.outputs = []*Output{newOutput("out", EncodedVideo, parts.Codec, parts.Output, p.started)}
	return nil
}

// newOutput returns an output of launch text, which ends at origin. Its samples come at the pace of their time stamps.
// Its appsink may be taken later.
func (p *Pipeline) newOutput(
	origin *gst.Pad, name string, kind Kind, codec Codec, sink *gst.AppSink, turned bool,
) *Output {
	o := newOutput(name, kind, codec, nil, p.started)
	o.ended, o.timing.pacing, o.timing.kind, o.timing.log = p.outputEnded, p.pace, kind, p.log
	o.again = p.again
	o.timing.changes, o.changes.log, o.changes.origin = &o.changes, p.log, origin.Ref()
	o.changes.turned = turned
	if kind == EncodedVideo {
		o.changes.set, o.changes.encoders = p.prepareEncoders(origin)
	}
	o.take(sink)
	return o
}

// take sets the appsink.
func (o *Output) take(sink *gst.AppSink) {
	if o.sink = sink; sink != nil {
		sink.Gate(media.Queued)
	}
}

// Pull waits for the next sample, until it is due, and appends its bytes to dst[:0]. The error is
// io.EOF when the stream has ended or the pipeline was stopped.
func (o *behind) Pull(dst []byte) (media.Sample, error) {
	standIn := func() (media.Sample, bool) { return (*Output)(o).standInKey(dst) }
	return pull((*Output)(o), standIn, func(sink *gst.AppSink) (media.Sample, error) {
		s, err := sink.Pull((*Output)(o).step(), dst)
		for err == nil && (*Output)(o).repeats(&s) {
			s, err = sink.Pull((*Output)(o).step(), s.Data)
		}
		if err == nil {
			(*Output)(o).arrived()
			s.Gap = s.Gap && !o.timing.continues()
			o.changes.look(s.CapsChange, sink.Form)
			o.timing.place(sink, &s.PTS, s.Duration, s.DecodeOnly)
		}
		if s.Key && o.Codec == H265 {
			size := len(s.Data)
			if s.Data = bitstream.WithoutRepeatH265(s.Data); len(s.Data) < size {
				o.changes.tidied()
			}
		}
		if err == nil {
			(*Output)(o).rememberKey(&s)
		}
		return s, err
	})
}

// PullRaw waits for the next raw frame, until it is due. Its errors are those of Pull.
func (o *behind) PullRaw() (media.RawSample, error) {
	return pull((*Output)(o), (*Output)(o).standIn, func(sink *gst.AppSink) (media.RawSample, error) {
		s, err := sink.PullRaw((*Output)(o).step())
		if err == nil {
			(*Output)(o).arrived()
			o.changes.look(s.CapsChange, sink.Form)
			o.timing.place(sink, &s.PTS, -1, s.DecodeOnly)
			(*Output)(o).remember(s.Buffer)
		}
		return s, err
	})
}

// pull calls from with the appsink until there is a sample or an error. A pipeline that begins again has another
// appsink then; until there is a sample of that, standIn returns one, unless it reports false.
func pull[T any](o *Output, standIn func() (T, bool), from func(sink *gst.AppSink) (T, error)) (s T, err error) {
	<-o.started
	for {
		turn := o.again.turn()
		state := runAway
		if s, err = pullOnce(o, from); errors.Is(err, io.EOF) {
			state = o.again.await(turn, &o.stand)
		} else if !errors.Is(err, gst.ErrTimeout) {
			return s, err
		}
		switch state {
		case runOver:
			return s, err
		case runAway:
			if instead, ok := standIn(); ok {
				return instead, nil
			}
		case runBegun:
		}
	}
}

// pullOnce is pull for one appsink. The error is gst.ErrTimeout if the source was lost, and its next run has brought
// nothing yet.
func pullOnce[T any](o *Output, from func(sink *gst.AppSink) (T, error)) (s T, err error) {
	o.pulling.Lock()
	defer o.pulling.Unlock()
	o.flow.wait()
	for o.sink != nil {
		if s, err = from(o.sink); errors.Is(err, gst.ErrTimeout) && !o.flow.awaited {
			continue
		}
		if errors.Is(err, io.EOF) {
			o.ended()
		}
		return s, err
	}
	return s, io.EOF
}

// Live reports whether samples come at the pace of a clock. It is known once something feeds the output.
func (o *behind) Live() bool {
	switch o.timing.nature.Load() {
	case natureLive:
		return true
	case natureFile:
		return false
	}
	return o.feed().Live
}

// Fed reports whether a source feeds the output. If not, the pad that would do so has not appeared.
func (o *behind) Fed() bool { return o.feed().Fed }

// Again returns the presentation time of the sample that was pulled last if it is sent now.
func (o *behind) Again() int64 {
	o.pulling.Lock()
	defer o.pulling.Unlock()
	return o.timing.again()
}

// Resume makes the sample that was pulled last due now, unless another output of the pipeline that is not live has
// resumed before.
func (o *behind) Resume() {
	o.pulling.Lock()
	defer o.pulling.Unlock()
	o.timing.resume()
}

func (o *behind) feed() upstream.Feed {
	o.life.RLock()
	defer o.life.RUnlock()
	if o.sink == nil {
		return upstream.Feed{}
	}
	return o.sink.Feed()
}

// Caps returns the caps of the last pulled sample. Only the pulling goroutine may call it; the caps
// are valid until its next pull.
func (o *behind) Caps() *gst.Caps {
	o.pulling.Lock()
	defer o.pulling.Unlock()
	if o.sink == nil {
		return nil
	}
	return o.sink.Caps()
}

// TakeCaps returns the caps of the last pulled sample with a reference of the caller's own; nil before it and after
// Close. Only the pulling goroutine may call it.
func (o *behind) TakeCaps() *gst.Caps {
	o.pulling.Lock()
	defer o.pulling.Unlock()
	if o.sink == nil || o.sink.Caps() == nil {
		return nil
	}
	return o.sink.Caps().Ref()
}

// ForceKeyFrame requests a key frame, with its parameter sets, from the encoder upstream. It is safe
// for concurrent use; after Close it does nothing.
func (o *Output) ForceKeyFrame() {
	o.life.RLock()
	defer o.life.RUnlock()
	if o.sink != nil {
		o.sink.ForceKeyFrame()
	}
}

// silenceWatch is how long Silence observes the elements.
const silenceWatch = time.Second

// Silence observes for a second the elements that feed the output, and returns which of them
// produces nothing, and what it may lack: for an output from which nothing comes. It returns "" if
// a frame is there and waits for its time. It is safe for concurrent use. After Close, and if ctx is
// done first, it returns "".
func (o *Output) Silence(ctx context.Context) string {
	o.life.RLock()
	defer o.life.RUnlock()
	if o.sink == nil {
		return ""
	}
	watch := o.sink.Watch()
	defer watch.Release()
	select {
	case <-ctx.Done():
		return ""
	case <-time.After(silenceWatch):
	}
	if o.sink.Holds() || o.timing.waits.Load() {
		return ""
	}
	var stages []incoming.Stage
	for _, f := range watch.Flows() {
		stages = append(stages, incoming.Stage(f))
	}
	return incoming.Silence(stages, o.sink.Begun())
}

// discard stops the elements upstream from waiting for a pull, and a pull from waiting until its sample is due.
func (o *Output) discard() error {
	o.timing.hurry()
	o.life.RLock()
	defer o.life.RUnlock()
	if o.sink == nil {
		return nil
	}
	return o.sink.Discard()
}

// wake makes a waiting pull notice that the pipeline was stopped.
func (o *Output) wake() {
	o.life.RLock()
	defer o.life.RUnlock()
	if o.sink != nil {
		o.sink.Wake()
	}
}

// end ends the stream if nothing feeds it, since nothing else would.
func (o *Output) end() {
	o.life.RLock()
	defer o.life.RUnlock()
	if o.sink != nil && !o.sink.IsFed() {
		o.sink.End()
	}
}

func (o *Output) close() {
	o.timing.hurry()
	o.pulling.Lock()
	defer o.pulling.Unlock()
	o.life.Lock()
	defer o.life.Unlock()
	if o.sink != nil {
		o.sink.Close()
		o.sink = nil
	}
	o.changes.close()
	o.stand.forget()
}

// findOutputs takes over the text's own appsinks and links one of ours to every other source pad
// that is linked to nothing.
func (p *Pipeline) findOutputs() (outputs []*Output, err error) {
	defer func() {
		for _, o := range outputs {
			if err != nil {
				o.close()
			}
		}
	}()
	turned := turns(p.gp)
	for _, e := range p.gp.Elements("appsink") {
		o, err := p.ownSink(e, turned)
		if err != nil {
			return outputs, err
		}
		outputs = append(outputs, o)
	}
	if late := p.gp.LateSource(); late != "" {
		return outputs, &latePadsError{late}
	}
	pads := p.gp.UnlinkedSrcPads()
	defer func() {
		for _, pad := range pads {
			pad.Release()
		}
	}()
	for i, pad := range pads {
		o, err := p.addSink(pad, fmt.Sprintf("gstpublish-out%d", i), turned)
		if err != nil {
			return outputs, err
		}
		outputs = append(outputs, o)
	}
	return outputs, nil
}

// latePadsError is an element whose pads appear only while it runs, and are linked to nothing.
type latePadsError struct{ element string }

func (e *latePadsError) Error() string {
	return fmt.Sprintf("the pads of %s appear only while it runs: add the caps of the stream that you want, such as "+
		"\"! video/x-h264\" after a demuxer or \"! video/x-raw\" after decodebin", e.element)
}

// turns reports whether the text turns frames by itself. GStreamer 1.22 leaves the orientation tag as it was then.
func turns(p *gst.Pipeline) bool {
	found := false
	for _, factory := range []string{"videoflip", "autovideoflip", "glvideoflip"} {
		for _, e := range p.Elements(factory) {
			found = true
			e.Release()
		}
	}
	return found
}

func (p *Pipeline) addSink(pad *gst.Pad, name string, turned bool) (*Output, error) {
	caps := pad.Caps()
	kind, codec, tail := tailFor(mediaType(caps))
	switch element := converter(caps); {
	case element != "":
		return nil, fmt.Errorf("%s produces %s, which can't be published: add \"! %s\"",
			pad.Label(), strings.Join(kindsOf(caps), " or "), element)
	case tail == "":
		return nil, fmt.Errorf("%s produces %s, which can't be published: end with raw video or audio, "+
			"H.264, H.265, VP8, VP9, AV1 or Opus; if a pad could carry anything, add caps such as \"! video/x-h264\"",
			pad.Label(), strings.Join(gst.MediaTypes(caps), " or "))
	case kind == RawVideo:
		pad.Normalize(normalText, turned)
	}
	if err := p.gp.AddTail(pad, tail+" ! appsink name="+name); err != nil {
		return nil, err
	}
	sink, err := gst.NewAppSink(p.gp.ByName(name), media.Queued)
	if err != nil {
		return nil, err
	}
	return p.newOutput(pad, name, kind, codec, sink, turned), nil
}

// ownSink makes an output of an appsink in the text. The usual tail goes before it, since what the
// text produces may have any form.
func (p *Pipeline) ownSink(e *gst.Element, turned bool) (*Output, error) {
	o, err := p.insertTail(e, turned)
	if err != nil {
		e.Release()
		return nil, err
	}
	sink, err := gst.NewAppSink(e, media.Queued)
	if err != nil {
		return nil, err
	}
	o.take(sink)
	return o, nil
}

func (p *Pipeline) insertTail(e *gst.Element, turned bool) (*Output, error) {
	caps := e.SinkCaps()
	kind, codec, tail := tailFor(mediaType(caps))
	feed := e.Feed()
	if feed != nil {
		defer feed.Release()
	}
	if kind == 0 || feed == nil {
		return nil, fmt.Errorf("appsink %s receives %s, which can't be published: remove the appsink, "+
			"and gstpublish adds what is needed", e.Name(), strings.Join(gst.MediaTypes(caps), " or "))
	}
	if kind == RawVideo {
		feed.Normalize(normalText, turned)
	}
	return p.newOutput(feed, e.Name(), kind, codec, nil, turned), p.gp.InsertTail(e, tail)
}
