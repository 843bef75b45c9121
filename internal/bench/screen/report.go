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
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gstpublish/gstpublish/internal/bench/proc"
	"github.com/gstpublish/gstpublish/internal/bench/quality"
	"github.com/gstpublish/gstpublish/internal/devserver"
	"github.com/gstpublish/gstpublish/pipeline"
)

// row has all results of one subject.
type row struct {
	name    string
	results []*result
}

// columnMark separates the columns of a row's name.
const columnMark = " | "

// kind is what was published.
func (r *result) kind() string {
	if r.Camera {
		return "camera"
	}
	return "screen"
}

// group combines repeats, in the order of their first results.
func group(results []*result) []*row {
	var rows []*row
	byName := map[string]*row{}
	for _, r := range results {
		name := strings.Join([]string{
			r.kind(), r.Codec, r.Publisher, cmp.Or(r.Encoder, "–"), strconv.Itoa(r.Bitrate / 1000), cmp.Or(r.Link, "none"),
		}, columnMark)
		if byName[name] == nil {
			byName[name] = &row{name: name}
			rows = append(rows, byName[name])
		}
		byName[name].results = append(byName[name].results, r)
	}
	return rows
}

// text returns the median of a figure, formatted.
func (r *row) text(c *column) string {
	values := make([]float64, len(r.results))
	for i, result := range r.results {
		values[i] = float64(c.get(result))
	}
	if m := quality.Median(values); !math.IsNaN(m) {
		return fmt.Sprintf("%.*f", c.digits, m)
	}
	return "–"
}

// markdown returns the table as Markdown that is readable as plain text.
func (t *table) markdown(rows []*row) string {
	lines := [][]string{{"of", "codec", "publisher", "encoder", "kbit/s limit", "link"}}
	for i := range t.columns {
		lines[0] = append(lines[0], t.columns[i].name)
	}
	for _, r := range rows {
		if !t.measured(r.results) {
			continue
		}
		line := strings.Split(r.name, columnMark)
		for i := range t.columns {
			line = append(line, r.text(&t.columns[i]))
		}
		lines = append(lines, line)
	}
	return "## " + t.title + "\n\n" + align(lines) + "\n"
}

// align returns lines as a Markdown table with aligned columns.
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

// markdown returns the whole report.
func (b *benchmark) markdown(results []*result) string {
	var out strings.Builder
	out.WriteString("# A screen recording, from capture to viewer\n\n")
	fmt.Fprintf(&out, "%s, GStreamer %s, LiveKit server %s", proc.Describe(), pipeline.GStreamerVersion(),
		devserver.Version)
	fmt.Fprintf(&out, "; %s.\n\n", time.Now().Format(time.DateOnly))
	chroma := "4:2:0"
	if b.clip.full != nil {
		chroma = "4:4:4"
	}
	fmt.Fprintf(&out, "%dx%d, %d frames in %s at %d a second, %d of them changed; runs of each: %d.\n\n",
		b.clip.width, b.clip.height, b.clip.frames, chroma, b.clip.fps, len(b.shape.changed), b.repeats)
	rows := group(results)
	for _, t := range tables() {
		if t.measured(results) {
			out.WriteString(t.markdown(rows))
		}
	}
	out.WriteString(b.compared(results))
	fmt.Fprintf(&out, definitions, quality.Sharp, b.joinAt)
	if b.restTime > 0 {
		fmt.Fprintf(&out, restDefinitions, b.restTime, b.joins, b.joinGap, quality.Sharp, b.patience)
	}
	return out.String()
}

// write writes the report, and the raw figures into the folder.
func (b *benchmark) write(out io.Writer, results []*result) error {
	if len(results) == 0 {
		return nil
	}
	text := b.markdown(results)
	named, err := b.writeCrops(results)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\n%s\n%s", text, named)
	if b.report != "" {
		if err = os.WriteFile(b.report, []byte(text), 0o600); err != nil {
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

// csv returns a line for each result; repeats have lines of their own.
func csv(results []*result) string {
	var out strings.Builder
	out.WriteString("of,codec,publisher,encoder,bitrate,link,repeat")
	for _, t := range tables() {
		for i := range t.columns {
			fmt.Fprintf(&out, ",%s: %s", strings.ReplaceAll(t.title, ",", ""), t.columns[i].name)
		}
	}
	out.WriteByte('\n')
	for _, r := range results {
		fmt.Fprintf(&out, "%s,%s,%q,%s,%d,%q,%d", r.kind(), r.Codec, r.Publisher, r.Encoder, r.Bitrate, r.Link, r.Repeat)
		for _, t := range tables() {
			for i := range t.columns {
				fmt.Fprintf(&out, ",%.4f", t.columns[i].get(r))
			}
		}
		out.WriteByte('\n')
	}
	return out.String()
}

// kindAndLink returns what was published, and over which link.
func (r *result) kindAndLink() string {
	if r.Link == "" {
		return r.kind()
	}
	return r.kind() + ", " + r.Link
}
