// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package options

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/problem"
	"github.com/gstpublish/gstpublish/internal/proof"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
	"github.com/gstpublish/gstpublish/sink"
)

// Check parses and checks the flags.
func (v *Video) Check() (err error) {
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
func (v *Video) note() {
	for _, flag := range []struct {
		name  string
		given bool
	}{
		{"--codec", v.codecText != ""},
		{"--fallback-codec", len(v.fallbackTexts) > 0},
		{"--encoder", v.Encoder != ""},
		{"--hardware", v.hardwareText != ""},
		{"--bitrate", v.bitrateText != ""},
		{"--fps", v.FPS != 0},
		{"--layers", v.Layers != 0},
		{"--half-size", v.halfSize},
		{"--temporal-layers", v.temporal != 0},
		{"--backup-codec", v.backupText != ""},
		{"--max-bandwidth", v.maxBandwidthText != ""},
	} {
		if flag.given {
			v.Given = append(v.Given, flag.name)
		}
	}
}

// checkNetwork checks the flags for different networks and viewers.
func (v *Video) checkNetwork() (err error) {
	if v.maxBandwidthText != "" {
		if v.MaxBandwidth, err = parseRate("max-bandwidth", v.maxBandwidthText); err != nil {
			return err
		}
	}
	switch {
	case !v.halfSize:
	case !v.Screencast:
		return problem.Usagef("--half-size needs --screencast")
	case v.Layers < 2:
		return problem.Usagef("--half-size needs --layers 2 or 3")
	}
	if v.Layers > 1 && len(v.fallback) > 0 && slices.Contains(v.Codecs(), pipeline.VP9) {
		return problem.Usagef("--fallback-codec can't be combined with --layers %d and vp9: vp9 has all sizes in one "+
			"stream, other codecs one stream for each", v.Layers)
	}
	switch strings.ToLower(v.backupText) {
	case "", "vp8":
	case "h264":
		v.backup = sink.BackupH264
	case "none":
		v.backup = sink.NoBackup
	default:
		return problem.Usagef("--backup-codec must be vp8, h264 or none, got %q", v.backupText)
	}
	if v.backupText != "" && v.backup != sink.NoBackup && !slices.ContainsFunc(v.Codecs(), needsBackup) {
		return problem.Usagef("--backup-codec %s has no effect with %s: every client decodes it",
			v.backupText, v.Codec)
	}
	return nil
}

// Codecs returns the permitted codecs, the preferred one first.
func (v *Video) Codecs() []pipeline.Codec { return append([]pipeline.Codec{v.Codec}, v.fallback...) }

// needsBackup reports whether some viewers can't decode a codec.
func needsBackup(codec pipeline.Codec) bool { return codec != pipeline.VP8 && codec != pipeline.H264 }

// checkScreen checks the flags for screens only.
func (v *Video) checkScreen() (err error) {
	if v.floorText != "" {
		if v.floor, err = parseRate("floor", v.floorText); err != nil {
			return err
		}
	}
	frame := time.Second / time.Duration(cmp.Or(v.FPS, defaultFPS))
	switch {
	case v.floor > 0 && !v.Screencast:
		return problem.Usagef("--floor needs --screencast")
	case v.bitrate > 0 && v.floor > v.bitrate:
		return problem.Usagef("--floor %s must not be above --bitrate %s", v.floorText, v.bitrateText)
	case v.IdleRepeat < 0:
		return problem.Usagef("--idle-repeat must not be negative, got %v; 0 means never", v.IdleRepeat)
	case v.IdleRepeat > 0 && v.IdleRepeat < frame:
		return problem.Usagef("--idle-repeat must be at least a frame's duration, %v, got %v",
			frame.Round(time.Millisecond), v.IdleRepeat)
	}
	return nil
}

// checkCodecs parses the codecs. If only the encoder is given, it determines the codec.
func (v *Video) checkCodecs() (err error) {
	if v.codecText != "" {
		if v.Codec, err = pipeline.ParseCodec(v.codecText); err != nil {
			return problem.Usage(err)
		}
	} else if row, known := catalogue.Find(v.Encoder); known {
		v.Codec = row.Codec
	}
	for _, text := range v.fallbackTexts {
		codec, err := pipeline.ParseCodec(text)
		if err != nil {
			return problem.Usage(err)
		}
		v.fallback = append(v.fallback, codec)
	}
	if v.Encoder != "" && len(v.fallback) > 0 {
		return problem.Usagef("--fallback-codec has no effect with --encoder %s, which permits no other encoder", v.Encoder)
	}
	return nil
}

func (v *Video) checkHardware() (err error) {
	if v.hardwareText != "" {
		if v.Hardware, err = pipeline.ParseHardware(v.hardwareText); err != nil {
			return problem.Usagef("--hardware must be auto, require or off, got %q", v.hardwareText)
		}
	}
	row, known := catalogue.Find(v.Encoder)
	switch {
	case known && !row.Hardware() && v.Hardware == pipeline.HardwareRequire:
		return problem.Usagef("--hardware require can't be combined with --encoder %s, which encodes in software", v.Encoder)
	case known && row.Hardware() && v.Hardware == pipeline.HardwareOff:
		return problem.Usagef("--hardware off can't be combined with --encoder %s, which needs a device", v.Encoder)
	}
	return nil
}

// Options returns what the flags mean for a publication.
func (v *Video) Options() *sink.Options {
	o := &sink.Options{
		Name: v.Name, Screencast: v.Screencast,
		Encoding: sink.EncodingOptions{
			Codec: v.Codec, FallbackCodecs: v.fallback, Backup: v.backup,
			Encoder: v.Encoder, Hardware: v.Hardware, Bitrate: v.bitrate, FPS: v.FPS,
		},
		Layers: sink.LayerOptions{Sizes: v.Layers, HalfSize: v.halfSize, Temporal: v.temporal},
		Screen: sink.ScreenOptions{Floor: v.floor, Chroma: v.chroma},
	}
	if v.Screencast {
		o.Screen.IdleRepeat = cmp.Or(v.IdleRepeat, sink.NeverRepeat)
	}
	return o
}

// checkChroma parses the chroma. 444 implies vp9.
func (v *Video) checkChroma() error {
	switch v.chromaText {
	case "", "420", "4:2:0":
		return nil
	case "444", "4:4:4":
		v.chroma = sink.Chroma444
	default:
		return problem.Usagef("--chroma must be 420 or 444, got %q", v.chromaText)
	}
	const own = "gpvp9enc"
	switch {
	case !v.Screencast:
		return problem.Usagef("--chroma 444 needs --screencast")
	case v.codecText != "" && !strings.EqualFold(v.codecText, pipeline.VP9.String()), len(v.fallbackTexts) > 0:
		return problem.Usagef("--chroma 444 needs --codec vp9, and no other codec")
	case v.Encoder != "" && v.Encoder != own:
		return problem.Usagef("--chroma 444 needs the encoder %s, and can't be combined with --encoder %s", own, v.Encoder)
	case v.Layers > 1 || v.temporal > 1:
		return problem.Usagef("--chroma 444 can't be combined with --layers or --temporal-layers")
	}
	v.codecText = pipeline.VP9.String()
	return nil
}

// CheckEncoder reports known problems with the encoder, without trying one.
func (v *Video) CheckEncoder() error {
	return v.anyCodec(func(codec pipeline.Codec) error { return encoderProblem(v.admitted(codec)) })
}

// anyCodec returns nil if check returns nil for at least one of the codecs.
func (v *Video) anyCodec(check func(codec pipeline.Codec) error) error {
	var errs []error
	for _, codec := range v.Codecs() {
		err := check(codec)
		if err == nil {
			return nil
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// admitted returns nil if there are candidates for a codec, and everything that they need.
func (v *Video) admitted(codec pipeline.Codec) error {
	if _, err := proof.Admitted(v.want(codec)); err != nil {
		return err
	}
	if missing := proof.MissingBasics(codec); len(missing) > 0 {
		return fmt.Errorf("encoding %s: %w", codec, missing[0])
	}
	return nil
}

// want describes the required encoder. The size of the frames is not known yet.
func (v *Video) want(codec pipeline.Codec) proof.Want {
	return proof.Want{
		Codec: codec, FPS: v.FPS, Bitrate: v.bitrate, Screencast: v.Screencast,
		Encoder: v.Encoder, Hardware: v.Hardware,
	}
}

// encoderProblem decides whether the command line is wrong if there is no encoder. An encoder that
// is not installed has its own exit code.
func encoderProblem(err error) error {
	if none := (*pipeline.NoEncoderError)(nil); err == nil || errors.As(err, &none) {
		return err
	}
	return problem.Usage(err)
}
