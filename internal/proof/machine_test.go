// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func regexpMatch(t *testing.T, pattern, text string) bool {
	t.Helper()
	matched, err := regexp.MatchString(pattern, text)
	require.NoError(t, err)
	return matched
}

// TestMachineChanges: each part of a machine on which hardware depends changes what
// is known of it.
func TestMachineChanges(t *testing.T) {
	root := t.TempDir()
	write := func(path, text string) {
		path = filepath.Join(root, path)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	link := func(path, target string) {
		path = filepath.Join(root, path)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		_ = os.Remove(path)
		require.NoError(t, os.Symlink(target, path))
	}
	library := "usr/lib/x86_64-linux-gnu/dri/iHD_drv_video.so"
	before := machine(root)
	for name, change := range map[string]func(){
		"a render node":      func() { write("dev/dri/renderD128", "") },
		"another one":        func() { write("dev/dri/renderD129", "") },
		"NVIDIA's device":    func() { write("dev/nvidia0", "") },
		"a video device":     func() { write("dev/video0", "") },
		"the kernel":         func() { write("proc/sys/kernel/osrelease", "6.1.0\n") },
		"another kernel":     func() { write("proc/sys/kernel/osrelease", "6.12.0\n") },
		"NVIDIA's driver":    func() { write("sys/module/nvidia/version", "550.1\n") },
		"the vendor":         func() { write("sys/class/drm/renderD128/device/vendor", "0x8086\n") },
		"the device":         func() { write("sys/class/drm/renderD128/device/device", "0x9a49\n") },
		"the kernel driver":  func() { link("sys/class/drm/renderD128/device/driver", "../bus/drivers/i915") },
		"another driver":     func() { link("sys/class/drm/renderD128/device/driver", "../bus/drivers/xe") },
		"VA-API's driver":    func() { write(library, "1") },
		"CUDA":               func() { write("usr/lib64/libcuda.so.1", "1") },
		"a driver's choice":  func() { t.Setenv("LIBVA_DRIVER_NAME", "i965") },
		"a device's choice":  func() { t.Setenv("CUDA_VISIBLE_DEVICES", "1") },
		"a V4L2 device name": func() { write("sys/class/video4linux/video0/name", "encoder\n") },
	} {
		change()
		after := machine(root)
		require.NotEqual(t, before, after, name)
		require.Equal(t, after, machine(root), name)
		before = after
	}
	later := time.Now().Add(time.Hour)
	require.NoError(t, os.Chtimes(filepath.Join(root, library), later, later))
	require.NotEqual(t, before, machine(root), "an update of VA-API's driver")
}

// TestOnlyHardwareDependsOnTheMachine: a kernel update costs software no proof.
func TestOnlyHardwareDependsOnTheMachine(t *testing.T) {
	root := t.TempDir()
	p := process("")
	p.root = root
	software, _ := vp8(t)
	hardware := vah264(t)
	soft, hard := p.conditions(software), p.conditions(hardware)
	require.NoError(t, os.MkdirAll(filepath.Join(root, "dev/dri"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(root, "dev/dri/renderD128"), nil, 0o600))
	require.Equal(t, soft, p.conditions(software))
	require.NotEqual(t, hard, p.conditions(hardware))
}
