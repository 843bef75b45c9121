// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/gstpublish/gstpublish/pipeline"
)

// System is what a report says of the machine.
type System struct{ Name, Kernel, Session string }

// ReadSystem reads it from the files below root. Of the environment it says only whether there is a display.
func ReadSystem(root string) System {
	s := System{Name: "unknown", Kernel: "unknown", Session: "no display"}
	if text, err := os.ReadFile(filepath.Join(root, "etc", "os-release")); err == nil {
		for line := range strings.Lines(string(text)) {
			if name, ok := strings.CutPrefix(strings.TrimSpace(line), "PRETTY_NAME="); ok {
				s.Name = strings.Trim(name, `"'`)
			}
		}
	}
	if text, err := os.ReadFile(filepath.Join(root, "proc", "sys", "kernel", "osrelease")); err == nil {
		s.Kernel = strings.TrimSpace(string(text))
	}
	var displays []string
	for variable, name := range map[string]string{"DISPLAY": "X11", "WAYLAND_DISPLAY": "Wayland"} {
		if os.Getenv(variable) != "" {
			displays = append(displays, name)
		}
	}
	if len(displays) > 0 {
		slices.Sort(displays)
		s.Session = strings.Join(displays, " and ")
	}
	return s
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
				"again.", path, cmp.Or(os.Getenv("USER"), "NAME")))
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
