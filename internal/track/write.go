// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package track

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"time"

	"github.com/gstpublish/gstpublish/internal/media"
)

// Write sends one sample, or counts why it does not, and reports whether it did. It waits for the network.
func (t *Track) Write(ctx context.Context, s media.Sample) (sent bool) {
	if !t.Open() {
		t.drop()
		return false
	}
	if t.video && !s.Key && t.awaitKey.Load() {
		// It refers to a sample that was never sent.
		t.count(&t.n.Undecodable)
		t.keys.request()
		return false
	}
	if s.Key {
		t.awaitKey.Store(false)
	}
	if s.PTS < 0 {
		// Parsers omit the PTS of the later parts of a sample.
		s.PTS = t.pts
	}
	t.pts = s.PTS
	t.since.Store(time.Now().UnixNano())
	err := t.putKeyed(ctx, &s)
	t.since.Store(0)
	if err != nil {
		t.count(&t.n.WriteErrors)
		t.awaitKey.Store(true)
		if !errors.Is(err, io.ErrClosedPipe) && ctx.Err() == nil {
			t.log.Warn("a sample could not be sent", "err", err)
		}
		return false
	}
	t.wire.Load().spoken.Store(true)
	if t.pump.repeating {
		t.n.Repeated.Add(1)
	} else {
		t.n.Sent.Add(1)
	}
	t.n.Bytes.Add(uint64(len(s.Data)))
	if s.Key && t.video && !t.pump.repeating {
		t.n.KeyFrames.Add(1)
	}
	return true
}

// drop is Drop for a sample, which is counted once.
func (t *Track) drop() {
	if t.pump.repeating {
		t.awaitKey.Store(true)
		return
	}
	t.Drop()
}

// count counts a sample that is dropped, once.
func (t *Track) count(dropped *atomic.Uint64) {
	if !t.pump.repeating {
		dropped.Add(1)
	}
}

// putKeyed sends a sample, and informs the limiter about a key frame.
func (t *Track) putKeyed(ctx context.Context, s *media.Sample) error {
	if !t.video || !s.Key {
		return t.put(ctx, s)
	}
	t.keys.begin()
	err := t.put(ctx, s)
	t.keys.sent(t.rtt())
	return err
}

// put sends a sample.
func (t *Track) put(ctx context.Context, s *media.Sample) error {
	at := t.clock.At(s.PTS)
	if !t.layered {
		return t.writer.Write(ctx, s.Data, at)
	}

	t.writer.Describe(uint8(t.descriptor.Load()))
	return t.writer.WriteLayers(ctx, s.Data, at, t.layers.of(s))
}

// Waiting returns how long the current sample has been waiting for the network.
func (t *Track) Waiting() time.Duration {
	since := t.since.Load()
	if since == 0 {
		return 0
	}
	return time.Duration(time.Now().UnixNano() - since)
}
