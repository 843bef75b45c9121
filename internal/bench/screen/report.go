// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// row is all that was measured of the same subject.
type row struct {
	name    string
	results []*result
}

// group puts repeats together, in the order of the first of each.
func group(results []*result) []*row {
	var rows []*row
	byName := map[string]*row{}
	for _, r := range results {
		name := fmt.Sprintf("%s | %s | %s | %d", r.Codec, r.Publisher, cmp.Or(r.Encoder, "–"), r.Bitrate/1000)
		if byName[name] == nil {
			byName[name] = &row{name: name}
			rows = append(rows, byName[name])
		}
		byName[name].results = append(byName[name].results, r)
	}
	return rows
}

// text is the median of a figure, as it is shown.
func (r *row) text(c *column) string {
	values := make([]float64, len(r.results))
	for i, result := range r.results {
		values[i] = float64(c.get(result))
	}
	if m := median(values); !math.IsNaN(m) {
		return fmt.Sprintf("%.*f", c.digits, m)
	}
	return "–"
}

// markdown is a table in Markdown that can be read as it is.
func (t *table) markdown(rows []*row) string {
	lines := [][]string{{"codec", "publisher", "encoder", "kbit/s limit"}}
	for i := range t.columns {
		lines[0] = append(lines[0], t.columns[i].name)
	}
	for _, r := range rows {
		line := strings.Split(r.name, " | ")
		for i := range t.columns {
			line = append(line, r.text(&t.columns[i]))
		}
		lines = append(lines, line)
	}
	return "## " + t.title + "\n\n" + align(lines) + "\n"
}

// align writes lines as a Markdown table of even columns.
func align(lines [][]string) string {
	widths := make([]int, len(lines[0]))
	for _, line := range lines {
		for i, cell := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var out strings.Builder
	for n, line := range lines {
		for i, cell := range line {
			fmt.Fprintf(&out, "| %s%s ", cell, strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)))
		}
		out.WriteString("|\n")
		if n == 0 {
			for _, w := range widths {
				out.WriteString("|" + strings.Repeat("-", w+2))
			}
			out.WriteString("|\n")
		}
	}
	return out.String()
}

// definitions say what the tables' words mean.
const definitions = `## What the figures are

- All over one LiveKit server on this machine, publisher, server and viewer in processes of their own; medians of the
  repeats. The publisher captures every frame of the clip when it is due, with all of the clip in memory.
- shown: frames that differ from the one before, of which a picture reached the viewer. RTP time tells which frame a
  picture is of. What repeats or refines a picture at rest counts for the changed frame that it repeats, once.
- p50, p95: from a frame's capture to the arrival of the last RTP packet of the first picture that shows it.
- kB: RTP payload received, from the first packet to 0.1 s after the last capture.
- seen: PSNR of what a viewer has for each captured frame: the newest picture of it or of one before, however late it
  came. One that was left out counts as what stands in its place. seen in motion: of the frames that differ from the
  one before.
- dB: PSNR of luma, 100 where pictures are equal. SSIM: of luma, windows of 8 by 8, 4 px apart. motion: mean over the
  frames shown. final: the last picture, against the clip's last frame. 0.5 s, 1 s: what is on display so long after the
  last change before a second or more of rest; the worst of all such moments. sharp after: from that change until
  a picture of at least %d dB was decoded, the slowest.
- CPU: user and system time of the whole publishing process, from the first capture to the last.
- load: the machine's over the minute before, so of other work too. idle: the share of its processors' time over the
  clip that nobody used. keys: key frames, in the mean and the largest; a publisher that begins with a black picture
  has a tiny one. join in motion: %v into the clip another viewer asks for the track; the time to its first picture.
  resized: pictures that hadn't the clip's size.
- Encoding alone: each frame that differs from the one before goes through the encode chain as fast as that takes it,
  one after the other, with the clip's time stamps: no server, no policy. p50, p95: from the call of CaptureFrame to the
  coded sample, conversion and the wait for other work on the machine included. CPU: of the process.
- BD-rate: how many per cent more bytes it takes over the whole clip for the same mean PSNR, seen in motion and of all
  frames, by piecewise cubics through the limits' medians; over the range of dB that both reach. Below 0 is better.
  CPU: all limits' together, beside the other's.
- At rest: %v after the clip, a second after its end, one viewer watching. silent: nothing is captured. held: the last
  frame is captured again and again at the clip's rate.
- Joins: a second viewer, %d times, %v apart; medians over those who saw anything. first: the first decoded picture;
  sharp: the first of at least %d dB, waited for for %v. Time counts from the viewer's request for the track, signalling
  and negotiation included; "since Join" from its call to join the room.
`

// markdown is the whole report.
func (b *benchmark) markdown(results []*result) string {
	var out strings.Builder
	out.WriteString("# A screen recording, from capture to viewer\n\n")
	fmt.Fprintf(&out, "%dx%d, %d frames at %d a second, %d of them changed.\n\n",
		b.clip.width, b.clip.height, b.clip.frames, b.clip.fps, len(b.shape.changed))
	rows := group(results)
	for _, t := range tables() {
		if t.measured(results) {
			out.WriteString(t.markdown(rows) + "\n")
		}
	}
	out.WriteString(b.compared(results))
	fmt.Fprintf(&out, definitions, sharp, b.joinAt, b.restTime, b.joins, b.joinGap, sharp, b.patience)
	return out.String()
}

// write writes the report, and the raw figures into the folder.
func (b *benchmark) write(out io.Writer, results []*result) error {
	if len(results) == 0 {
		return nil
	}
	text := b.markdown(results)
	fmt.Fprintf(out, "\n%s", text)
	if b.report != "" {
		if err := os.WriteFile(b.report, []byte(text), 0o600); err != nil {
			return err
		}
	}
	raw, err := json.MarshalIndent(results, "", "  ")
	if err != nil {
		return err
	}
	if err = os.WriteFile(filepath.Join(b.out, "figures.json"), append(raw, '\n'), 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(b.out, "figures.csv"), []byte(csv(results)), 0o600)
}

// csv has a line for each result, repeats apart.
func csv(results []*result) string {
	var out strings.Builder
	out.WriteString("codec,publisher,encoder,bitrate,repeat,load")
	for _, t := range tables() {
		for i := range t.columns {
			fmt.Fprintf(&out, ",%s: %s", strings.ReplaceAll(t.title, ",", ""), t.columns[i].name)
		}
	}
	out.WriteByte('\n')
	for _, r := range results {
		fmt.Fprintf(&out, "%s,%s,%s,%d,%d,%.2f", r.Codec, r.Publisher, r.Encoder, r.Bitrate, r.Repeat, r.Load)
		for _, t := range tables() {
			for i := range t.columns {
				fmt.Fprintf(&out, ",%.4f", t.columns[i].get(r))
			}
		}
		out.WriteByte('\n')
	}
	return out.String()
}
