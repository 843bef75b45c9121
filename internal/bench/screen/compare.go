// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/gstpublish/gstpublish/internal/bench/quality"
)

// rated is an encoder with the results at several limits.
type rated struct {
	codec, publisher, encoder string
	kind                      string // and link
	limits                    []int
	results                   map[int][]*result // the repeats, by limit
}

func (r *rated) is(o *result) bool {
	return r.codec == o.Codec && r.publisher == o.Publisher && r.encoder == o.Encoder && r.kind == o.kindAndLink()
}

// points returns the medians of the repeats at each limit.
func (r *rated) points(kB, dB func(*result) figure) []quality.Point {
	var points []quality.Point
	for _, limit := range r.limits {
		var x, y []float64
		for _, one := range r.results[limit] {
			x, y = append(x, float64(kB(one))), append(y, float64(dB(one)))
		}
		points = append(points, quality.Point{KB: quality.Median(x), DB: quality.Median(y)})
	}
	return points
}

func rate(results []*result) []*rated {
	var all []*rated
	for _, r := range results {
		i := slices.IndexFunc(all, func(o *rated) bool { return o.is(r) })
		if i < 0 {
			i = len(all)
			all = append(all, &rated{
				codec: r.Codec, publisher: r.Publisher, encoder: r.Encoder, kind: r.kindAndLink(), results: map[int][]*result{},
			})
		}
		if len(all[i].results[r.Bitrate]) == 0 {
			all[i].limits = append(all[i].limits, r.Bitrate)
		}
		all[i].results[r.Bitrate] = append(all[i].results[r.Bitrate], r)
	}
	slices.SortStableFunc(all, func(a, b *rated) int { return cmp.Compare(a.codec, b.codec) })
	return all
}

// compared returns the BD-rates of each encoder relative to another publisher with the same codec, or to the codec's
// first encoder if there is no other publisher. It is empty if there are too few limits.
func (b *benchmark) compared(results []*result) string {
	kB := func(r *result) figure { return r.KB }
	lines := [][]string{{
		"codec", "publisher", "encoder", "of", "beside", "in motion %", "over dB", "all frames %", "over dB", "CPU %",
	}}
	all := rate(results)
	for _, r := range all {
		ref := reference(all, r, b.againstName)
		if len(r.limits) < 2 || ref == r {
			continue
		}
		line := []string{r.codec, r.publisher, cmp.Or(r.encoder, "–"), r.kind, cmp.Or(ref.encoder, ref.publisher)}
		for _, dB := range []func(*result) figure{
			func(r *result) figure { return r.SeenMotionPSNR }, func(r *result) figure { return r.SeenPSNR },
		} {
			percent, from, to := quality.BDRate(ref.points(kB, dB), r.points(kB, dB))
			if math.IsNaN(percent) {
				line = append(line, "–", "–")
				continue
			}
			line = append(line, fmt.Sprintf("%+.1f", percent), fmt.Sprintf("%.1f to %.1f", from, to))
		}
		lines = append(lines, append(line, fmt.Sprintf("%+.0f", 100*(cpu(r)/cpu(ref)-1))))
	}
	if len(lines) == 1 {
		return ""
	}
	return "## Bytes for the same quality (BD-rate)\n\n" + align(lines) + "\n"
}

func reference(all []*rated, r *rated, against string) *rated {
	for _, other := range all {
		if other.codec == r.codec && other.publisher == against && other.kind == r.kind {
			return other
		}
	}
	return all[slices.IndexFunc(all, func(o *rated) bool { return o.codec == r.codec && o.kind == r.kind })]
}

// cpu returns the CPU time of the publishing process, over all limits.
func cpu(r *rated) float64 {
	sum := 0.0
	for _, p := range r.points(func(r *result) figure { return r.CPU }, func(*result) figure { return 0 }) {
		sum += p.KB
	}
	return sum
}
