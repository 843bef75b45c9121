// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package encode

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/media"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// maxThreads limits the threads of a software encoder: more than cores-1 spin on a busy machine,
// and more than four help little at the sizes of live video.
const maxThreads = 4

// encoder is the element that encodes, with its row of the catalogue.
type encoder struct {
	row     catalogue.Row
	front   catalogue.Front
	element *gst.Element      // nil when closed
	bitrate catalogue.Bitrate // the property in use
	mode    string            // the scalability mode; empty for none
	full    bool              // it encodes 4:4:4
	skipped []string
	moving  []catalogue.Setting // the values in motion of what Row.Sharp changes
}

// chooseEncoder returns the named encoder, or the codec's first installed software encoder: an
// encoder that needs a device may be installed and not work.
func chooseEncoder(codec pipeline.Codec, name string) (row catalogue.Row, err error) {
	if name != "" {
		return pipeline.FindEncoder(codec, name)
	}
	for _, row := range catalogue.For(codec) {
		if row.Hardware() {
			continue
		}
		if gst.HasFactory(row.Factory) {
			return row, nil
		}
		if err == nil {
			err = fmt.Errorf("encode: finding an encoder for %s: %w", codec, pipeline.Installed(row.Factory))
		}
	}
	return row, err
}

// launch returns the chain as launch text. WebRTC receivers interpret video without a colour
// description as BT.601; VP8 cannot have one.
func (e *encoder) launch(scales, screen bool) string {
	// The first videoconvert passes through what the later converter accepts.
	convert := "videoconvert dither=none"
	if screen && gst.HasFactory(gst.ScreenConverter) {
		convert = gst.ScreenConverter + " dither=none"
	}
	elements := []string{"appsrc name=in", convert}
	if scales {
		elements = []string{"appsrc name=in", scalerText, convert}
	}
	for _, name := range e.front.Elements {
		if name != "videoconvert" {
			elements = append(elements, name)
		}
	}
	format := e.front.Format
	if e.full {
		format = e.row.Full.Format
	}
	elements = append(elements,
		`capsfilter name=raw caps="`+e.rawCaps(format)+`"`,
		e.row.Factory+" name=encoder",
		`capsfilter caps="`+e.row.Caps+`"`,
		e.tail(),
		"appsink name=out")
	return strings.Join(elements, " ! ")
}

// rawCaps returns the caps of the encoder's input in a format.
func (e *encoder) rawCaps(format string) string {
	raw := "video/x-raw"
	if e.front.Memory != "" {
		raw += "(memory:" + e.front.Memory + ")"
	}
	return raw + ",format=" + format + ",colorimetry=bt601"
}

// tail converts the encoder's output to the form that is sent.
func (e *encoder) tail() string {
	if e.row.Whole {
		return "capsfilter caps=" + e.row.Codec.StreamCaps()
	}
	return media.Tail(e.row.Codec)
}

// setUp applies the element's settings. It records those that the element lacks or rejects.
func (e *encoder) setUp(o *Options) error {
	settings := e.row.Camera
	if o.Screencast {
		settings = e.row.Screen
	}
	threads := min(max(runtime.NumCPU()-1, 1), maxThreads)
	values := strings.NewReplacer("{threads}", strconv.Itoa(threads), "{fps}", strconv.Itoa(o.FPS),
		"{vbv}", strconv.Itoa(max(1, o.Bitrate/1000*catalogue.VBVTime/1000)),
		"{half}", strconv.Itoa(o.Bitrate/2000+1))
	for _, list := range [][]catalogue.Setting{e.row.Common, settings} {
		for _, s := range list {
			s.Value = values.Replace(s.Value)
			if err := e.set(s); err != nil {
				e.skipped = append(e.skipped, err.Error())
			}
		}
	}
	if e.mode != "" {
		if err := e.element.Set(e.row.Layers.Mode, e.mode); err != nil {
			return err
		}
	}
	e.remember()
	if e.row.OwnTime && !e.element.KeepPTS() {
		return errors.New("it does not have exactly one sink pad and one source pad")
	}
	for _, b := range e.row.Bitrates {
		if e.element.Has(b.Property) {
			e.bitrate = b
			return e.setBitrate(o.Bitrate)
		}
	}
	return errors.New("it has none of the catalogue's properties for the bit rate")
}

// remember records the settings in motion that other qualities change.
func (e *encoder) remember() {
	note := func(settings []catalogue.Setting) {
		for _, s := range settings {
			if e.element.Has(s.Name) {
				e.moving = append(e.moving, catalogue.Setting{Name: s.Name, Value: e.element.Get(s.Name)})
			}
		}
	}
	for _, step := range e.row.Sharp {
		note(step.Settings)
	}
	note(e.row.Idle.Settings)
	note(e.row.Coarse)
	note(e.row.Full.Exact)
	note(e.row.Thorough)
	slices.Reverse(e.moving)
}

// setQuality changes the element from one quality to another.
func (e *encoder) setQuality(from, to int) error {
	if to < from || from < QualityMotion {
		if err := e.setAll(e.moving); err != nil {
			return err
		}
		from = QualityMotion
	}
	switch to {
	case QualityIdle:
		return e.setAll(e.row.Idle.Settings)
	case QualityCoarse:
		return e.setAll(e.row.Coarse)
	case QualityExact:
		if !e.full {
			return e.setAll(e.row.Idle.Settings)
		}
		return e.setAll(e.row.Full.Exact)
	case QualityThorough:
		return errors.Join(e.setAll(e.row.Coarse), e.setAll(e.row.Thorough))
	}
	for _, step := range e.row.Sharp[from:to] {
		if err := e.setAll(step.Settings); err != nil {
			return err
		}
	}
	return nil
}

func (e *encoder) setAll(settings []catalogue.Setting) error {
	var errs []error
	for _, s := range settings {
		errs = append(errs, e.set(s))
	}
	return errors.Join(errs...)
}

// rateAt returns the factor of the target at a quality.
func (e *encoder) rateAt(quality int) int {
	switch quality {
	case QualityMotion, QualityCoarse, QualityThorough, QualityExact:
		return 1
	case QualityIdle:
		return max(1, e.row.Idle.Rate)
	default:
		return max(1, e.row.Sharp[quality-1].Rate)
	}
}

// set sets the first name that the element has to the first value that it accepts.
func (e *encoder) set(s catalogue.Setting) error {
	for name := range strings.SplitSeq(s.Name, "|") {
		if !e.element.Has(name) {
			continue
		}
		var err error
		for value := range strings.SplitSeq(s.Value, "|") {
			if err = e.element.SetNearest(name, value); err == nil {
				return nil
			}
		}
		return err
	}
	return fmt.Errorf("it has no property %s", strings.ReplaceAll(s.Name, "|", " or "))
}

// setBitrate sets the target, in bit/s, clamped to the property's range.
func (e *encoder) setBitrate(bps int) error {
	text := strconv.Itoa(max(1, bps/e.bitrate.Unit))
	if e.bitrate.Value != "" {
		text = strings.ReplaceAll(e.bitrate.Value, "%d", text)
	}
	return e.element.SetNearest(e.bitrate.Property, text)
}
