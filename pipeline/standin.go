// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"sync/atomic"
	"time"

	"github.com/gstpublish/gstpublish/internal/media"
)

// DefaultStandIn is the default of Restart.StandIn.
const DefaultStandIn = 2 * time.Second

// standEvery is the time between two frames that stand in.
const standEvery = time.Second

// stand is the frame that stands in for those of a lost source. Only the puller uses last and kept.
type stand struct {
	last   media.Buffer // the last frame, if kept
	kept   bool
	stands atomic.Bool // it has stood in since the source was lost
}

func (s *stand) forget() {
	if s.kept {
		s.last.Unref()
	}
	s.kept = false
}

// remember keeps a frame, if it may have to stand in.
func (o *Output) remember(frame media.Buffer) {
	if o.again == nil || o.again.Patience == 0 {
		return
	}
	o.stand.forget()
	o.stand.last, o.stand.kept = frame.Ref(), true
}

// standIn returns the last frame again, as of now. It reports false if there is none.
func (o *Output) standIn() (s media.RawSample, ok bool) {
	o.pulling.Lock()
	defer o.pulling.Unlock()
	if !o.stand.kept || !o.again.isAway() {
		return s, false
	}
	o.stand.stands.Store(true)
	s.Buffer, s.PTS = o.stand.last.Ref(), o.timing.standIn(o.again.begun)
	return s, true
}

// standIn returns the presentation time of a frame that stands in now. Stamps of live frames begin with the pipeline.
func (t *timing) standIn(begun time.Time) int64 {
	if !t.live {
		return t.presentation()
	}
	t.end = max(t.end, int64(time.Since(begun)))
	return t.end
}
