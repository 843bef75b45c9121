// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import "math"

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

// tables are what the report has, in order.
func tables() []table {
	return []table{
		{"The clip", clipColumns()},
		{"Encoding alone", encodeColumns()},
		{"At rest", append(restColumns("silent", func(r *result) *atRest { return r.Silent }),
			restColumns("held", func(r *result) *atRest { return r.Held })...)},
		{"A viewer who joins at rest, capture silent", joinColumns(func(r *result) *atRest { return r.Silent })},
		{"A viewer who joins at rest, the same frame captured on", joinColumns(func(r *result) *atRest { return r.Held })},
	}
}

func clipColumns() []column {
	return []column{
		{"shown", 0, func(r *result) figure { return r.Shown }},
		{"of", 0, func(r *result) figure { return r.Changed }},
		{"p50 ms", 1, func(r *result) figure { return r.P50 }},
		{"p95 ms", 1, func(r *result) figure { return r.P95 }},
		{"kB", 0, func(r *result) figure { return r.KB }},
		{"seen dB", 1, func(r *result) figure { return r.SeenPSNR }},
		{"seen in motion dB", 1, func(r *result) figure { return r.SeenMotionPSNR }},
		{"motion dB", 1, func(r *result) figure { return r.MotionPSNR }},
		{"final dB", 1, func(r *result) figure { return r.FinalPSNR }},
		{"final SSIM", 4, func(r *result) figure { return r.FinalSSIM }},
		{"0.5 s dB", 1, func(r *result) figure { return r.HalfPSNR }},
		{"0.5 s SSIM", 4, func(r *result) figure { return r.HalfSSIM }},
		{"1 s dB", 1, func(r *result) figure { return r.OnePSNR }},
		{"1 s SSIM", 4, func(r *result) figure { return r.OneSSIM }},
		{"sharp after ms", 0, func(r *result) figure { return 1000 * r.RestSharp }},
		{"CPU s", 2, func(r *result) figure { return r.CPU }},
		{"CPU ms/frame", 2, func(r *result) figure { return r.CPUFrame }},
		{"capture µs", 0, func(r *result) figure { return r.CaptureUS }},
		{"load", 1, func(r *result) figure { return r.Load }},
		{"idle %", 0, func(r *result) figure { return r.Idle }},
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
	of := func(get func(*encoded) float64) func(*result) figure {
		return func(r *result) figure {
			if r.Encoded == nil {
				return nan
			}
			return figure(get(r.Encoded))
		}
	}
	return []column{
		{"frames", 0, of(func(e *encoded) float64 { return float64(e.Frames) })},
		{"left out", 0, of(func(e *encoded) float64 { return float64(e.LeftOut) })},
		{"p50 ms", 1, of(func(e *encoded) float64 { return e.P50 })},
		{"p95 ms", 1, of(func(e *encoded) float64 { return e.P95 })},
		{"CPU ms/frame", 2, of(func(e *encoded) float64 { return e.CPU })},
		{"kB", 0, of(func(e *encoded) float64 { return e.KB })},
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
			return figure(median(values))
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
		{"saw a picture", 0, count(func(j *joined) figure { return j.First })},
		{"a sharp one", 0, count(func(j *joined) figure { return j.Sharp })},
		{"first ms", 0, of(1000, func(j *joined) figure { return j.First })},
		{"first dB", 1, of(1, func(j *joined) figure { return j.FirstPSNR })},
		{"sharp ms", 0, of(1000, func(j *joined) figure { return j.Sharp })},
		{"sharp dB", 1, of(1, func(j *joined) figure { return j.SharpPSNR })},
		{"first since Join ms", 0, of(1000, func(j *joined) figure { return j.FirstAll })},
		{"sharp since Join ms", 0, of(1000, func(j *joined) figure { return j.SharpAll })},
	}
}

// measured tells whether any of the results has a figure of the table.
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
