// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package problem

import (
	"fmt"
	"slices"
	"strings"

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

// WhyMissing returns why an encoder is not available, and the Debian package that would help, if
// any.
func WhyMissing(m *pipeline.MissingElementError) (why, install string) {
	row, _ := catalogue.Find(m.Element)
	if plugin := familyPlugins[row.Family]; plugin != "" {
		if _, ok := pipeline.PluginVersion(plugin); ok {
			return NoDevice, ""
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

// NoDevice is why an encoder of a family is not available, although its plugin is installed.
const NoDevice = "the plugin is installed, but finds no device or driver"

// Absent is an encoder that is not available, and why.
type Absent struct{ Element, Why string }

// Absences returns a line for each reason why encoders are not available. It names a whole family, or else its
// elements.
func Absences(absent []Absent, partly map[catalogue.Family]bool) []string {
	var order []string
	names := map[string][]string{} // by reason
	for _, one := range absent {
		name := one.Element
		switch row, _ := catalogue.Find(name); {
		case row.Hardware() && !partly[row.Family]:
			name = string(row.Family)
		case one.Why == NoDevice:
			one.Why = "not supported by this device or this version of GStreamer"
		}
		if !slices.Contains(order, one.Why) {
			order = append(order, one.Why)
		}
		if !slices.Contains(names[one.Why], name) {
			names[one.Why] = append(names[one.Why], name)
		}
	}
	lines := make([]string, len(order))
	for i, why := range order {
		lines[i] = strings.Join(names[why], ", ") + ": " + why
	}
	return lines
}

// InstallLine returns the command that installs packages; "" for none.
func InstallLine(packages []string) string {
	if len(packages) == 0 {
		return ""
	}
	return "On Debian: sudo apt-get install " + strings.Join(packages, " ")
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
		lines = append(lines, "  "+r.Encoder+": "+InWords(r.Reason))
	}
	var absent []Absent
	for _, m := range e.Missing {
		row, _ := catalogue.Find(m.Element)
		if row.Hardware() && e.Hardware == pipeline.HardwareOff ||
			!row.Hardware() && e.Hardware == pipeline.HardwareRequire {
			continue
		}
		why, install := WhyMissing(m)
		absent = append(absent, Absent{m.Element, why})
		if install != "" && !slices.Contains(packages, install) {
			packages = append(packages, install)
		}
	}
	for _, line := range Absences(absent, nil) {
		lines = append(lines, "  "+line)
	}
	return strings.Join(lines, "\n"), packages
}
