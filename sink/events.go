// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"log/slog"
	"time"

	"github.com/gstpublish/gstpublish/pipeline"
)

// EncoderEvent is the choice of an encoder, or the failure of one.
type EncoderEvent struct {
	Time    time.Time
	Layer   string         // the simulcast layer: q, h or f, from small to large
	Backup  bool           // for clients that cannot decode the main codec
	Encoder string         // the elements, as in "vapostproc ! vah264enc"
	Codec   pipeline.Codec // the codec of its samples
	Failed  bool           // the encoder has failed or could not start; otherwise it encodes from now on
	Reason  string         // why it failed, or why it was chosen
	// Rejected are candidates before it that are installed but do not work.
	Rejected []pipeline.Rejection
}

// keptEvents limits the number of events that a publication remembers.
const keptEvents = 100

func (e *encoding) tell(ev EncoderEvent) {
	ev.Time, ev.Layer, ev.Backup = time.Now(), e.rid, e.lazy != nil
	e.p.telling.Lock()
	defer e.p.telling.Unlock()
	e.mu.Lock()
	if len(e.events) == keptEvents {
		e.events = e.events[1:]
	}
	e.events = append(e.events, ev)
	e.mu.Unlock()
	if ev.Failed {
		e.n.encoderFailures.Add(1)
		level := slog.LevelWarn
		if e.p.opts.OnEncoder != nil {
			level = slog.LevelInfo // The caller receives it already.
		}
		e.p.log.Log(e.p.ctx, level, "encoder failed", "encoder", ev.Encoder, "codec", ev.Codec.String(), "reason", ev.Reason)
	} else {
		for _, r := range ev.Rejected {
			e.p.log.Info("encoder not used", "encoder", r.Encoder, "reason", r.Reason)
		}
		e.p.log.Info("encoder chosen", "encoder", ev.Encoder, "codec", ev.Codec.String(), "reason", ev.Reason)
	}
	if e.p.opts.OnEncoder != nil {
		e.p.opts.OnEncoder(ev)
	}
}
