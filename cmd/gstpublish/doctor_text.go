// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// familyPlugins maps a family to the plugin with its elements. Hardware plugins load on any
// machine, and have no elements if they find no driver.
var familyPlugins = map[catalogue.Family]string{ // never written
	catalogue.NVENC: "nvcodec", catalogue.VA: "va", catalogue.VAAPI: "vaapi", catalogue.QSV: "qsv",
	catalogue.V4L2: "video4linux2", catalogue.Jetson: "nvvideo4linux2", catalogue.Rockchip: "rockchipmpp",
	catalogue.Apple: "applemedia", catalogue.AMF: "amfcodec",
}

// packageSigns maps a package to an element that any version of it has: if the element is
// installed, so is the package.
var packageSigns = map[string]string{ // never written
	"gstreamer1.0-plugins-base": "videoconvert", "gstreamer1.0-plugins-good": "rtpvp8pay",
	"gstreamer1.0-plugins-bad": "h264parse", "gstreamer1.0-plugins-ugly": "rmdemux",
}

// whyMissing returns why an encoder is not available, and the Debian package that would help, if
// any.
func whyMissing(m *pipeline.MissingElementError) (why, install string) {
	row, _ := catalogue.Find(m.Element)
	if plugin := familyPlugins[row.Family]; plugin != "" {
		if _, ok := pipeline.PluginVersion(plugin); ok {
			return noDevice, ""
		}
	}
	if m.Package == "" {
		return "in no Debian package", ""
	}
	if sign := packageSigns[m.Package]; sign != "" && pipeline.Installed(sign) == nil {
		return "not in this version of " + m.Package, ""
	}
	if row.Family == catalogue.VAAPI {
		return "Debian package " + m.Package + ", the older VA-API plugin", ""
	}
	return "Debian package " + m.Package, m.Package
}

const noDevice = "the plugin is installed, but finds no device or driver"

// absentee is an encoder that is not available, and why.
type absentee struct{ element, why string }

// absences groups unavailable encoders by their reason: by family if the whole family is
// unavailable, otherwise by element.
func absences(absent []absentee, partly map[catalogue.Family]bool) []string {
	var order []string
	names := map[string][]string{} // by reason
	for _, one := range absent {
		name := one.element
		switch row, _ := catalogue.Find(name); {
		case row.Hardware() && !partly[row.Family]:
			name = string(row.Family)
		case one.why == noDevice:
			one.why = "not supported by this device or this version of GStreamer"
		}
		if !slices.Contains(order, one.why) {
			order = append(order, one.why)
		}
		if !slices.Contains(names[one.why], name) {
			names[one.why] = append(names[one.why], name)
		}
	}
	lines := make([]string, len(order))
	for i, why := range order {
		lines[i] = strings.Join(names[why], ", ") + ": " + why
	}
	return lines
}

// installLine returns the command that installs packages; "" for none.
func installLine(packages []string) string {
	if len(packages) == 0 {
		return ""
	}
	return "On Debian: sudo apt-get install " + strings.Join(packages, " ")
}

// text returns the diagnosis for a user.
func (d *diagnosis) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "gstpublish  %s\nGStreamer   %s\n", d.Gstpublish, d.GStreamer)
	var plugins []string
	for _, name := range slices.Sorted(maps.Keys(d.Plugins)) {
		plugins = append(plugins, name+" "+d.Plugins[name])
	}
	fmt.Fprintf(&b, "plugins     %s\n", orElse(strings.Join(plugins, ", "), "none with an encoder"))
	var libraries []string
	for _, name := range slices.Sorted(maps.Keys(d.Libraries)) {
		libraries = append(libraries, name+" "+d.Libraries[name])
	}
	fmt.Fprintf(&b, "libraries   %s\n", orElse(strings.Join(libraries, ", "), "none of a software encoder"))
	fmt.Fprintf(&b, "devices     %s\n", orElse(strings.Join(d.Devices, ", "),
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

// system is what a report says of the machine.
type system struct{ name, kernel, session string }

// readSystem reads it from the files below root. Of the environment it says only whether there is a display.
func readSystem(root string) system {
	s := system{name: "unknown", kernel: "unknown", session: "no display"}
	if text, err := os.ReadFile(filepath.Join(root, "etc", "os-release")); err == nil {
		for line := range strings.Lines(string(text)) {
			if name, ok := strings.CutPrefix(strings.TrimSpace(line), "PRETTY_NAME="); ok {
				s.name = strings.Trim(name, `"'`)
			}
		}
	}
	if text, err := os.ReadFile(filepath.Join(root, "proc", "sys", "kernel", "osrelease")); err == nil {
		s.kernel = strings.TrimSpace(string(text))
	}
	var displays []string
	for variable, name := range map[string]string{"DISPLAY": "X11", "WAYLAND_DISPLAY": "Wayland"} {
		if os.Getenv(variable) != "" {
			displays = append(displays, name)
		}
	}
	if len(displays) > 0 {
		slices.Sort(displays)
		s.session = strings.Join(displays, " and ")
	}
	return s
}

// report is the diagnosis as Markdown, with what else the reader of a bug report asks for.
func (d *diagnosis) report(v versions, s system) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<details><summary>gstpublish doctor --report</summary>\n\n```\n")
	fmt.Fprintf(&b, "system      %s, kernel %s, %s/%s, CPUs: %d, %s\n",
		s.name, s.kernel, v.OS, v.Arch, runtime.NumCPU(), s.session)
	fmt.Fprintf(&b, "built with  %s, server-sdk-go %s, pion/webrtc %s\n", v.Go, orElse(v.LiveKitSDK, "unknown"),
		orElse(v.WebRTC, "unknown"))
	fmt.Fprintf(&b, "own         %s\n", orElse(v.Libraries, "no encoders: built with -tags noscreenenc"))
	text := d.text()
	if home, err := os.UserHomeDir(); err == nil && len(home) > 1 {
		text = strings.ReplaceAll(text, home+"/", "~/") // It has the user's name.
	}
	fmt.Fprintf(&b, "%s```\n\n</details>\n", text)
	return b.String()
}

// absences returns a line for each reason why encoders are not available.
func (d *diagnosis) absences() []string {
	var absent []absentee
	partly := map[catalogue.Family]bool{} // families with at least one available encoder
	for _, c := range d.Codecs {
		for _, one := range c.Candidates {
			if one.Installed {
				partly[one.Family] = true
			} else {
				absent = append(absent, absentee{one.Element, one.Why})
			}
		}
	}
	return absences(absent, partly)
}

// encoderWidth is the width of the table's second column.
func (d *diagnosis) encoderWidth() int {
	width := 24
	for _, c := range d.Codecs {
		for _, one := range c.Candidates {
			width = max(width, len(one.Encoder))
		}
	}
	return width
}

// write writes a codec's lines, in the order in which its encoders are tried.
func (c *codecDiagnosis) write(b *strings.Builder, width int) {
	title := c.Codec.String()
	for i := range c.Candidates {
		one := &c.Candidates[i]
		if !one.Installed {
			continue
		}
		line := fmt.Sprintf("%-6s %-*s %9s %9s", title, width, orElse(one.Encoder, one.Element),
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
func (t *trial) short(chosen bool) string {
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
func (c *candidateDiagnosis) remarks() []string {
	var remarks []string
	add := func(remark string) {
		if remark != "" && !slices.Contains(remarks, remark) {
			remarks = append(remarks, remark)
		}
	}
	add(c.Why)
	for _, t := range []*trial{c.Camera, c.Screen} {
		if t == nil {
			continue
		}
		add(t.Reason)
		if len(t.Skipped) > 0 {
			add("settings not supported: " + inWords(strings.Join(t.Skipped, "; ")))
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

// noEncoderText returns the error with a line for each reason, and the packages that would help.
func noEncoderText(e *pipeline.NoEncoderError) (text string, packages []string) {
	kind := "encoder"
	if e.Hardware == pipeline.HardwareRequire {
		kind = "hardware encoder"
	}
	lines := []string{fmt.Sprintf("no %s for %s works on this machine:", kind, e.Codec)}
	for _, r := range e.Rejected {
		if e.Encoder != "" && !slices.Contains(strings.Fields(r.Encoder), e.Encoder) {
			continue // Another encoder was requested.
		}
		lines = append(lines, "  "+r.Encoder+": "+inWords(r.Reason))
	}
	var absent []absentee
	for _, m := range e.Missing {
		row, _ := catalogue.Find(m.Element)
		if row.Hardware() && e.Hardware == pipeline.HardwareOff ||
			!row.Hardware() && e.Hardware == pipeline.HardwareRequire {
			continue
		}
		why, install := whyMissing(m)
		absent = append(absent, absentee{m.Element, why})
		if install != "" && !slices.Contains(packages, install) {
			packages = append(packages, install)
		}
	}
	for _, line := range absences(absent, nil) {
		lines = append(lines, "  "+line)
	}
	return strings.Join(lines, "\n"), packages
}

// deviceFiles returns the device files that belong to encoders.
func deviceFiles(dev string) []string {
	found := []string{}
	for _, pattern := range []string{"dri/renderD*", "nvidia[0-9]*", "nvhost-*enc", "mpp_service", "video[0-9]*"} {
		matches, _ := filepath.Glob(filepath.Join(dev, pattern)) // The only error is an invalid pattern.
		found = append(found, matches...)
	}
	return found
}

// usableDevice reports whether this user may open a device.
func usableDevice(path string) bool {
	const readWrite = 4 | 2 // R_OK and W_OK of access(2)
	return syscall.Access(path, readWrite) == nil
}

// hardwareHints explain devices that have no encoders.
func hardwareHints(dev string, usable func(path string) bool) []string {
	var hints []string
	rescan := " GStreamer caches what it finds: then remove ~/.cache/gstreamer-1.0/registry.*.bin."
	render, _ := filepath.Glob(filepath.Join(dev, "dri", "renderD*")) // The only error is an invalid pattern.
	for _, path := range render {
		if !usable(path) {
			hints = append(hints, fmt.Sprintf("You may not open %s, so VA-API and Quick Sync find nothing. "+
				"Add yourself to its group (sudo usermod -aG render %s) and log in "+
				"again.", path, orElse(os.Getenv("USER"), "NAME")))
		}
	}
	_, ok := pipeline.PluginVersion("va")
	if ok && len(render) > 0 && len(hints) == 0 && pipeline.Installed("vapostproc") != nil {
		hints = append(hints, fmt.Sprintf("%s exists, but the plugin va finds no VA-API driver for it: run vainfo "+
			"to see why. "+
			"Debian's drivers are in intel-media-va-driver, i965-va-driver and mesa-va-drivers."+rescan, render[0]))
	}
	nvidia, _ := filepath.Glob(filepath.Join(dev, "nvidia[0-9]*"))
	if _, ok = pipeline.PluginVersion("nvcodec"); ok && len(nvidia) > 0 && pipeline.Installed("cudaupload") != nil {
		hints = append(hints, fmt.Sprintf("%s exists, but the plugin nvcodec has no elements: it loads libcuda.so.1 and "+
			"libnvidia-encode.so.1 (Debian's libcuda1 and libnvidia-encode1), whose version must match the kernel "+
			"driver's."+rescan,
			nvidia[0]))
	}
	return hints
}
