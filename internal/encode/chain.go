// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package encode

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/media"
	"github.com/gstpublish/gstpublish/internal/video"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// Bounds of Options.
const (
	minBitrate = 1000          // bit/s
	maxBitrate = 1_000_000_000 // bit/s
)

// Options configures an Chain. The zero value works.
type Options struct {
	// Logger receives elements' warnings and state changes. The default discards them.
	Logger *slog.Logger

	// Codec is VP8 by default, as in LiveKit's SDKs.
	Codec pipeline.Codec
	// Bitrate is the target in bit/s. The default is 1,700,000.
	Bitrate int
	// FPS is the nominal frame rate, for which the encoder plans its bits. Frames may come at any
	// rate. The default is 30.
	FPS int
	// Screencast selects the encoder's settings for screens.
	Screencast bool
	// Encoder names the element, such as "openh264enc". The default is the codec's first installed
	// software encoder; package internal/proof finds out which of the others work.
	Encoder string
	// FullChroma encodes 4:4:4, for encoders that support it: see catalogue.Row.Full. There are no
	// layers then. Chain.HalveChroma ends it.
	FullChroma bool
	// Scales permits encoding at another size than the frames have: see Chain.SetSize.
	Scales bool
	// TemporalLayers and SpatialLayers are the numbers of layers in one stream, 1 to 3, for
	// encoders that support them: see catalogue.Layers. Each spatial layer has half the size of the
	// next one. A camera's layers are predicted from each other only in key frames ("L3T3_KEY" of
	// the W3C's webrtc-svc), a screen's in all frames ("L3T3"). The default is 1.
	TemporalLayers, SpatialLayers int
	// Front selects one of the encoder's fronts. The default is the first whose elements are
	// installed.
	Front *catalogue.Front
}

func (o *Options) withDefaults() (Options, error) {
	var c Options
	if o != nil {
		c = *o
	}
	if c.FPS == 0 {
		c.FPS = video.DefaultFPS
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Bitrate == 0 {
		c.Bitrate = video.DefaultBitrate
	}
	c.TemporalLayers, c.SpatialLayers = cmp.Or(c.TemporalLayers, 1), cmp.Or(c.SpatialLayers, 1)
	switch {
	case !c.Codec.Valid():
		return c, fmt.Errorf("encode: unknown codec %v", c.Codec)
	case c.FPS < 1 || c.FPS > video.MaxFPS:
		return c, fmt.Errorf("encode: FPS must be between 1 and %d, got %d", video.MaxFPS, c.FPS)
	case min(c.TemporalLayers, c.SpatialLayers) < 1, max(c.TemporalLayers, c.SpatialLayers) > video.MaxLayers:
		return c, fmt.Errorf("encode: temporal and spatial layers must be between 1 and %d, got %d and %d",
			video.MaxLayers, c.TemporalLayers, c.SpatialLayers)
	}
	return c, checkBitrate(c.Bitrate)
}

func checkBitrate(bps int) error {
	if bps < minBitrate || bps > maxBitrate {
		return fmt.Errorf("encode: bit rate must be between %d and %d bit/s, got %d", minBitrate, maxBitrate, bps)
	}
	return nil
}

// Chain is a pipeline that encodes raw frames: Push takes them, and the samples leave through
// its one Output. Run, Stop and Close are those of every Pipeline.
type Chain struct {
	*pipeline.Pipeline

	log      *slog.Logger
	gp       *gst.Pipeline // owned by Pipeline
	input    *gst.AppSrc   // owned by Pipeline
	encoder  encoder       // constant after set-up, except for its element
	fps      int           // the nominal rate, in frames a second
	duration time.Duration // of one frame at the nominal rate
	ticks    int           // the nominal frame rate for the element; 0 for that of the caps

	mu      sync.Mutex // protects the following fields, and encoder.element
	gate    bitrateGate
	wanted  control
	has     control
	hook    *gst.Hook // calls beforeFrame
	scale   scale
	renew   bool // restart the element with the next frame
	slower  bool // which of two frame rates the caps have, to differ from the last ones
	variant variant
}

// variant caches the conversion of the frames' caps.
type variant struct {
	from, to *gst.Caps
	slower   bool
}

func (v *variant) drop() {
	v.from.Unref()
	v.to.Unref()
	*v = variant{}
}

// New builds the pipeline that Push feeds:
//
//	appsrc ! videoconvert ! … ! encoder ! parser ! fixed caps ! appsink
//
// With Options.Scales, videoscale and a capsfilter come first. For a screen, gpscreenconvert takes the place of
// videoconvert: it converts only the rows that have changed.
//
// The error is a *pipeline.MissingElementError if the encoder is not installed, and a *pipeline.LayersError if it does
// not support the requested layers.
func New(opts *Options) (*Chain, error) {
	o, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	gst.Init()
	var e encoder
	if e.row, err = chooseEncoder(o.Codec, o.Encoder); err != nil {
		return nil, err
	}
	if err = e.layers(&o); err != nil {
		return nil, err
	}
	if e.front, err = chooseFront(&e.row, o.Front); err != nil {
		return nil, err
	}
	if o.FullChroma {
		if e.row.Full.Format == "" {
			return nil, fmt.Errorf("pipeline: %s does not encode 4:4:4", e.row.Factory)
		}
		e.full, e.row.Caps = true, e.row.Full.Caps
	}
	c := &Chain{
		log:      o.Logger,
		fps:      o.FPS,
		duration: time.Second / time.Duration(o.FPS),
		ticks:    ticks(&e.row, o.FPS),
		gate:     bitrateGate{costly: e.row.BitrateChange != catalogue.BitrateLive},
		encoder:  e,
	}
	own := pipeline.Options{Logger: o.Logger}
	media.Prepare(&own, func(gp *gst.Pipeline) (media.Parts, error) { return c.assemble(gp, o) })
	if c.Pipeline, err = pipeline.Parse(e.launch(o.Scales, o.Screencast), &own); err != nil {
		return nil, err
	}
	return c, nil
}

// assemble sets the elements up.
func (c *Chain) assemble(gp *gst.Pipeline, o Options) (media.Parts, error) {
	c.gp = gp
	c.encoder.element = gp.ByName("encoder")
	parts, err := c.setUp(o)
	if err != nil {
		c.release()
		return parts, fmt.Errorf("encode: setting up %s: %w", c.encoder.row.Factory, err)
	}
	return parts, nil
}

// explainRefusal names the likely culprit if GStreamer only says that the stream stopped, and what a user can do: no
// element can be put into a chain of ours.
func (c *Chain) explainRefusal(err error) error {
	var element *pipeline.ElementError
	if !errors.As(err, &element) || !element.NotNegotiated() {
		return err
	}
	if element.Mismatch != nil {
		ours := *element
		ours.Cause = cmp.Or(ours.Cause, ours.Mismatch.String())
		ours.Cure = "use frames of another size or format, or another encoder than " + c.encoder.row.Factory +
			"; gstpublish converts frames for its encoders, so please report it"
		return fmt.Errorf("encode: %w", &ours)
	}
	return fmt.Errorf("%s does not accept frames of this size as %s, or cannot produce %s: %w",
		c.encoder.row.Factory, c.encoder.front.Format, c.encoder.row.Caps, err)
}

func chooseFront(row *catalogue.Row, front *catalogue.Front) (catalogue.Front, error) {
	if front != nil {
		return *front, nil
	}
	if fronts := pipeline.Fronts(row); len(fronts) > 0 {
		return fronts[0], nil
	}
	return catalogue.Front{}, fmt.Errorf("encode: feeding %s: %w", row.Factory, pipeline.Installed("videoconvert"))
}

// ticks returns the nominal frame rate for an element if it differs from that of the caps: an
// element that must be restarted gets another one.
func ticks(row *catalogue.Row, fps int) int {
	renews := row.KeyFrame == catalogue.KeyFrameRenew || row.BitrateChange == catalogue.BitrateRenew
	if row.Ticks == 0 && renews {
		return fps
	}
	return row.Ticks
}

func (c *Chain) setUp(o Options) (parts media.Parts, err error) {
	if err = c.encoder.setUp(&o); err != nil {
		return parts, err
	}
	c.gate.want(o.Bitrate)
	c.wanted.bps, c.has.bps = o.Bitrate, o.Bitrate
	if c.hook = c.encoder.element.BeforeBuffer(c.beforeFrame); c.hook == nil {
		return parts, errors.New("it does not have exactly one sink pad")
	}
	if o.Scales {
		if err = c.scale.setUp(c.gp); err != nil {
			return parts, err
		}
	}
	if skipped := c.encoder.skipped; len(skipped) > 0 {
		c.log.Debug("settings not supported", "encoder", c.encoder.row.Factory, "settings", skipped)
	}
	in := c.gp.ByName("in")
	defer in.Release()
	if c.input, err = gst.NewAppSrc(in); err != nil {
		return parts, err
	}
	parts = media.Parts{Input: c.input, Codec: c.encoder.row.Codec, Explain: c.explainRefusal}
	parts.Output, err = gst.NewAppSink(c.gp.ByName("out"), media.Queued)
	return parts, err
}

// Encoder returns the factory name of the encoder.
func (c *Chain) Encoder() string { return c.encoder.row.Factory }

// Front returns the front in use.
func (c *Chain) Front() catalogue.Front { return c.encoder.front }

// Skipped returns the catalogue's settings that the element lacks or rejects, each with the reason.
func (c *Chain) Skipped() []string { return c.encoder.skipped }

// Progress returns how many frames the encoder has received, and whether it is still busy with the
// last one.
func (c *Chain) Progress() (taken uint64, busy bool) { return c.input.Progress() }

// FrameDuration returns the duration of one frame at the nominal rate.
func (c *Chain) FrameDuration() time.Duration { return c.duration }

// Codec returns the codec of the samples.
func (c *Chain) Codec() pipeline.Codec { return c.encoder.row.Codec }

// Output returns the output of the samples.
func (c *Chain) Output() media.Output { return media.Of(c.Outputs()[0]) }

// Push passes one raw frame to the encoder by reference: the caller keeps its own reference. pts is
// running time, and must increase with each push. Push never blocks: while the encoder is busy one
// frame waits, and a newer one replaces it. dropped is the number of frames replaced in this way
// since the chain was created. The error is pipeline.ErrStopped, or the reason why the pipeline failed.
func (c *Chain) Push(b gst.Buffer, caps *gst.Caps, pts time.Duration) (dropped uint64, err error) {
	if c.State() == pipeline.StateStopped {
		return 0, c.stopReason()
	}
	c.pushing(pts)
	if c.encoder.row.Even || c.ticks > 0 {
		view, viewCaps, ok := c.view(b, caps)
		if ok {
			defer view.Unref()
			defer viewCaps.Unref()
			b, caps = view, viewCaps
		}
	}
	r, err := c.input.Push(b, caps, pts.Nanoseconds(), c.duration.Nanoseconds())
	if err != nil {
		// The elements stop before Run has returned the reason.
		c.log.Debug("frame not accepted", "err", err)
	}
	return r.Dropped, nil
}

func (c *Chain) stopReason() error {
	if err := c.Err(); err != nil {
		return err
	}
	return pipeline.ErrStopped
}

// view presents a frame in the way the encoder needs it, without touching the pixels: H.264's 4:2:0
// cannot encode a last odd column or row, and an encoder that is to be restarted gets new caps.
func (c *Chain) view(b gst.Buffer, caps *gst.Caps) (gst.Buffer, *gst.Caps, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	w, h := caps.Size()
	odd := c.encoder.row.Even && (w%2 != 0 || h%2 != 0) && w > 1 && h > 1
	if odd {
		w, h = w&^1, h&^1
	}
	if c.renew {
		c.renew, c.slower = false, !c.slower
	}
	if !odd && c.ticks == 0 {
		return b, caps, false
	}
	if c.variant.from == nil || c.variant.slower != c.slower || !c.variant.from.Equal(caps) {
		c.variant.drop()
		// A thousandth, as in NTSC's rates, is enough of a change for a restart.
		fpsN, fpsD := c.ticks, 1
		if c.slower {
			fpsN, fpsD = c.ticks*1000, 1001
		}
		c.variant = variant{from: caps.Ref(), to: caps.Variant(w, h, fpsN, fpsD), slower: c.slower}
	}
	if odd {
		b = b.Crop(caps, w, h)
	} else {
		b = b.Ref()
	}
	return b, c.variant.to.Ref(), true
}

// ForceKeyFrame makes the next pushed frame a key frame.
func (c *Chain) ForceKeyFrame() {
	switch c.encoder.row.KeyFrame {
	case catalogue.KeyFrameRenew:
		c.mu.Lock()
		c.renew = true
		c.mu.Unlock()
	case catalogue.KeyFrameSignal:
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.encoder.element != nil && !c.encoder.element.Emit(c.encoder.row.KeySignal) {
			c.log.Warn("no such signal", "encoder", c.encoder.row.Factory, "signal", c.encoder.row.KeySignal)
		}
	case catalogue.KeyFrameEvent:
		c.Outputs()[0].ForceKeyFrame()
	}
}

// Close ends the chain immediately and releases everything. It is idempotent.
func (c *Chain) Close() error {
	c.release()
	return c.Pipeline.Close()
}

// release releases what the chain has of the elements.
func (c *Chain) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.encoder.element != nil {
		c.encoder.element.Release()
		c.encoder.element = nil
	}
	if c.hook != nil {
		c.hook.Release()
		c.hook = nil
	}
	c.scale.release()
	c.variant.drop()
}
