// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/gstpublish/gstpublish/internal/advice"
	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/gst/ximage"
)

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
