// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
	"github.com/gstpublish/gstpublish/sink"
)

// video holds the flags for publishing video.
type video struct {
	codecText, bitrateText, floorText, hardwareText string
	backupText, maxBandwidthText, chromaText        string
	fallbackTexts                                   []string

	codec          pipeline.Codec
	fallback       []pipeline.Codec
	backup         sink.BackupCodec
	bitrate, floor int // bit/s
	maxBandwidth   int // bit/s; 0 for none
	fps            int
	layers         int // 0 if not given
	temporal       int // the same
	fullSize       bool
	idleRepeat     time.Duration
	chroma         sink.Chroma
	encoder, name  string
	hardware       pipeline.Hardware
	noCache        bool
	screencast     bool
	given          []string // the given flags that concern the encoder
}

const (
	videoCategory  = "Video"
	screenCategory = "Screen"
)

// flags returns the flags for any kind of video.
func (v *video) flags() []cli.Flag {
	return slices.Concat(v.encoderFlags(), v.rateFlags(), v.networkFlags(), []cli.Flag{&cli.BoolFlag{
		Name: "screencast", Destination: &v.screencast, Category: videoCategory,
		Usage: "the video is a screen: publish it as a screen share, and encode text well",
	}}, v.screenFlags())
}

// rateFlags returns the flags for rates and the name.
func (v *video) rateFlags() []cli.Flag {
	fps, name := "nominal frame `RATE` for the encoder, a second; the actual rate may differ", "camera or screen"
	if v.screencast {
		fps, name = "capture at most `RATE` frames a second", "screen"
	}
	return []cli.Flag{
		&cli.StringFlag{
			Name: "bitrate", Destination: &v.bitrateText, Category: videoCategory,
			Usage:       "target `RATE` in bit/s, such as 2500000, 2500k or 2.5M",
			DefaultText: "LiveKit's preset for the size",
		},
		&cli.IntFlag{
			Name: "fps", Destination: &v.fps, Category: videoCategory,
			Usage: fps, DefaultText: strconv.Itoa(defaultFPS), Validator: checkFPS,
		},
		&cli.StringFlag{
			Name: "name", Destination: &v.name, Category: videoCategory,
			Usage: "`NAME` of the track", DefaultText: name,
		},
	}
}

// networkFlags returns the flags for different networks and viewers.
func (v *video) networkFlags() []cli.Flag {
	return []cli.Flag{
		&cli.IntFlag{
			Name: "layers", Destination: &v.layers, Category: videoCategory,
			Usage: "publish in `NUMBER` sizes, 1 to 3, so that each viewer gets what their connection carries; " +
				"sizes without viewers are not encoded",
			DefaultText: "1", Validator: checkLayers,
		},
		&cli.BoolFlag{
			Name: "full-size", Destination: &v.fullSize, Category: videoCategory,
			Usage: "give all --layers of a screen its full size, so that text stays readable: viewers on slow " +
				"connections get fewer frames",
		},
		&cli.IntFlag{
			Name: "temporal-layers", Destination: &v.temporal, Category: videoCategory,
			Usage: "encode in `NUMBER` temporal layers, 1 to 3: viewers on slow connections get half of " +
				"the frames, or a quarter; for vp8, vp9 and av1",
			DefaultText: "1", Validator: checkLayers,
		},
		&cli.StringFlag{
			Name: "backup-codec", Destination: &v.backupText, Category: videoCategory,
			Usage: "`CODEC` for viewers who can't decode vp9, av1 or h265, encoded only while there is such a " +
				"viewer: vp8, h264 or none",
			DefaultText: "vp8",
		},
		&cli.StringFlag{
			Name: "max-bandwidth", Destination: &v.maxBandwidthText, Category: videoCategory,
			Usage:       "limit the video, including all headers, to this average `RATE` in bit/s, such as 600k",
			DefaultText: "what the network carries",
		},
	}
}

// screenFlags returns the flags for screens only.
func (v *video) screenFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{
			Name: "floor", Destination: &v.floorText, Category: screenCategory,
			Usage:       "lowest target `RATE` of the encoder, in bit/s: if the network carries less, fewer frames are sent",
			DefaultText: "1.2M",
		},
		&cli.DurationFlag{
			Name: "idle-repeat", Destination: &v.idleRepeat, Value: sink.DefaultIdleRepeat, Category: screenCategory,
			Usage: "`TIME` between repeats of a still screen; with 0 it is never repeated, and clients may show it as lost",
		},
		&cli.StringFlag{
			Name: "chroma", Destination: &v.chromaText, Category: screenCategory,
			Usage: "`HOW` finely colour is sent: 420, or 444 for sharp coloured text, which needs vp9; if a viewer can't " +
				"decode that, 420 is sent from then on",
			DefaultText: "420",
		},
	}
}

// encoderFlags returns the flags that choose the encoder.
func (v *video) encoderFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{
			Name: "codec", Destination: &v.codecText, Category: videoCategory,
			Usage:       "`CODEC` to encode raw video with: vp8, h264, vp9, av1 or h265",
			DefaultText: "that of --encoder, or vp8",
		},
		&cli.StringSliceFlag{
			Name: "fallback-codec", Destination: &v.fallbackTexts, Category: videoCategory,
			Usage: "`CODEC` to use if no encoder of the first one works; may be repeated", DefaultText: "none",
		},
		&cli.StringFlag{
			Name: "encoder", Destination: &v.encoder, Category: videoCategory,
			Usage: "only encode with this GStreamer `ELEMENT`, such as openh264enc", DefaultText: "the first that works",
		},
		&cli.StringFlag{
			Name: "hardware", Destination: &v.hardwareText, Category: videoCategory,
			Usage: "`WHETHER` to encode in hardware: auto (if it works), require or off", DefaultText: "auto",
		},
		noCacheFlag(&v.noCache),
	}
}

// check parses and checks the flags.
func (v *video) check() (err error) {
	if err = v.checkChroma(); err != nil {
		return err
	}
	if err = v.checkCodecs(); err != nil {
		return err
	}
	if err = v.checkHardware(); err != nil {
		return err
	}
	if v.bitrateText != "" {
		if v.bitrate, err = parseRate("bitrate", v.bitrateText); err != nil {
			return err
		}
	}
	if err = errors.Join(v.checkScreen(), v.checkNetwork()); err != nil {
		return err
	}
	v.note()
	return nil
}

// note records which flags that concern the encoder were given.
func (v *video) note() {
	for _, flag := range []struct {
		name  string
		given bool
	}{
		{"--codec", v.codecText != ""},
		{"--fallback-codec", len(v.fallbackTexts) > 0},
		{"--encoder", v.encoder != ""},
		{"--hardware", v.hardwareText != ""},
		{"--bitrate", v.bitrateText != ""},
		{"--fps", v.fps != 0},
		{"--layers", v.layers != 0},
		{"--full-size", v.fullSize},
		{"--temporal-layers", v.temporal != 0},
		{"--backup-codec", v.backupText != ""},
		{"--max-bandwidth", v.maxBandwidthText != ""},
	} {
		if flag.given {
			v.given = append(v.given, flag.name)
		}
	}
}

// checkNetwork checks the flags for different networks and viewers.
func (v *video) checkNetwork() (err error) {
	if v.maxBandwidthText != "" {
		if v.maxBandwidth, err = parseRate("max-bandwidth", v.maxBandwidthText); err != nil {
			return err
		}
	}
	switch {
	case !v.fullSize:
	case !v.screencast:
		return usagef("--full-size needs --screencast")
	case v.layers < 2:
		return usagef("--full-size needs --layers 2 or 3")
	case v.temporal > 1:
		return usagef("--full-size can't be combined with --temporal-layers")
	case slices.Contains(v.codecs(), pipeline.VP9):
		return usagef("--full-size can't be combined with vp9, whose streams LiveKit's server can't switch between")
	}
	if v.layers > 1 && len(v.fallback) > 0 && slices.Contains(v.codecs(), pipeline.VP9) {
		return usagef("--fallback-codec can't be combined with --layers %d and vp9: vp9 has all sizes in one "+
			"stream, other codecs one stream for each", v.layers)
	}
	switch strings.ToLower(v.backupText) {
	case "", "vp8":
	case "h264":
		v.backup = sink.BackupH264
	case "none":
		v.backup = sink.NoBackup
	default:
		return usagef("--backup-codec must be vp8, h264 or none, got %q", v.backupText)
	}
	if v.backupText != "" && v.backup != sink.NoBackup && !slices.ContainsFunc(v.codecs(), needsBackup) {
		return usagef("--backup-codec %s has no effect with %s: every client decodes it",
			v.backupText, v.codec)
	}
	return nil
}

// codecs returns the permitted codecs, the preferred one first.
func (v *video) codecs() []pipeline.Codec { return append([]pipeline.Codec{v.codec}, v.fallback...) }

// needsBackup reports whether some viewers can't decode a codec.
func needsBackup(codec pipeline.Codec) bool { return codec != pipeline.VP8 && codec != pipeline.H264 }

// checkScreen checks the flags for screens only.
func (v *video) checkScreen() (err error) {
	if v.floorText != "" {
		if v.floor, err = parseRate("floor", v.floorText); err != nil {
			return err
		}
	}
	frame := time.Second / time.Duration(cmp.Or(v.fps, defaultFPS))
	switch {
	case v.floor > 0 && !v.screencast:
		return usagef("--floor needs --screencast")
	case v.bitrate > 0 && v.floor > v.bitrate:
		return usagef("--floor %s must not be above --bitrate %s", v.floorText, v.bitrateText)
	case v.idleRepeat < 0:
		return usagef("--idle-repeat must not be negative, got %v; 0 means never", v.idleRepeat)
	case v.idleRepeat > 0 && v.idleRepeat < frame:
		return usagef("--idle-repeat must be at least a frame's duration, %v, got %v",
			frame.Round(time.Millisecond), v.idleRepeat)
	}
	return nil
}

// checkCodecs parses the codecs. If only the encoder is given, it determines the codec.
func (v *video) checkCodecs() (err error) {
	if v.codecText != "" {
		if v.codec, err = pipeline.ParseCodec(v.codecText); err != nil {
			return &usageError{err}
		}
	} else if row, known := catalogue.Find(v.encoder); known {
		v.codec = row.Codec
	}
	for _, text := range v.fallbackTexts {
		codec, err := pipeline.ParseCodec(text)
		if err != nil {
			return &usageError{err}
		}
		v.fallback = append(v.fallback, codec)
	}
	if v.encoder != "" && len(v.fallback) > 0 {
		return usagef("--fallback-codec has no effect with --encoder %s, which permits no other encoder", v.encoder)
	}
	return nil
}

func (v *video) checkHardware() (err error) {
	if v.hardwareText != "" {
		if v.hardware, err = pipeline.ParseHardware(v.hardwareText); err != nil {
			return usagef("--hardware must be auto, require or off, got %q", v.hardwareText)
		}
	}
	row, known := catalogue.Find(v.encoder)
	switch {
	case known && !row.Hardware() && v.hardware == pipeline.HardwareRequire:
		return usagef("--hardware require can't be combined with --encoder %s, which encodes in software", v.encoder)
	case known && row.Hardware() && v.hardware == pipeline.HardwareOff:
		return usagef("--hardware off can't be combined with --encoder %s, which needs a device", v.encoder)
	}
	return nil
}

func (v *video) options() *sink.Options {
	o := &sink.Options{
		Name: v.name, Screencast: v.screencast,
		Encoding: sink.EncodingOptions{
			Codec: v.codec, FallbackCodecs: v.fallback, Backup: v.backup,
			Encoder: v.encoder, Hardware: v.hardware, Bitrate: v.bitrate, FPS: v.fps,
		},
		Layers: sink.LayerOptions{Sizes: v.layers, FullSize: v.fullSize, Temporal: v.temporal},
		Screen: sink.ScreenOptions{Floor: v.floor, Chroma: v.chroma},
	}
	if v.screencast {
		o.Screen.IdleRepeat = cmp.Or(v.idleRepeat, sink.NeverRepeat)
	}
	return o
}

// checkVideo reports known problems with the encoder before the room is joined, without trying one.
func (a *app) checkVideo(v *video, pipe *pipeline.Pipeline) error {
	for _, out := range pipe.Outputs() {
		switch out.Kind {
		case pipeline.EncodedVideo:
			v.maxBandwidth = 0 // limiting it would delay it, not reduce it
			unused := slices.DeleteFunc(slices.Clone(v.given), func(name string) bool {
				return name == "--codec" && v.codec == out.Codec
			})
			if len(unused) > 0 {
				a.status("the pipeline encodes its video itself, as %s: these options have no effect: %s",
					out.Codec, strings.Join(unused, ", "))
			}
		case pipeline.RawVideo:
			return v.anyCodec(func(codec pipeline.Codec) error {
				return encoderProblem(v.admitted(codec))
			})
		case pipeline.Opus: // has no options
		}
	}
	return nil
}

// tellEncoders returns an encoderTeller, which prints which encoder is used, and why.
func (a *app) tellEncoders(v *video) *encoderTeller {
	return &encoderTeller{app: a, video: v, failed: map[string]string{}, told: map[string]bool{}}
}

// encoderTeller prints what several layers have in common once.
type encoderTeller struct {
	app    *app
	video  *video
	failed map[string]string // by layer: failures without a successor so far
	told   map[string]bool

	mu     sync.Mutex // protects everything except app and video
	opened bool
	held   []sink.EncoderEvent // earlier events
}

// open prints what has happened so far, and from now on what happens.
func (t *encoderTeller) open() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.opened = true
	for _, ev := range t.held {
		t.say(ev)
	}
	t.held = nil
}

// tell receives sink.Options.OnEncoder.
func (t *encoderTeller) tell(ev sink.EncoderEvent) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.opened {
		t.held = append(t.held, ev)
		return
	}
	t.say(ev)
}

func (t *encoderTeller) say(ev sink.EncoderEvent) {
	t.app.encoderEvent(ev)
	v := t.video
	backup := ev.Backup
	layer := ev.Layer
	if backup {
		layer = "backup"
	}
	before := t.failed[layer]
	if ev.Failed {
		if before != "" {
			t.app.status("%s", before)
		}
		t.failed[layer] = ev.Encoder + " failed: " + inWords(ev.Reason)
		t.told[ev.Encoder] = true
		return
	}
	delete(t.failed, layer)
	t.reject(ev.Rejected)
	as := ""
	switch {
	case backup:
		as = fmt.Sprintf(" as %s too, for viewers who can't decode %s", ev.Codec, v.codec)
	case ev.Codec != v.codec:
		as = fmt.Sprintf(" as %s instead of %s", ev.Codec, v.codec)
	}
	if before != "" {
		t.app.status("%s; falling back to %s%s", before, ev.Encoder, as)
	} else if text := ev.Encoder + as; !t.told[text] {
		t.told[text] = true
		t.app.status("encoding with %s (%s)", text, ev.Reason)
	}
}

// reject prints installed encoders that do not work. A user who has named the encoder, or disabled
// hardware, does not need that.
func (t *encoderTeller) reject(rejected []pipeline.Rejection) {
	if t.video.encoder != "" || t.video.hardware == pipeline.HardwareOff {
		return
	}
	for _, r := range rejected {
		if !t.told[r.Encoder] {
			t.app.status("%s is not used: %s", r.Encoder, inWords(r.Reason))
		}
		t.told[r.Encoder] = true
	}
}
