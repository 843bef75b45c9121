// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/test/generated"
)

// inCI lists the software encoders that the project's tests encode with, on Debian 12 and 13. No
// hardware encoder has been tried yet.
var inCI = []string{
	"av1enc", "gpav1enc", "gpvp8enc", "gpvp9enc", "openh264enc", "vp8enc", "vp9enc", "x264enc", "x265enc",
}

// TestDocumentedTable compares the tables in docs/encoders.md with the catalogue.
func TestDocumentedTable(t *testing.T) {
	for name, text := range map[string]string{
		"rows": rowsTable(standIns(t)), "screens": screensTable(), "traps": trapsList(), "libraries": librariesTable(),
	} {
		generated.Section(t, filepath.Join("..", ".."), "encoders.md", name, text)
	}
}

// standIns returns the elements that have a stand-in for tests.
func standIns(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "internal", "gst", "standin", "elements", "*.txt"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	var names []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, m := range regexp.MustCompile(`(?m)^element (\S+)`).FindAllStringSubmatch(string(text), -1) {
			names = append(names, m[1])
		}
	}
	return names
}

func rowsTable(standIns []string) string {
	var b strings.Builder
	b.WriteString("| family | element | codec | input | bit rate | key frames by | target changes | proven on |\n" +
		"|---|---|---|---|---|---|---|---|\n")
	for _, r := range Rows() {
		keyFrame := r.KeyFrame.String()
		if r.KeyFrame == KeyFrameSignal {
			keyFrame += " " + code(r.KeySignal)
		}
		cells := []string{
			string(r.Family), code(r.Factory), r.Codec.String(), frontsCell(&r), bitratesCell(&r), keyFrame,
			r.BitrateChange.String(), provenOn(&r, standIns),
		}
		fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | "))
	}
	return b.String()
}

func provenOn(r *Row, standIns []string) string {
	switch {
	case slices.Contains(inCI, r.Factory):
		return "CI"
	case slices.Contains(standIns, r.Factory):
		return "stand-in only"
	default:
		return "nothing"
	}
}

func code(s string) string { return "`" + s + "`" }

func frontsCell(r *Row) string {
	var cells []string
	for _, f := range r.Fronts {
		elements := make([]string, len(f.Elements))
		for i, e := range f.Elements {
			elements[i] = code(e)
		}
		cell := strings.Join(elements, ", ") + ": " + f.Format
		if f.Memory != "" {
			cell += " in " + f.Memory
		}
		cells = append(cells, cell)
	}
	return strings.Join(cells, "; ")
}

func bitratesCell(r *Row) string {
	var cells []string
	for _, rate := range r.Bitrates {
		name := rate.Property
		if rate.Value != "" {
			_, field, _ := strings.Cut(strings.TrimSuffix(rate.Value, "=%d"), ",")
			name += "/" + field[strings.LastIndexByte(field, ',')+1:]
		}
		unit := map[int]string{1: "bit/s", 1000: "kbit/s", 1024: "1024 bit/s"}[rate.Unit]
		cells = append(cells, code(name)+", "+unit)
	}
	return strings.Join(cells, "; else ")
}

// screensTable lists the rows that differ for screens; elements with the same settings share one.
func screensTable() string {
	type cells [5]string
	var order []cells
	elements := map[cells][]string{}
	for _, r := range Rows() {
		c := cells{
			settingsCell(r.Screen), settingsCell(r.Coarse), settingsCell(r.Thorough), stepsCell(r.Sharp), sharpCell(&r.Idle),
		}
		if c == (cells{}) {
			continue
		}
		if elements[c] == nil {
			order = append(order, c)
		}
		elements[c] = append(elements[c], code(r.Factory))
	}
	var b strings.Builder
	b.WriteString("| element | for screens | in motion on a narrow link | and, if there is time " +
		"| steps while still | once sharp |\n" +
		"|---|---|---|---|---|---|\n")
	for _, c := range order {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", strings.Join(elements[c], ", "), c[0], c[1], c[2], c[3], c[4])
	}
	return b.String()
}

// librariesTable lists the libraries with the versions in two releases of Debian.
func librariesTable() string {
	var b strings.Builder
	b.WriteString("| library | elements | Debian 12 | Debian 13 | what newer versions bring |\n|---|---|---|---|---|\n")
	for _, l := range Libraries() {
		var elements, gains []string
		for _, e := range l.Elements {
			elements = append(elements, code(e))
		}
		for _, g := range l.Gains {
			gains = append(gains, g.Since+": "+g.Text)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", l.Name, strings.Join(elements, ", "), l.Debian12, l.Debian13,
			strings.Join(gains, "; "))
	}
	return b.String()
}

func settingsCell(settings []Setting) string {
	var cells []string
	for _, s := range settings {
		cells = append(cells, code(strings.ReplaceAll(s.Name+"="+s.Value, "|", "\\|")))
	}
	return strings.Join(cells, " ")
}

func sharpCell(s *Sharp) string {
	cell := settingsCell(s.Settings)
	if s.Rate > 1 {
		cell = strings.TrimSpace(fmt.Sprintf("%s %d times the target", cell, s.Rate))
	}
	return cell
}

// stepsCell numbers the steps that set something; the others are only counted.
func stepsCell(steps []Sharp) string {
	var cells []string
	for i := range steps {
		if cell := sharpCell(&steps[i]); cell != "" {
			cells = append(cells, fmt.Sprintf("%d. %s", i+1, cell))
		}
	}
	if len(cells) == 0 && len(steps) > 0 {
		return fmt.Sprintf("%d repeats by itself", len(steps))
	}
	return strings.Join(cells, "; ")
}

// trapsList lists each trap once, with the elements that share it.
func trapsList() string {
	var order []Trap
	elements := map[Trap][]string{}
	for _, r := range Rows() {
		for _, trap := range r.Traps {
			if elements[trap] == nil {
				order = append(order, trap)
			}
			elements[trap] = append(elements[trap], code(r.Factory))
		}
	}
	var b strings.Builder
	for _, trap := range order {
		fmt.Fprintf(&b, "- %s — %s: %s.\n", strings.Join(elements[trap], ", "), trap.Versions, trap.Text)
	}
	return b.String()
}

// TestDocumentedAsInCI checks that the documentation claims no more than CI tests.
func TestDocumentedAsInCI(t *testing.T) {
	for _, name := range inCI {
		row, ok := Find(name)
		require.True(t, ok, name)
		require.False(t, row.Hardware(), name)
	}
	for _, r := range Rows() {
		for _, rate := range r.Bitrates {
			require.Contains(t, []int{1, 1000, 1024}, rate.Unit, r.Factory)
			require.True(t, rate.Value == "" || strings.HasSuffix(rate.Value, "=%d"), r.Factory)
		}
	}
}
