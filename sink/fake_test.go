// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/encode"
	"github.com/gstpublish/gstpublish/internal/media"
	"github.com/gstpublish/gstpublish/internal/proof"
	"github.com/gstpublish/gstpublish/internal/track"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

var errBroken = errors.New("broken")

// interval is the time between two frames of the sources in these tests.
const interval = time.Second / 30

// fakeProver finds the encoders that work among these.
type fakeProver struct {
	mu    sync.Mutex // protects the following fields
	works []string   // factories, the best first
	hold  chan struct{}
}

func (p *fakeProver) Choose(ctx context.Context, want proof.Want) (proof.Choice, error) {
	p.mu.Lock()
	works, hold := p.works, p.hold
	p.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
			return proof.Choice{}, context.Cause(ctx)
		}
	}
	for _, name := range works {
		row, _ := catalogue.Find(name)
		choice := proof.Choice{Candidate: proof.Candidate{Row: row}}
		if row.Codec == want.Codec && !slices.Contains(want.Except, choice.String()) {
			return choice, nil
		}
	}
	return proof.Choice{}, &pipeline.NoEncoderError{Codec: want.Codec}
}

func (p *fakeProver) Forget(...proof.Candidate) {}

// pushed is a frame that an encode chain received.
type pushed struct {
	at            time.Duration // since the test began
	caps          string
	width, height int
	key           bool
}

// fakeChain is an encode chain that records what it receives. Its samples are the test's.
type fakeChain struct {
	o       *encode.Options
	begin   time.Time
	started chan struct{}
	ended   chan error
	samples chan media.Sample
	closing sync.Once

	mu      sync.Mutex // protects the following fields
	frames  []pushed
	key     bool
	target  int
	fps     float64
	quality int
	size    [2]int
	layers  int
	halved  bool
	dropped uint64
}

func (c *fakeChain) Live() bool { return true }
func (c *fakeChain) Fed() bool  { return true }
func (c *fakeChain) Resume()    {}

func (c *fakeChain) Run(context.Context) error {
	close(c.started)
	return <-c.ended
}

func (c *fakeChain) Started() <-chan struct{} { return c.started }
func (c *fakeChain) Err() error               { return nil }
func (c *fakeChain) Codec() pipeline.Codec    { return c.o.Codec }
func (c *fakeChain) Output() media.Output     { return c }
func (c *fakeChain) Stop(context.Context) error {
	return c.Close()
}

func (c *fakeChain) Close() error {
	c.closing.Do(func() { close(c.samples) })
	c.fail(nil)
	return nil
}

// fail ends the chain.
func (c *fakeChain) fail(err error) {
	select {
	case c.ended <- err:
	default:
	}
}

func (c *fakeChain) Again() int64           { return 0 }
func (c *fakeChain) Changes() media.Changes { return media.Changes{} }
func (c *fakeChain) Note(string)            {}
func (c *fakeChain) Remote() bool           { return false }

func (c *fakeChain) Progress() (taken uint64, busy bool) { return 0, false }

func (c *fakeChain) Push(_ media.Buffer, caps *media.Caps, _ time.Duration) (dropped uint64, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	width, height := caps.Size()
	c.frames = append(c.frames, pushed{time.Since(c.begin), caps.String(), width, height, c.key})
	c.key = false
	return c.dropped, nil
}

func (c *fakeChain) Pull([]byte) (media.Sample, error) {
	s, ok := <-c.samples
	if !ok {
		return s, io.EOF
	}
	return s, nil
}

func (c *fakeChain) PullRaw() (media.RawSample, error) { return media.RawSample{}, io.EOF }
func (c *fakeChain) Caps() *media.Caps                 { return nil }
func (c *fakeChain) TakeCaps() *media.Caps             { return nil }

// set changes a setting.
func (c *fakeChain) set(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
}

func (c *fakeChain) SetRate(bps int, fps float64) error {
	c.set(func() { c.target, c.fps = bps, fps })
	return nil
}

func (c *fakeChain) SetSize(width, height int) error {
	c.set(func() { c.size = [2]int{width, height} })
	return nil
}
func (c *fakeChain) SetQuality(quality int) { c.set(func() { c.quality = quality }) }
func (c *fakeChain) SetActiveLayers(n int)  { c.set(func() { c.layers = n }) }
func (c *fakeChain) ForceKeyFrame()         { c.set(func() { c.key = true }) }
func (c *fakeChain) HalveChroma() error     { c.set(func() { c.halved = true }); return nil }

// taken returns the frames that were pushed since the last call.
func (c *fakeChain) taken() []pushed {
	c.mu.Lock()
	defer c.mu.Unlock()
	frames := c.frames
	c.frames = nil
	return frames
}

// fakeTrack is a track that records what it is asked for.
type fakeTrack struct {
	mu       sync.Mutex // protects the following fields
	state    track.State
	watched  int // of several sizes
	waiting  time.Duration
	written  []media.Sample
	drops    int // frames
	requests int // of key frames
	ended    bool
}

// look reads or changes the track.
func (f *fakeTrack) look(do func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	do()
}

func (f *fakeTrack) State() (s track.State) {
	f.look(func() { s = f.state })
	return s
}

func (f *fakeTrack) Open() bool {
	s := f.State()
	return s.Negotiated && s.Watched && !s.Muted
}

func (f *fakeTrack) Watched() (n int) {
	f.look(func() { n = f.watched })
	return n
}

func (f *fakeTrack) Waiting() (d time.Duration) {
	f.look(func() { d = f.waiting })
	return d
}

func (f *fakeTrack) Write(_ context.Context, s media.Sample) (sent bool) {
	f.look(func() {
		f.written = append(f.written, s)
		f.state.NeedsKeyFrame = f.state.NeedsKeyFrame && !s.Key
	})
	return true
}

func (f *fakeTrack) Drop() {
	f.look(func() {
		f.drops++
		f.state.NeedsKeyFrame = true
	})
}
func (f *fakeTrack) RequestKey() { f.look(func() { f.requests++ }) }
func (f *fakeTrack) AwaitKey()   { f.look(func() { f.state.NeedsKeyFrame = true }) }

func (f *fakeTrack) KeyDue(needed bool) (due bool) {
	f.look(func() { due = needed || f.state.NeedsKeyFrame })
	return due
}
func (f *fakeTrack) End() { f.look(func() { f.ended = true }) }

// stage has a publication whose encoders and tracks are fakes: a layer for each size, from the
// largest to the smallest.
type stage struct {
	t      *testing.T
	p      *Publication
	src    *appsrc.VideoSource
	prover *fakeProver
	begin  time.Time
	layers []*encoding
	tracks []*fakeTrack // of layers

	mu     sync.Mutex // protects the following fields
	chains []*fakeChain
	events []EncoderEvent
}

// onStage runs a test with a source of frames of a size, in a bubble of its own time. A viewer
// watches all layers.
func onStage(t *testing.T, width, height int, o *Options, test func(s *stage)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &stage{
			t: t, begin: time.Now(),
			prover: &fakeProver{works: []string{"vp8enc", "x264enc", "openh264enc", "gpvp9enc", "vp9enc", "av1enc"}},
		}
		set, err := o.withDefaults(false)
		require.NoError(t, err)
		s.src, err = appsrc.NewVideoSource(width, height, &appsrc.Options{IsScreencast: set.Screencast})
		require.NoError(t, err)
		set.OnEncoder = func(ev EncoderEvent) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.events = append(s.events, ev)
		}
		s.p = newPublication(t.Context(), set)
		s.p.prover, s.p.build = s.prover, s.build
		s.start()
		defer func() {
			require.NoError(t, s.p.Close())
			require.NoError(t, s.src.Close())
		}()
		test(s)
	})
}

// build makes a fake.
func (s *stage) build(o *encode.Options) (encodes, error) {
	c := &fakeChain{
		o: o, begin: s.begin, started: make(chan struct{}), ended: make(chan error, 1), samples: make(chan media.Sample),
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.chains = append(s.chains, c)
	return c, nil
}

// start does what prepareSource and publishEncoded do, with fake tracks.
func (s *stage) start() {
	width, height := s.src.Size()
	codecs := s.p.opts.codecs()
	ladder := s.p.opts.ladder(width, height, s.src.FPS(), codecs[0])
	if s.p.opts.spatial(codecs[0]) {
		ladder = ladder[len(ladder)-1:]
	}
	slices.Reverse(ladder)
	for i := range ladder {
		e, err := s.p.newEncoding(s.src, ladder[i].RID, i, codecs)
		require.NoError(s.t, err)
		s.layers = append(s.layers, e)
		s.tracks = append(s.tracks, &fakeTrack{state: track.State{Negotiated: true, Watched: true}, watched: 3})
	}
	s.p.layers.add(s.layers...)
	for i, e := range s.layers {
		g, err := e.encoders.Start(s.t.Context())
		require.NoError(s.t, err)
		g.Chain.track = s.tracks[i]
		require.True(s.t, e.encoders.Install(g))
		s.p.group.Go(e.encoders.Keep)
	}
	for _, e := range s.layers {
		e.feed.Attach()
		e.wake()
	}
	synctest.Wait()
}

// chain returns the newest encode chain of a layer.
func (s *stage) chain(layer int) *fakeChain {
	g := s.layers[layer].encoders.Current()
	require.NotNil(s.t, g)
	c, ok := g.Chain.encodes.(*fakeChain)
	require.True(s.t, ok)
	return c
}

// pass lets time pass, and all that happens in it.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// capture captures a frame of a size in a format, with other pixels than the one before, and lets
// a frame interval pass.
func (s *stage) capture(typ appsrc.BufferType, width, height int) error {
	s.t.Helper()
	size, err := appsrc.FrameSize(typ, width, height)
	require.NoError(s.t, err)
	data := bytes.Repeat([]byte{byte(time.Since(s.begin) / interval)}, size)
	frame, err := appsrc.NewVideoFrame(typ, width, height, data)
	require.NoError(s.t, err)
	err = s.src.CaptureFrame(frame, nil)
	pass(interval)
	return err
}

// captures captures n frames.
func (s *stage) captures(n, width, height int) {
	s.t.Helper()
	for range n {
		require.NoError(s.t, s.capture(appsrc.BufferI420, width, height))
	}
}

// change changes the state of a layer's track. If that opens it, the track says so.
func (s *stage) change(layer int, change func(state *track.State)) {
	f := s.tracks[layer]
	was := f.Open()
	f.look(func() { change(&f.state) })
	if !was && f.Open() {
		s.layers[layer].wake()
	}
	s.p.layers.review()
	synctest.Wait()
}

// sample has the encoder of the largest layer produce a sample.
func (s *stage) sample(pts time.Duration, key bool, bytes int) {
	s.chain(0).samples <- media.Sample{Data: make([]byte, bytes), PTS: int64(pts), Key: key}
	synctest.Wait()
}
