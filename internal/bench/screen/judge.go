// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gstpublish/gstpublish/internal/bench/publisher"
	"github.com/gstpublish/gstpublish/internal/bench/quality"
	"github.com/gstpublish/gstpublish/internal/viewer"
	"github.com/gstpublish/gstpublish/sink"
)

// figure is a measured number, or NaN if there was nothing to measure.
type figure float64

var nan = figure(math.NaN()) // never written

// MarshalJSON writes null for NaN, which JSON lacks.
func (f figure) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(f)) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(f))
}

// result is one measurement of a subject.
type result struct {
	Publisher, Codec, Encoder string
	Camera                    bool
	Link                      string // empty if there is none
	Bitrate, Repeat           int
	Load                      figure // of the machine before, over a minute
	Idle                      figure // per cent of the machine's time over the clip

	Changed, Shown figure // frames
	P50, P95       figure // ms
	MotionFPS      figure // frames shown a second of motion
	InTime         figure // per cent of the shown frames that arrived within inTime
	KB             figure // of RTP payload
	Decoded        figure
	KeyFrames      figure
	Lost           figure // packets
	Resized        figure // decoded frames of another size than the clip's
	Agree          figure // shown frames whose content confirms the match

	MotionPSNR           figure // dB, mean over the shown frames
	FinalPSNR, FinalSSIM figure
	// The same in RGB, and of coloured text alone: see quality.RGB.
	FinalRGB, FinalRGBSSIM, FinalColoured figure
	// The mean PSNR of what a viewer sees at each captured frame, in dB: for all of them from the first decoded frame
	// on, and for those that changed.
	SeenPSNR, SeenMotionPSNR figure
	KeyKB, KeyMostKB         figure  // mean and largest key frame of the clip
	Joined                   *joined // the viewer who joined in motion
	// The worst of all transitions to rest: half a second and a second later, and the seconds until it was sharp.
	HalfPSNR, HalfSSIM, OnePSNR, OneSSIM, RestSharp figure

	CPU       figure // s, over the clip
	CPUFrame  figure // ms for each captured frame
	CaptureUS figure // mean µs inside CaptureFrame
	DrawUS    figure // mean µs to draw a frame
	// For each captured frame: voluntary and involuntary context switches, and allocations by Go. GCs count for the
	// whole clip.
	Wakes, Preempted, Mallocs, MallocKB, GCs figure

	OnLink       *onLink            // nil if there is no link
	Silent, Held *atRest            // without captures, and with repeated captures of the last frame
	Encoded      *publisher.Encoded // nil for other publishers
	Stats        *sink.Stats

	crops crops
}

// setUsage sets what the publisher reports about the clip.
func (r *result) setUsage(u *publisher.Usage, frames int) {
	n := figure(frames)
	r.CPU, r.CPUFrame = figure(u.CPU), 1000*figure(u.CPU)/n
	r.CaptureUS, r.DrawUS, r.Stats = figure(u.CaptureUS), figure(u.DrawUS), u.Stats
	r.Wakes, r.Preempted, r.Mallocs, r.MallocKB, r.GCs = nan, nan, nan, nan, nan
	if u.Voluntary != nil && u.Involuntary != nil {
		r.Wakes, r.Preempted = figure(*u.Voluntary)/n, figure(*u.Involuntary)/n
	}
	if u.Heap != nil {
		r.Mallocs, r.MallocKB, r.GCs = figure(u.Heap.Mallocs)/n, figure(u.Heap.Bytes)/1000/n, figure(u.Heap.GCs)
	}
	if u.Encoder != "" {
		r.Encoder = u.Encoder
	}
}

// judge computes the figures that follow from the decoded frames of the clip.
func (b *benchmark) judge(r *result, s *subject, captures []captured, seen *seen) error {
	if s.lowest {
		b.enlarge(seen)
	}
	file, decoded := s.file(), seen.decoded
	rtp := make([]uint32, len(decoded))
	for i, p := range decoded {
		rtp[i] = p.RTPTime
	}
	times := unroll(rtp)
	arrivals := make([]arrived, len(decoded))
	for i, p := range decoded {
		arrivals[i] = arrived{rtp: times[i], at: epoch(p.Received)}
	}
	r.Resized = figure(b.resized(decoded) + seen.enlarged)
	offset, err := rtpOffset(captures, arrivals, s.delay())
	if err != nil {
		return err
	}
	late := b.lateness(captures, arrivals, decoded, offset)
	m := matchArrivals(captures, arrivals, b.shape, offset-late)
	r.Decoded, r.Changed, r.Shown = figure(len(decoded)), figure(len(b.shape.changed)), figure(len(m.shown))
	latencies := make([]float64, len(m.shown))
	for i, one := range m.shown {
		latencies[i] = one.latency.Seconds() * 1000
	}
	r.P50, r.P95 = figure(quality.Percentile(latencies, 50)), figure(quality.Percentile(latencies, 95))
	r.setPace(latencies, b.motionsAt(captures))
	if err = b.judgeMotion(r, m, decoded, file); err != nil {
		return err
	}
	b.judgeRests(r, m, captures, decoded)
	b.judgeSeen(r, m, decoded)
	r.KeyKB, r.KeyMostKB = keySizes(decoded)
	if !b.crop.Empty() {
		r.crops = b.cropsOf(m, seen.cropped)
	}
	return b.judgeFinal(r, seen.newest, file)
}

// resized returns how many frames have another size than the clip.
func (b *benchmark) resized(decoded []*viewer.Frame) (n int) {
	for _, p := range decoded {
		if p.Width != b.clip.width || p.Height != b.clip.height {
			n++
		}
	}
	return n
}

const (
	// mostLate is the number of the clip's intervals by which all decoded frames may be late.
	mostLate = 60
	// mostEarly is the number of intervals by which they may seem early: the first frames of a pipeline can have other
	// times.
	mostEarly = 3
	// lateSamples is the number of decoded frames that are compared for that.
	lateSamples = 12
)

// lateness returns by how much the result of rtpOffset is too large because even the quickest decoded frames took
// longer than an interval. It is the number of whole intervals with which decoded frames resemble the clip's most.
func (b *benchmark) lateness(
	captures []captured, arrivals []arrived, decoded []*viewer.Frame, offset time.Duration,
) time.Duration {
	var moving []int // decoded frames whose time is in a motion, or soon after it
	for i, p := range arrivals {
		frame := captures[nearest(captures, p.rtp+offset)].index
		k, _ := slices.BinarySearch(b.shape.changed, frame)
		if k > 0 && frame-b.shape.changed[k-1] < mostLate && b.luma(decoded[i]) != nil {
			moving = append(moving, i)
		}
	}
	var sums [mostEarly + mostLate]float64 // of squared errors, by how late; the first is mostEarly early
	for k := range min(lateSamples, len(moving)) {
		i := moving[k*len(moving)/min(lateSamples, len(moving))]
		for n := len(sums) - 1; n >= 0; n-- { // The latest is the clip's first.
			late := time.Duration(n-mostEarly) * b.clip.interval()
			frame := captures[nearest(captures, arrivals[i].rtp+offset-late)].index
			sums[n] += quality.MSE(b.luma(decoded[i]), b.clip.luma(frame))
		}
	}
	best := mostEarly
	if len(moving) > 0 {
		best = slices.Index(sums[:], slices.Min(sums[:]))
	}
	return time.Duration(best-mostEarly) * b.clip.interval()
}

// setNothing sets the figures for a publisher without any decoded frame.
func (r *result) setNothing(changed int) {
	r.Changed, r.Shown, r.MotionFPS = figure(changed), 0, 0
	for _, f := range []*figure{
		&r.P50, &r.P95, &r.InTime, &r.Agree, &r.MotionPSNR, &r.FinalPSNR, &r.FinalSSIM, &r.FinalRGB, &r.FinalRGBSSIM,
		&r.FinalColoured, &r.SeenPSNR, &r.SeenMotionPSNR,
		&r.KeyKB, &r.KeyMostKB, &r.HalfPSNR, &r.HalfSSIM, &r.OnePSNR, &r.OneSSIM, &r.RestSharp,
	} {
		*f = nan
	}
}

// inTime is the latency, in ms, above which a frame of a screen is old.
const inTime = 600

// setPace sets how many frames were shown per second of motion, and how many of them in time.
func (r *result) setPace(latencies []float64, motions []span) {
	seconds, early := 0.0, 0
	for _, m := range motions {
		seconds += (m.to - m.from).Seconds()
	}
	for _, latency := range latencies {
		if latency <= inTime {
			early++
		}
	}
	r.MotionFPS = figure(float64(len(latencies)) / seconds)
	r.InTime = figure(100 * float64(early) / float64(len(latencies)))
}

// luma returns a decoded frame's Y plane, or nil if the size differs from the clip's.
func (b *benchmark) luma(p *viewer.Frame) []byte {
	if p == nil || p.Width != b.clip.width || p.Height != b.clip.height {
		return nil
	}
	return p.YUV[:p.Width*p.Height]
}

// judgeMotion compares each shown frame with the clip's frame and its neighbours, to check the match of times.
func (b *benchmark) judgeMotion(r *result, m *match, decoded []*viewer.Frame, file string) error {
	var all []float64
	var rows strings.Builder
	rows.WriteString("frame,latency_ms,bytes,key,psnr_y\n")
	r.Agree = 0
	for _, s := range m.shown {
		p := decoded[s.arrival]
		var psnr [3]float64 // with the previous frame, this one and the next
		for d := range psnr {
			at := min(max(s.frame+d-1, 0), b.clip.frames-1)
			psnr[d] = quality.PSNR(b.luma(p), b.clip.luma(at))
		}
		if psnr[1] >= psnr[0] && psnr[1] >= psnr[2] {
			r.Agree++
		}
		all = append(all, psnr[1])
		fmt.Fprintf(&rows, "%d,%.3f,%d,%t,%.2f\n", s.frame, s.latency.Seconds()*1000, p.Bytes, p.Key, psnr[1])
	}
	r.MotionPSNR = figure(quality.Mean(all))
	return os.WriteFile(filepath.Join(b.out, file+"-shown.csv"), []byte(rows.String()), 0o600)
}

// judgeSeen compares each captured frame of the clip with the decoded frame that a viewer has for that time: the newest
// of that frame or of an earlier one. So a dropped frame counts as the frame shown in its place. A late frame counts as
// itself, since another column has the delay. Frames before the first decoded frame do not count.
func (b *benchmark) judgeSeen(r *result, m *match, decoded []*viewer.Frame) {
	var all, moving []float64
	next, shown, last := 0, -1, math.NaN()
	for i := range b.clip.frames {
		fresh := b.shape.content[i] == i
		for ; next < len(decoded) && m.frames[next] <= i; next++ {
			shown, fresh = next, true
		}
		if shown < 0 {
			continue
		}
		if fresh {
			last = quality.PSNR(b.luma(decoded[shown]), b.clip.luma(i))
		}
		all = append(all, last)
		if _, changed := slices.BinarySearch(b.shape.changed, i); changed {
			moving = append(moving, last)
		}
	}
	r.SeenPSNR, r.SeenMotionPSNR = figure(quality.Mean(all)), figure(quality.Mean(moving))
}

// keySizes returns the mean and the largest size of the key frames among decoded frames, in kB.
func keySizes(decoded []*viewer.Frame) (average, largest figure) {
	var sizes []float64
	for _, p := range decoded {
		if p.Key {
			sizes = append(sizes, float64(p.Bytes)/1000)
		}
	}
	return figure(quality.Mean(sizes)), figure(quality.Percentile(sizes, 100))
}

// judgeRests compares what is shown after each transition to rest.
func (b *benchmark) judgeRests(r *result, m *match, captures []captured, decoded []*viewer.Frame) {
	at := map[int]time.Duration{}
	for _, c := range captures {
		at[c.index] = c.at
	}
	r.HalfPSNR, r.HalfSSIM, r.OnePSNR, r.OneSSIM, r.RestSharp = nan, nan, nan, nan, nan
	for n, i := range b.shape.rests {
		luma := b.clip.luma(i)
		half := b.luma(onDisplay(decoded, at[i]+time.Second/2))
		one := b.luma(onDisplay(decoded, at[i]+time.Second))
		q := [5]figure{
			figure(quality.PSNR(half, luma)), figure(quality.SSIM(half, luma, b.clip.width, b.clip.height)),
			figure(quality.PSNR(one, luma)), figure(quality.SSIM(one, luma, b.clip.width, b.clip.height)),
			b.sharpAfter(m, decoded, i, at[i], luma),
		}
		if n > 0 { // min and max keep NaN, so a frame that never came is the worst.
			q = [5]figure{
				min(q[0], r.HalfPSNR), min(q[1], r.HalfSSIM), min(q[2], r.OnePSNR), min(q[3], r.OneSSIM),
				max(q[4], r.RestSharp),
			}
		}
		r.HalfPSNR, r.HalfSSIM, r.OnePSNR, r.OneSSIM, r.RestSharp = q[0], q[1], q[2], q[3], q[4]
	}
}

// sharpAfter returns how many seconds after its capture a frame was shown sharp, or NaN if it never was.
func (b *benchmark) sharpAfter(
	m *match, decoded []*viewer.Frame, frame int, at time.Duration, luma []byte,
) figure {
	for i, p := range decoded {
		if b.shape.content[m.frames[i]] == frame && quality.PSNR(b.luma(p), luma) >= quality.Sharp {
			return seconds(epoch(p.Decoded) - at)
		}
	}
	return nan
}

// judgeFinal compares the last decoded frame of the clip with the original, and saves both side by side.
func (b *benchmark) judgeFinal(r *result, p *viewer.Frame, file string) error {
	luma := b.luma(p)
	r.FinalPSNR = figure(quality.PSNR(luma, b.final))
	r.FinalSSIM = figure(quality.SSIM(luma, b.final, b.clip.width, b.clip.height))
	shown, original := p.RGBA(), b.clip.original(b.clip.frames-1).RGBA()
	rgb := quality.InRGB(shown, original)
	r.FinalRGB, r.FinalRGBSSIM, r.FinalColoured = figure(rgb.PSNR), figure(rgb.SSIM), figure(rgb.Coloured)
	return saveBeside(filepath.Join(b.out, file+".png"), shown, original)
}

// saveBeside writes two images side by side, the second on the right.
func saveBeside(path string, left, right *image.RGBA) error {
	both := image.NewRGBA(image.Rect(0, 0, left.Rect.Dx()+right.Rect.Dx(), max(left.Rect.Dy(), right.Rect.Dy())))
	draw.Draw(both, left.Rect, left, image.Point{}, draw.Src)
	draw.Draw(both, right.Rect.Add(image.Pt(left.Rect.Dx(), 0)), right, image.Point{}, draw.Src)
	return savePNG(path, both)
}

func savePNG(path string, img image.Image) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(png.Encode(f, img), f.Close())
}
