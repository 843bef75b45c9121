// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package tell

import (
	"fmt"
	"sync"

	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/options"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/problem"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink"
)

// Encoders returns an Encoders for a publication with these flags.
func (t *Teller) Encoders(v *options.Video) *Encoders {
	return &Encoders{teller: t, video: v, failed: map[string]string{}, told: map[string]bool{}}
}

// Encoders prints which encoder is used, and why. It prints once what several layers have in common.
type Encoders struct {
	teller *Teller
	video  *options.Video
	failed map[string]string // by layer: failures without a successor so far
	told   map[string]bool

	mu     sync.Mutex // protects everything except teller and video
	opened bool
	held   []sink.EncoderEvent // earlier events
}

// Open prints what has happened so far, and from now on what happens.
func (t *Encoders) Open() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.opened = true
	for _, ev := range t.held {
		t.say(ev)
	}
	t.held = nil
}

// Tell receives sink.Options.OnEncoder.
func (t *Encoders) Tell(ev sink.EncoderEvent) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.opened {
		t.held = append(t.held, ev)
		return
	}
	t.say(ev)
}

func (t *Encoders) say(ev sink.EncoderEvent) {
	t.teller.encoderEvent(ev)
	v := t.video
	backup := ev.Backup
	layer := ev.Layer
	if backup {
		layer = "backup"
	}
	before := t.failed[layer]
	if ev.Failed {
		if before != "" {
			t.teller.status("%s", before)
		}
		t.failed[layer] = ev.Encoder + " failed: " + problem.InWords(ev.Reason)
		t.told[ev.Encoder] = true
		return
	}
	delete(t.failed, layer)
	t.reject(ev.Rejected)
	as := ""
	switch {
	case backup:
		as = fmt.Sprintf(" as %s too, for viewers who can't decode %s", ev.Codec, v.Codec)
	case ev.Codec != v.Codec:
		as = fmt.Sprintf(" as %s instead of %s", ev.Codec, v.Codec)
	}
	if before != "" {
		t.teller.status("%s; falling back to %s%s", before, ev.Encoder, as)
	} else if text := ev.Encoder + as; !t.told[text] {
		t.told[text] = true
		t.teller.status("encoding with %s (%s)", text, ev.Reason)
	}
}

// reject prints installed encoders that do not work. A user who has named the encoder, or disabled
// hardware, does not need that.
func (t *Encoders) reject(rejected []pipeline.Rejection) {
	if t.video.Encoder != "" || t.video.Hardware == pipeline.HardwareOff {
		return
	}
	for _, r := range rejected {
		if !t.told[r.Encoder] {
			t.teller.status("%s is not used: %s", r.Encoder, problem.InWords(r.Reason))
		}
		t.told[r.Encoder] = true
	}
}
