// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// What a proof of hardware depends on besides GStreamer, as patterns from the root of the file
// system. The lists are the same for all hardware: a new proof costs a second, trusting the proof
// of another driver costs the first frames.
const (
	devicePatterns = "dev/dri/renderD* dev/nvidia[0-9]* dev/nvhost-*enc dev/mpp_service dev/video[0-9]*"
	// Values from the kernel: the devices, and the drivers' versions.
	valuePatterns = "proc/sys/kernel/osrelease sys/module/nvidia/version" +
		" sys/class/drm/renderD*/device/vendor sys/class/drm/renderD*/device/device" +
		" sys/class/drm/renderD*/device/driver/module/version sys/class/video4linux/video*/name"
	// Links from the kernel: a device's driver.
	linkPatterns = "sys/class/drm/renderD*/device/driver sys/class/video4linux/video*/device/driver"
	// The drivers' parts outside the kernel, where distributions install them.
	filePatterns = "usr/lib/*/dri/*_drv_video.so usr/lib*/dri/*_drv_video.so" +
		" usr/lib/*/libnvidia-encode.so.* usr/lib*/libnvidia-encode.so.* usr/lib/*/libcuda.so.* usr/lib*/libcuda.so.*" +
		" usr/lib/*/libmfx*.so.* usr/lib*/libmfx*.so.* usr/lib/*/libvpl.so.* usr/lib*/libvpl.so.*"
	// The variables that select a driver or a device.
	variables = "LIBVA_DRIVER_NAME LIBVA_DRIVERS_PATH CUDA_VISIBLE_DEVICES NVIDIA_VISIBLE_DEVICES" +
		" GST_VAAPI_ALL_DRIVERS GST_VAAPI_DRM_DEVICE"
)

// machine lists the devices and drivers of the file system below root, a line each.
func machine(root string) (lines []string) {
	glob := func(patterns string, describe func(path string) string) {
		for pattern := range strings.FieldsSeq(patterns) {
			paths, _ := filepath.Glob(filepath.Join(root, pattern)) // The only error is an invalid pattern.
			for _, path := range paths {
				name, _ := filepath.Rel(root, path) // It is below root.
				lines = append(lines, "/"+name+": "+describe(path))
			}
		}
	}
	glob(devicePatterns, describeDevice)
	glob(valuePatterns, describeValue)
	glob(linkPatterns, describeLink)
	glob(filePatterns, describeFile)
	for variable := range strings.FieldsSeq(variables) {
		if value, set := os.LookupEnv(variable); set {
			lines = append(lines, variable+"="+value)
		}
	}
	return lines
}

func describeDevice(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return err.Error()
	}
	number := ""
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		number = fmt.Sprint(stat.Rdev)
	}
	return "device " + number
}

func describeValue(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(text))
}

func describeLink(path string) string {
	target, err := os.Readlink(path)
	if err != nil {
		return err.Error()
	}
	return filepath.Base(target)
}

// describeFile describes the version of a file, as far as it can be known without reading it.
func describeFile(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%d bytes of %d", info.Size(), info.ModTime().UnixNano())
}
