// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/problem"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// Text returns the diagnosis for a user.
func (d *Diagnosis) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "gstpublish  %s\nGStreamer   %s\n", d.Gstpublish, d.GStreamer)
	var plugins []string
	for _, name := range slices.Sorted(maps.Keys(d.Plugins)) {
		plugins = append(plugins, name+" "+d.Plugins[name])
	}
	fmt.Fprintf(&b, "plugins     %s\n", cmp.Or(strings.Join(plugins, ", "), "none with an encoder"))
	var libraries []string
	for _, name := range slices.Sorted(maps.Keys(d.Libraries)) {
		libraries = append(libraries, name+" "+d.Libraries[name])
	}
	fmt.Fprintf(&b, "libraries   %s\n", cmp.Or(strings.Join(libraries, ", "), "none of a software encoder"))
	fmt.Fprintf(&b, "devices     %s\n", cmp.Or(strings.Join(d.Devices, ", "),
		"none: neither /dev/dri/renderD* nor /dev/nvidia* nor /dev/video*"))
	if len(d.Missing) > 0 {
		fmt.Fprintf(&b, "missing     %s\n", strings.Join(d.Missing, ", "))
	}
	width := d.encoderWidth()
	fmt.Fprintf(&b, "\n%-6s %-*s %9s %9s\n", "codec", width, "encoder", "camera  ", "screen")
	for i := range d.Codecs {
		d.Codecs[i].write(&b, width)
	}
	if lines := d.absences(); len(lines) > 0 {
		fmt.Fprintf(&b, "\nnot available\n  %s\n", strings.Join(lines, "\n  "))
	}
	if len(d.Newer) > 0 {
		b.WriteString("\nnewer libraries\n")
		for _, n := range d.Newer {
			fmt.Fprintf(&b, "  %s %s: %s\n", n.Library, n.Since, n.Brings)
		}
	}
	if d.works() {
		fmt.Fprintf(&b, "\nNumbers: frames of %dx%d encoded per second, proven by decoding them.\n"+
			"*: the encoder that --codec would choose.\n", d.Width, d.Height)
	}
	for _, hint := range d.Hints {
		fmt.Fprintf(&b, "\n%s\n", hint)
	}
	return b.String()
}

// Report is the diagnosis as Markdown, with what else the reader of a bug report asks for.
func (d *Diagnosis) Report(v Versions, s System) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<details><summary>gstpublish doctor --report</summary>\n\n```\n")
	fmt.Fprintf(&b, "system      %s, kernel %s, %s/%s, CPUs: %d, %s\n",
		s.Name, s.Kernel, v.OS, v.Arch, runtime.NumCPU(), s.Session)
	fmt.Fprintf(&b, "built with  %s, server-sdk-go %s, pion/webrtc %s\n", v.Go, cmp.Or(v.LiveKitSDK, "unknown"),
		cmp.Or(v.WebRTC, "unknown"))
	fmt.Fprintf(&b, "own         %s\n", cmp.Or(v.Libraries, "no encoders: built with -tags noscreenenc"))
	text := d.Text()
	if home, err := os.UserHomeDir(); err == nil && len(home) > 1 {
		text = strings.ReplaceAll(text, home+"/", "~/") // It has the user's name.
	}
	fmt.Fprintf(&b, "%s```\n\n</details>\n", text)
	return b.String()
}

// absences returns a line for each reason why encoders are not available.
func (d *Diagnosis) absences() []string {
	var absent []problem.Absent
	partly := map[catalogue.Family]bool{} // families with at least one available encoder
	for _, c := range d.Codecs {
		for _, one := range c.Candidates {
			if one.Installed {
				partly[one.Family] = true
			} else {
				absent = append(absent, problem.Absent{Element: one.Element, Why: one.Why})
			}
		}
	}
	return problem.Absences(absent, partly)
}

// encoderWidth is the width of the table's second column.
func (d *Diagnosis) encoderWidth() int {
	width := 24
	for _, c := range d.Codecs {
		for _, one := range c.Candidates {
			width = max(width, len(one.Encoder))
		}
	}
	return width
}

// write writes a codec's lines, in the order in which its encoders are tried.
func (c *Codec) write(b *strings.Builder, width int) {
	title := c.Codec.String()
	for i := range c.Candidates {
		one := &c.Candidates[i]
		if !one.Installed {
			continue
		}
		line := fmt.Sprintf("%-6s %-*s %9s %9s", title, width, cmp.Or(one.Encoder, one.Element),
			one.Camera.short(one.Encoder == c.Camera), one.Screen.short(one.Encoder == c.Screen))
		fmt.Fprintln(b, strings.TrimRight(line, " "))
		title = ""
		for _, remark := range one.remarks() {
			fmt.Fprintf(b, "         %s\n", remark)
		}
	}
	if title != "" {
		fmt.Fprintf(b, "%-6s none\n", title)
	}
}

// short is a cell of the table.
func (t *Trial) short(chosen bool) string {
	switch {
	case t == nil:
		return "untried  "
	case !t.Proven:
		return "fails  "
	case chosen:
		return fmt.Sprintf("%.0f *", t.FPS)
	default:
		return fmt.Sprintf("%.0f  ", t.FPS)
	}
}

// remarks returns what does not fit into the table.
func (c *Candidate) remarks() []string {
	var remarks []string
	add := func(remark string) {
		if remark != "" && !slices.Contains(remarks, remark) {
			remarks = append(remarks, remark)
		}
	}
	add(c.Why)
	for _, t := range []*Trial{c.Camera, c.Screen} {
		if t == nil {
			continue
		}
		add(t.Reason)
		if len(t.Skipped) > 0 {
			add("settings not supported: " + problem.InWords(strings.Join(t.Skipped, "; ")))
		}
		if t.Proven && t.Decoder == "" {
			add("its output was not decoded: no decoder is installed (Debian package gstreamer1.0-libav)")
		}
		if t.Late > 0 {
			add(fmt.Sprintf("frames that it delays: %d", t.Late))
		}
	}
	return remarks
}
