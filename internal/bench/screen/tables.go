// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"math"

	"github.com/gstpublish/gstpublish/internal/bench/publisher"
	"github.com/gstpublish/gstpublish/internal/bench/quality"
)

// column is a figure in the tables.
type column struct {
	name   string
	digits int // after the point
	get    func(r *result) figure
}

// table is a table of results, one row for each subject.
type table struct {
	title   string
	columns []column
}

// tables are the tables of the report, in order.
func tables() []table {
	silent := func(r *result) *atRest { return r.Silent }
	held := func(r *result) *atRest { return r.Held }
	return []table{
		{"From capture to viewer", wayColumns()},
		{"Narrow links", linkColumns()},
		{"Quality for bytes", qualityColumns()},
		{"Encoding alone", encodeColumns()},
		{"A still screen", append(restColumns("silent", silent), restColumns("held", held)...)},
		{"A viewer who joins while nothing is captured", joinColumns(silent)},
		{"A viewer who joins while the same frame is captured again and again", joinColumns(held)},
	}
}

func wayColumns() []column {
	return []column{
		{"shown", 0, func(r *result) figure { return r.Shown }},
		{"of", 0, func(r *result) figure { return r.Changed }},
		{"p50 ms", 1, func(r *result) figure { return r.P50 }},
		{"p95 ms", 1, func(r *result) figure { return r.P95 }},
		{"CPU ms/frame", 2, func(r *result) figure { return r.CPUFrame }},
		{"wake-ups/frame", 1, func(r *result) figure { return r.Wakes }},
		{"preempted/frame", 1, func(r *result) figure { return r.Preempted }},
		{"allocations/frame", 0, func(r *result) figure { return r.Mallocs }},
		{"allocated kB/frame", 1, func(r *result) figure { return r.MallocKB }},
		{"GCs", 0, func(r *result) figure { return r.GCs }},
		{"capture µs", 0, func(r *result) figure { return r.CaptureUS }},
		{"draw µs", 0, func(r *result) figure { return r.DrawUS }},
		{"CPU s", 2, func(r *result) figure { return r.CPU }},
		{"idle %", 0, func(r *result) figure { return r.Idle }},
		{"load", 1, func(r *result) figure { return r.Load }},
	}
}

func linkColumns() []column {
	of := func(get func(*result, *onLink) figure) func(*result) figure {
		return func(r *result) figure {
			if r.OnLink == nil {
				return nan
			}
			return get(r, r.OnLink)
		}
	}
	return []column{
		{"frames/s in motion", 1, of(func(r *result, _ *onLink) figure { return r.MotionFPS })},
		{"p50 ms", 0, of(func(r *result, _ *onLink) figure { return r.P50 })},
		{"p95 ms", 0, of(func(r *result, _ *onLink) figure { return r.P95 })},
		{"within 600 ms %", 0, of(func(r *result, _ *onLink) figure { return r.InTime })},
		{"sent kbit/s", 0, of(func(_ *result, l *onLink) figure { return l.Kbps })},
		{"of the link %", 0, of(func(_ *result, l *onLink) figure { return l.Share })},
		{"queue p50 ms", 0, of(func(_ *result, l *onLink) figure { return l.QueueP50 })},
		{"queue p95 ms", 0, of(func(_ *result, l *onLink) figure { return l.QueueP95 })},
		{"longest queue ms", 0, of(func(_ *result, l *onLink) figure { return l.QueueMost })},
		{"packets", 0, of(func(_ *result, l *onLink) figure { return l.Packets })},
		{"dropped", 0, of(func(_ *result, l *onLink) figure { return l.Dropped })},
	}
}

func qualityColumns() []column {
	return []column{
		{"kB", 0, func(r *result) figure { return r.KB }},
		{"seen dB", 1, func(r *result) figure { return r.SeenPSNR }},
		{"seen in motion dB", 1, func(r *result) figure { return r.SeenMotionPSNR }},
		{"motion dB", 1, func(r *result) figure { return r.MotionPSNR }},
		{"final dB", 1, func(r *result) figure { return r.FinalPSNR }},
		{"final SSIM", 4, func(r *result) figure { return r.FinalSSIM }},
		{"final RGB dB", 1, func(r *result) figure { return r.FinalRGB }},
		{"final RGB SSIM", 4, func(r *result) figure { return r.FinalRGBSSIM }},
		{"coloured text dB", 1, func(r *result) figure { return r.FinalColoured }},
		{"0.5 s dB", 1, func(r *result) figure { return r.HalfPSNR }},
		{"0.5 s SSIM", 4, func(r *result) figure { return r.HalfSSIM }},
		{"1 s dB", 1, func(r *result) figure { return r.OnePSNR }},
		{"1 s SSIM", 4, func(r *result) figure { return r.OneSSIM }},
		{"sharp after ms", 0, func(r *result) figure { return 1000 * r.RestSharp }},
		{"keys", 0, func(r *result) figure { return r.KeyFrames }},
		{"a key kB", 0, func(r *result) figure { return r.KeyKB }},
		{"largest key kB", 0, func(r *result) figure { return r.KeyMostKB }},
		{"join in motion ms", 0, func(r *result) figure {
			if r.Joined == nil {
				return nan
			}
			return 1000 * r.Joined.First
		}},
		{"resized", 0, func(r *result) figure { return r.Resized }},
	}
}

func encodeColumns() []column {
	of := func(get func(*publisher.Encoded) float64) func(*result) figure {
		return func(r *result) figure {
			if r.Encoded == nil {
				return nan
			}
			return figure(get(r.Encoded))
		}
	}
	return []column{
		{"frames", 0, of(func(e *publisher.Encoded) float64 { return float64(e.Frames) })},
		{"dropped", 0, of(func(e *publisher.Encoded) float64 { return float64(e.Dropped) })},
		{"p50 ms", 1, of(func(e *publisher.Encoded) float64 { return e.P50 })},
		{"p95 ms", 1, of(func(e *publisher.Encoded) float64 { return e.P95 })},
		{"CPU ms/frame", 2, of(func(e *publisher.Encoded) float64 { return e.CPU })},
		{"kB", 0, of(func(e *publisher.Encoded) float64 { return e.KB })},
	}
}

func restColumns(name string, rest func(*result) *atRest) []column {
	of := func(get func(*atRest) figure) func(*result) figure {
		return func(r *result) figure {
			if a := rest(r); a != nil {
				return get(a)
			}
			return nan
		}
	}
	return []column{
		{name + " kbit/s", 2, of(func(a *atRest) figure { return a.Kbps })},
		{name + " frames/s", 1, of(func(a *atRest) figure { return a.FPS })},
		{name + " keys", 0, of(func(a *atRest) figure { return a.KeyFrames })},
		{name + " CPU %", 2, of(func(a *atRest) figure { return a.CPUPer })},
		{name + " wake-ups/s", 0, of(func(a *atRest) figure { return a.Wakes })},
		{name + ": a join's key kB", 0, of(func(a *atRest) figure { return a.KeyKB })},
	}
}

func joinColumns(rest func(*result) *atRest) []column {
	of := func(scale figure, get func(*joined) figure) func(*result) figure {
		return func(r *result) figure {
			a := rest(r)
			if a == nil || len(a.Joins) == 0 {
				return nan
			}
			values := make([]float64, len(a.Joins))
			for i := range a.Joins {
				values[i] = float64(scale * get(&a.Joins[i]))
			}
			return figure(quality.Median(values))
		}
	}
	count := func(get func(*joined) figure) func(*result) figure {
		return func(r *result) figure {
			n := nan
			if a := rest(r); a != nil {
				n = 0
				for i := range a.Joins {
					if !math.IsNaN(float64(get(&a.Joins[i]))) {
						n++
					}
				}
			}
			return n
		}
	}
	return []column{
		{"saw a decoded frame", 0, count(func(j *joined) figure { return j.First })},
		{"a sharp one", 0, count(func(j *joined) figure { return j.Sharp })},
		{"first ms", 0, of(1000, func(j *joined) figure { return j.First })},
		{"first dB", 1, of(1, func(j *joined) figure { return j.FirstPSNR })},
		{"sharp ms", 0, of(1000, func(j *joined) figure { return j.Sharp })},
		{"sharp dB", 1, of(1, func(j *joined) figure { return j.SharpPSNR })},
		{"first since Join ms", 0, of(1000, func(j *joined) figure { return j.FirstAll })},
		{"sharp since Join ms", 0, of(1000, func(j *joined) figure { return j.SharpAll })},
	}
}

// measured reports whether any of the results has a figure of the table.
func (t *table) measured(results []*result) bool {
	for _, r := range results {
		for i := range t.columns {
			if !math.IsNaN(float64(t.columns[i].get(r))) {
				return true
			}
		}
	}
	return false
}
