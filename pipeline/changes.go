// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/gst/normalize"
	"github.com/gstpublish/gstpublish/internal/media"
)

// formEvery is how many samples pass between two looks at the form of a stream whose caps do not change: what was
// inserted may hide the change.
const formEvery = 64

// changes are how the media of an output differs from what the text made. Only the puller calls look and tidied; list
// is safe for concurrent use.
type changes struct {
	log      *slog.Logger
	origin   *gst.Pad // where the text ends; nil for none
	turned   bool     // the text turns frames by itself
	last     normalize.Form
	pulled   int
	set      []conversion // by the settings of encoders; said with the first sample
	encoders int          // of the text that feed the output

	mu   sync.Mutex // protects the following field
	made []string   // never changed, only replaced

	missing, replaced, steps atomic.Uint64 // time stamps
}

// conversion is one change of a stream's form, and how the text could do it better.
type conversion struct{ what, instead string }

// startCodes are what H.264 and H.265 from a file get.
const startCodes = "NAL units have start codes instead of lengths, and parameter sets come with each key frame"

// look notes what has changed in the form of the stream, before the sample that was just pulled is used.
func (c *changes) look(capsChange bool, sample func() normalize.Form) {
	c.pulled++
	for _, one := range c.set {
		c.note(one)
	}
	c.set = nil
	if c.origin == nil || !capsChange && c.pulled%formEvery != 0 {
		return
	}
	form := c.origin.Form()
	form.Turned = form.Turned && !c.turned
	if form == c.last {
		return
	}
	c.last = form
	for _, one := range conversions(form, sample()) {
		c.note(one)
	}
}

// conversions returns how a stream was changed from a form to another.
func conversions(from, to normalize.Form) (all []conversion) {
	if from.Interlaced {
		all = append(all, conversion{
			"deinterlaced", "\"! deinterlace\" with other settings at the end of the pipeline keeps both fields",
		})
	}
	if from.AspectN != from.AspectD && from.Width > 0 {
		all = append(all, conversion{fmt.Sprintf("scaled from %dx%d with pixels of %d:%d to %dx%d", from.Width, from.Height,
			from.AspectN, from.AspectD, to.Width, to.Height), "\"! videoscale ! video/x-raw,pixel-aspect-ratio=1/1\" " +
			"with another size at the end of the pipeline"})
	}
	if from.Turned {
		all = append(all, conversion{
			"turned upright, by the orientation tag", "\"! videoflip video-direction=identity\" leaves frames as they are",
		})
	}
	if from.Channels > to.Channels && to.Channels > 0 {
		all = append(all, conversion{
			fmt.Sprintf("mixed down from %d channels to %d", from.Channels, to.Channels),
			"\"! audioconvert mix-matrix=...\" chooses what is heard",
		})
	}
	if from.Boxed && !to.Boxed {
		all = append(all, conversion{startCodes, ""})
	}
	return all
}

// note logs a conversion and keeps it, if it is new.
func (c *changes) note(one conversion) {
	c.mu.Lock()
	known := slices.Contains(c.made, one.what)
	if !known {
		c.made = append(slices.Clone(c.made), one.what)
	}
	c.mu.Unlock()
	if known {
		return
	}
	args := []any{"conversion", one.what}
	if one.instead != "" {
		args = append(args, "instead", one.instead)
	}
	c.log.Info("the pipeline's media is converted for viewers", args...)
}

// tidied notes that a sample had parameter sets twice.
func (c *changes) tidied() {
	if c.log != nil {
		c.note(conversion{"repeated parameter sets in one sample were removed", ""})
	}
}

// list returns what was changed.
func (c *changes) list() media.Changes {
	c.mu.Lock()
	defer c.mu.Unlock()
	return media.Changes{
		Conversions: c.made, StampsMissing: c.missing.Load(), StampsReplaced: c.replaced.Load(), StampSteps: c.steps.Load(),
	}
}

// Changes returns what was changed in the stream so far.
func (o *behind) Changes() media.Changes { return o.changes.list() }

// Note adds to Changes a conversion that the text does by itself.
func (o *behind) Note(what string) { o.changes.note(conversion{what: what}) }

// close releases the pad.
func (c *changes) close() {
	if c.origin != nil {
		c.origin.Release()
	}
	c.origin = nil
}
