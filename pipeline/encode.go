// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gstpublish/gstpublish/internal/gst"
)

// Bounds of what an EncodeChain is asked for.
const (
	maxFPS         = 240
	maxBitrate     = 1_000_000_000 // bit/s
	defaultFPS     = 30
	defaultBitrate = 1_700_000 // bit/s, LiveKit's preset for 720p at 30 fps
	maxThreads     = 4
)

// EncodeOptions describe an encoding. The zero value works.
type EncodeOptions struct {
	Options

	// Codec defaults to VP8, as in LiveKit's SDKs.
	Codec Codec
	// Bitrate is the target in bit/s. Defaults to 1,700,000.
	Bitrate int
	// FPS is the frame rate that the encoder plans its bits for, in frames a
	// second. Frames may come at any rate. Defaults to 30.
	FPS int
	// Screencast chooses the encoder's settings for screen content.
	Screencast bool
	// Encoder names the element, such as "openh264enc". Defaults to the first
	// installed one of the codec.
	Encoder string
}

func (o *EncodeOptions) withDefaults() (EncodeOptions, error) {
	var c EncodeOptions
	if o != nil {
		c = *o
	}
	if c.FPS == 0 {
		c.FPS = defaultFPS
	}
	if c.Bitrate == 0 {
		c.Bitrate = defaultBitrate
	}
	switch {
	case !c.Codec.valid():
		return c, fmt.Errorf("pipeline: no such codec: %v", c.Codec)
	case c.FPS < 1 || c.FPS > maxFPS:
		return c, fmt.Errorf("pipeline: frame rate %d: it is from 1 to %d", c.FPS, maxFPS)
	case c.Bitrate < 1000 || c.Bitrate > maxBitrate:
		return c, fmt.Errorf("pipeline: bitrate %d bit/s: it is from 1000 to %d", c.Bitrate, maxBitrate)
	}
	return c, nil
}

// EncodeChain is a pipeline that encodes raw pictures: in by Push, out by its
// one Output. Run, Stop and Close are those of every Pipeline.
type EncodeChain struct {
	*Pipeline

	row      *encoderRow
	duration time.Duration // of one frame at the nominal rate

	mu      sync.Mutex // protects what follows
	encoder *gst.Element
	renew   bool // the next picture finds the encoder set up anew
	slower  bool // which of two caps it has now, to tell it apart from the last
	variant variant
}

// variant remembers what the caps of the pictures are turned into.
type variant struct {
	from, to *gst.Caps
	slower   bool
}

func (v *variant) drop() {
	v.from.Unref()
	v.to.Unref()
	*v = variant{}
}

// NewEncodeChain builds the pipeline that Push feeds:
//
//	appsrc ! videoconvert ! encoder ! parser ! fixed caps ! appsink
//
// A missing encoder is a *MissingElementError.
func NewEncodeChain(opts *EncodeOptions) (*EncodeChain, error) {
	o, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	gst.Init()
	row, err := chooseEncoder(o.Codec, o.Encoder)
	if err != nil {
		return nil, err
	}
	gp, err := launchText{text: row.launch()}.parse()
	if err != nil {
		return nil, err
	}
	c := &EncodeChain{
		Pipeline: newPipeline(gp, &o.Options),
		row:      row,
		duration: time.Second / time.Duration(o.FPS),
		encoder:  gp.ByName("encoder"),
	}
	if err := c.setUp(o); err != nil {
		return nil, errors.Join(fmt.Errorf("pipeline: setting up %s: %w", row.factory, err), c.Close())
	}
	return c, nil
}

// chooseEncoder takes the one that is named, or the codec's first that is there.
func chooseEncoder(codec Codec, name string) (*encoderRow, error) {
	var first *encoderRow
	for i := range encoderRows {
		row := &encoderRows[i]
		if name != "" && row.factory != name || name == "" && row.codec != codec {
			continue
		}
		if row.codec != codec {
			return nil, fmt.Errorf("pipeline: %s makes %s, not %s", name, row.codec, codec)
		}
		if gst.HasFactory(row.factory) {
			return row, nil
		}
		if first == nil {
			first = row
		}
	}
	if first != nil {
		return nil, fmt.Errorf("pipeline: encoding %s: %w", codec, missingElement(first.factory))
	}
	var known []string
	for i := range encoderRows {
		known = append(known, encoderRows[i].factory)
	}
	return nil, fmt.Errorf("pipeline: encoder %q isn't in the table of encoders: %s", name, strings.Join(known, ", "))
}

// launch is the chain as launch text. Receivers of WebRTC take pictures that
// don't say otherwise, and VP8's can't, for BT.601.
func (r *encoderRow) launch() string {
	return "appsrc name=in ! videoconvert name=convert dither=none" +
		" ! capsfilter caps=video/x-raw,format=" + r.format + ",colorimetry=bt601" +
		" ! " + r.factory + " name=encoder ! capsfilter caps=\"" + r.caps + "\"" +
		" ! " + codecs[r.codec].tail + " ! appsink name=out"
}

func (c *EncodeChain) setUp(o EncodeOptions) error {
	threads := strconv.Itoa(min(max(runtime.NumCPU()-1, 1), maxThreads))
	settings := slices.Concat(c.row.common, c.row.camera)
	if o.Screencast {
		settings = slices.Concat(c.row.common, c.row.screen)
	}
	for _, s := range settings {
		if err := c.encoder.Set(s.name, strings.ReplaceAll(s.value, "{threads}", threads)); err != nil {
			return err
		}
	}
	if err := c.SetBitrate(o.Bitrate); err != nil {
		return err
	}
	in := c.gp.ByName("in")
	defer in.Release()
	var err error
	if c.input, err = gst.NewAppSrc(in); err != nil {
		return err
	}
	c.drain = c.input.EndOfStream
	sink, err := gst.NewAppSink(c.gp.ByName("out"), queued)
	if err != nil {
		return err
	}
	c.outputs = []*Output{{Name: "out", Kind: CodedVideo, Codec: c.row.codec, sink: sink, started: c.started}}
	return nil
}

// Encoder is the factory name of the element that encodes.
func (c *EncodeChain) Encoder() string { return c.row.factory }

// FrameDuration is the time of one frame at the nominal rate.
func (c *EncodeChain) FrameDuration() time.Duration { return c.duration }

// Codec is what the chain makes.
func (c *EncodeChain) Codec() Codec { return c.row.codec }

// Output is where the coded samples leave.
func (c *EncodeChain) Output() *Output { return c.outputs[0] }

// SetBitrate changes the encoder's target, in bit/s, also while it runs.
func (c *EncodeChain) SetBitrate(bps int) error {
	if bps < 1000 || bps > maxBitrate {
		return fmt.Errorf("pipeline: bitrate %d bit/s: it is from 1000 to %d", bps, maxBitrate)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.encoder == nil {
		return ErrStopped
	}
	return c.encoder.Set(c.row.bitrate, strconv.Itoa(bps/c.row.bitrateUnit))
}

// Push gives the encoder one raw picture by reference: the caller keeps its
// own. pts is running time; it must grow from push to push. It never blocks:
// while the encoder is busy one picture waits, and a newer one takes its place.
// dropped is how many were replaced so since the chain was made. The error is
// ErrStopped, or why the pipeline failed.
func (c *EncodeChain) Push(b gst.Buffer, caps *gst.Caps, pts time.Duration) (dropped uint64, err error) {
	if c.State() == StateStopped {
		return 0, c.stopReason()
	}
	if c.row.even || c.row.ticks > 0 {
		view, viewCaps, ok := c.view(b, caps)
		if ok {
			defer view.Unref()
			defer viewCaps.Unref()
			b, caps = view, viewCaps
		}
	}
	r, err := c.input.Push(b, caps, pts.Nanoseconds(), c.duration.Nanoseconds())
	if err != nil {
		// The elements let go before Run has said why.
		c.log.Debug("picture not taken", "err", err)
	}
	return r.Dropped, nil
}

func (c *EncodeChain) stopReason() error {
	if err := c.Err(); err != nil {
		return err
	}
	return ErrStopped
}

// view shows a picture to the encoder as it needs it, without touching the
// pixels: H.264's 4:2:0 can't code a last odd column or row, and an encoder that
// is to be set up anew gets new caps.
func (c *EncodeChain) view(b gst.Buffer, caps *gst.Caps) (gst.Buffer, *gst.Caps, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	w, h := caps.Size()
	odd := c.row.even && (w%2 != 0 || h%2 != 0)
	if odd {
		w, h = w&^1, h&^1
	}
	if c.renew {
		c.renew, c.slower = false, !c.slower
	}
	if !odd && c.row.ticks == 0 {
		return b, caps, false
	}
	if c.variant.from == nil || c.variant.slower != c.slower || !c.variant.from.Equal(caps) {
		c.variant.drop()
		// A thousandth, as NTSC's, is enough of a change to be set up anew.
		fpsN, fpsD := c.row.ticks, 1
		if c.slower {
			fpsN, fpsD = c.row.ticks*1000, 1001
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

// ForceKeyUnit makes the next picture that is pushed a key frame.
func (c *EncodeChain) ForceKeyUnit() {
	if c.row.ticks > 0 {
		c.mu.Lock()
		c.renew = true
		c.mu.Unlock()
		return
	}
	c.Output().ForceKeyUnit()
}

// Close ends the chain at once and gives everything back. It is idempotent.
func (c *EncodeChain) Close() error {
	c.mu.Lock()
	if c.encoder != nil {
		c.encoder.Release()
		c.encoder = nil
	}
	c.variant.drop()
	c.mu.Unlock()
	return c.Pipeline.Close()
}
