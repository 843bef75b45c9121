// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gstpublish/gstpublish/internal/advice"
	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/gst/ximage"
)

// watch reads the bus until this run has ended. A source on the network that fails has sent what it brought, and the
// end of its stream behind that. So its error ends the run only when all of that has come out.
func (p *Pipeline) watch(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	guarded := p.guard(ctx, cancel)
	var lost sync.WaitGroup
	defer func() {
		cancel(nil)
		<-guarded
		lost.Wait()
	}()
	woken := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(woken)
		p.gp.Wake()
	})
	defer func() {
		if !stop() {
			<-woken // The bus must outlive it.
		}
	}()
	p.noteLost()
	warned := warnings{log: p.log}
	defer warned.end()
	for {
		m := p.gp.Next(busWait)
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-p.force:
			return nil
		default:
		}
		switch m.Type {
		case gst.MessageEOS:
			return p.endOfStream(ctx)
		case gst.MessageError:
			return p.failure(m.Err)
		case gst.MessageLost:
			p.noteLost()
			why := p.failure(m.Err)
			lost.Go(func() { p.limitEnd(ctx, cancel, why) })
			p.gp.EndSources(m.Err) // The others may never end.
		case gst.MessageWarning:
			warned.add(withAdvice(m.Err))
		case gst.MessageNone:
		}
	}
}

// noteLost logs that a source on the network has failed, perhaps before the pipeline played.
func (p *Pipeline) noteLost() {
	if err := p.gp.Failed(); err != nil {
		p.log.Info("a source has failed: what it has brought comes first", "err", err)
	}
}

// failure returns the error of a run that has ended with that of an element, which is nil if it was not the element's
// but that of a source whose stream has ended.
func (p *Pipeline) failure(err *gst.ElementError) error {
	return fmt.Errorf("pipeline: %w", elementError(withAdvice(cmp.Or(p.gp.Failed(), err))))
}

// endTime is how long nothing may come out of a pipeline whose source has failed until its end is not awaited any more:
// an element may keep it, or there may be none.
const endTime = 5 * time.Second

// limitEnd ends a run with the error of a source if nothing comes out any more. It returns when ctx is done.
func (p *Pipeline) limitEnd(ctx context.Context, end context.CancelCauseFunc, why error) {
	lost := time.Now()
	every := time.NewTicker(guardEvery)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
			if time.Since(lost) >= endTime && p.isSilent(endTime) {
				end(why)
			}
		}
	}
}

// isSilent reports whether nothing has come out of the pipeline for as long as limit.
func (p *Pipeline) isSilent(limit time.Duration) bool {
	return !slices.ContainsFunc(p.outputs, func(o *Output) bool {
		silent, _ := o.silence(limit)
		return !silent
	})
}

// withAdvice adds to an element's error or warning what it means, and the way out.
func withAdvice(err *gst.ElementError) *gst.ElementError {
	f := &advice.Failure{
		Element: err.Element(), Factory: err.Factory,
		Domain: err.Domain, Code: err.Code, Message: err.Message, Debug: err.Debug,
		Takes:     gst.FactorySinkCaps(err.Factory),
		Installed: gst.HasFactory,
		Fits:      gst.CapsIntersect,
	}
	f.Src, f.Sink = padsOf(err.Mismatch)
	for _, pad := range err.Loose {
		if pad.IsSrc {
			f.Loose = append(f.Loose, advice.Pad{Label: pad.Label, Caps: pad.Caps})
		} else {
			f.Waiting = append(f.Waiting, advice.Pad{Label: pad.Label, Caps: pad.Caps})
		}
	}
	for _, m := range err.Missing {
		f.Missing = append(f.Missing, advice.Missing(m))
	}
	found := advice.Explain(f)
	err.Cause, err.Cure = found.Cause, found.Cure
	if m := err.Mismatch; m != nil && remedy(m.SrcCaps, m.SinkCaps) != "" {
		err.Cause, err.Cure = cmp.Or(err.Cause, m.String()), remedy(m.SrcCaps, m.SinkCaps)
	}
	return err
}

// padsOf returns the two pads of a mismatch; nil if there is none.
func padsOf(m *gst.Mismatch) (src, sink *advice.Pad) {
	if m == nil {
		return nil, nil
	}
	return &advice.Pad{Label: m.Src, Caps: m.SrcCaps}, &advice.Pad{Label: m.Sink, Caps: m.SinkCaps}
}

// explain adds the way out if two elements of a text cannot be linked because of their formats.
func explain(err *gst.ParseError) error {
	if m := err.Mismatch; m != nil && remedy(m.SrcCaps, m.SinkCaps) != "" {
		return fmt.Errorf("%w: %s", err, remedy(m.SrcCaps, m.SinkCaps))
	}
	f := &advice.Failure{Installed: gst.HasFactory, Fits: gst.CapsIntersect}
	f.Src, f.Sink = padsOf(err.Mismatch)
	if cure := advice.Explain(f).Cure; cure != "" {
		return fmt.Errorf("%w: %s", err, cure)
	}
	switch {
	case strings.Contains(err.Message, "can't handle caps video/x-raw"):
		return fmt.Errorf("%w: put videoconvert between them", err)
	case strings.Contains(err.Message, "can't handle caps audio/x-raw"):
		return fmt.Errorf("%w: put audioconvert and audioresample between them", err)
	default:
		return err
	}
}

// protect keeps elements from ending the process.
func protect(gp *gst.Pipeline) {
	for _, e := range gp.Elements("ximagesrc") {
		ximage.Protect(e)
		e.Release()
	}
}

// imageNumber is the place of the number in the location of multifilesrc.
var imageNumber = regexp.MustCompile(`%(?:0?\d+)?d`)

// warnOfGaps reports sequences of images that have ended before their last image: multifilesrc takes the first image
// that is missing for the end.
func (p *Pipeline) warnOfGaps() {
	for _, e := range p.gp.Elements("multifilesrc") {
		next, err := strconv.Atoi(e.Get("index"))
		location := strings.Trim(e.Get("location"), `"`)
		if later, missing := laterImage(location, next); err == nil && later != "" {
			p.log.Warn(e.Name()+" has ended at an image that is missing, although there are later ones",
				"missing", missing, "later", later)
		}
		e.Release()
	}
}

// laterImage returns the next image of a sequence behind the one with a number if that one is missing, and the name of
// the missing one; "" if it is not missing, or the sequence ends there.
func laterImage(location string, number int) (later, missing string) {
	dir, pattern := filepath.Split(location)
	at := imageNumber.FindAllStringIndex(pattern, -1)
	if len(at) != 1 {
		return "", ""
	}
	verb, from, to := pattern[at[0][0]:at[0][1]], pattern[:at[0][0]], pattern[at[0][1]:]
	name := func(n int) string { return from + fmt.Sprintf(verb, n) + to }
	missing = filepath.Join(dir, name(number))
	if _, err := os.Stat(missing); err == nil {
		return "", ""
	}
	entries, err := os.ReadDir(cmp.Or(dir, "."))
	if err != nil {
		return "", ""
	}
	first := 0
	for _, entry := range entries {
		middle, isFrom := strings.CutPrefix(entry.Name(), from)
		middle, isTo := strings.CutSuffix(middle, to)
		n, err := strconv.Atoi(middle)
		if isFrom && isTo && err == nil && n > number && entry.Name() == name(n) && (first == 0 || n < first) {
			first = n
		}
	}
	if first == 0 {
		return "", ""
	}
	return filepath.Join(dir, name(first)), missing
}
